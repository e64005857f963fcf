"""How Google is called: with an end, and without carrying credentials elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from tests.support.control_plane.context import ManualTime, context_over
from tests.support.control_plane.serving import serving_app

from drive_control_plane.database import Database
from drive_control_plane.oauth import google
from drive_control_plane.oauth.errors import ClientRefusedError, UnavailableError
from drive_control_plane.oauth.google import MAX_ANSWER_BYTES, Google

CANARY = "1//canary"


class Elsewhere:
    """A server that is not Google, at Google's addresses; `asked` are the paths that were called."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.app = FastAPI()
        self.hanging = asyncio.Event()
        self.app.add_api_route("/{path:path}", self._answer, methods=["GET", "POST"])

    async def _answer(self, request: Request, path: str) -> Response:
        self.asked.append(path)
        match path:
            case "redirect":
                return Response(status_code=307, headers={"Location": str(request.url_for("_answer", path="evil"))})
            case "huge":
                return Response(b" " * (MAX_ANSWER_BYTES + 1))
            case "hang":
                await self.hanging.wait()
        return Response("<html>", media_type="text/html")


@asynccontextmanager
async def calling(database: Database, path: str) -> AsyncIterator[tuple[Google, Elsewhere, ManualTime]]:
    """Google's client with that path as the address of everything."""
    elsewhere, time = Elsewhere(), ManualTime()
    async with serving_app(elsewhere.app) as url:
        address = f"{url}/{path}"
        names = ("google_token_uri", "google_revoke_uri", "gdrive_api_base_url")
        uris: dict[str, Any] = dict.fromkeys(names, address)
        async with context_over(database, clock=time.clock, **uris) as context:
            yield Google(context), elsewhere, time
            elsewhere.hanging.set()


@pytest.mark.parametrize("path", ["redirect", "huge", "page"])
async def test_what_is_not_google_gets_nothing_more(database: Database, path: str) -> None:
    """A redirect is not followed with a token, an endless answer not read to its end, a page is no grant."""
    async with calling(database, path) as (client, elsewhere, _):
        with pytest.raises(ClientRefusedError) as refused:
            await client.refresh(CANARY)
        assert refused.value.code == "unreadable_answer"
        assert elsewhere.asked == [path]
        assert CANARY not in f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"


async def test_a_google_that_hangs_is_given_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try has an end, there are three, and the waits between them grow."""
    monkeypatch.setattr(google, "TRY_SECONDS", 0.1)
    async with calling(database, "hang") as (client, elsewhere, time):
        with pytest.raises(UnavailableError):
            await client.refresh(CANARY)
        assert elsewhere.asked == ["hang"] * 3
        assert all(least <= seconds < 2 * least for seconds, least in zip(time.slept, (0.5, 1.0), strict=True))


async def test_all_tries_together_have_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits behind a lock is not kept for longer than the deadline."""
    monkeypatch.setattr(google, "DEADLINE_SECONDS", 0.1)
    async with calling(database, "hang") as (client, elsewhere, _):
        with pytest.raises(UnavailableError):
            await client.refresh(CANARY)
        assert elsewhere.asked == ["hang"]


async def test_nobody_there_is_a_passing_failure(database: Database) -> None:
    """A port on which nobody listens is asked three times, and its address is not in the error."""
    async with context_over(
        database, clock=ManualTime().clock, google_revoke_uri="http://127.0.0.1:9/revoke"
    ) as context:
        with pytest.raises(UnavailableError) as refused:
            await Google(context).revoke(CANARY)
    assert "127.0.0.1" not in str(refused.value)
