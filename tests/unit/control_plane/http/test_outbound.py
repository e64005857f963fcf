"""Calls to servers of others have an end, in time and in bytes, and carry nothing elsewhere."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from fastapi import FastAPI, Response
from tests.support.control_plane.serving import serving_app

from drive_control_plane.http.outbound import NoAnswerError, OversizeError, call

MOST_BYTES = 1_000
SECRET = "canary"


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server that redirects, talks without end, or says nothing."""
    app, silent = FastAPI(), asyncio.Event()

    @app.get("/moved")
    async def moved() -> Response:
        return Response(status_code=307, headers={"location": "/huge"})

    @app.get("/huge")
    async def huge() -> Response:
        return Response(b" " * (MOST_BYTES + 1))

    @app.get("/silent")
    async def silence() -> Response:
        await silent.wait()
        return Response()

    async with serving_app(app) as address:
        yield address
        silent.set()


async def test_a_redirect_is_an_answer_like_others(url: str) -> None:
    """Whatever the call carries would go with it, so it is not followed."""
    async with aiohttp.ClientSession() as http:
        assert (await call(http, "GET", f"{url}/moved", 5.0, MOST_BYTES))[0] == 307


async def test_an_answer_beyond_the_bound_is_not_read_to_its_end(url: str) -> None:
    """Memory is bounded whoever answers."""
    async with aiohttp.ClientSession() as http:
        with pytest.raises(OversizeError):
            await call(http, "GET", f"{url}/huge", 5.0, MOST_BYTES)


async def test_silence_ends_and_its_error_holds_no_address(url: str) -> None:
    """What stands in an address may be a secret: not even the error's context has it."""
    async with aiohttp.ClientSession() as http:
        with pytest.raises(NoAnswerError, match="TimeoutError") as failed:
            await call(http, "GET", f"{url}/silent?{SECRET}", 0.1, MOST_BYTES)
        with pytest.raises(NoAnswerError) as refused:
            await call(http, "GET", f"http://127.0.0.1:1/?{SECRET}", 5.0, MOST_BYTES)
    for error in (failed.value, refused.value):
        assert SECRET not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
