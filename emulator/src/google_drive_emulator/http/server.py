"""The HTTP server: sockets in, requests to the shell and its answers out."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from google_drive_emulator.http.bodies import Body
from google_drive_emulator.http.compression import packed
from google_drive_emulator.http.delivery import WHOLE, Answer, CutError, cut, send
from google_drive_emulator.http.errors import DriveError, bad_request
from google_drive_emulator.http.params import Params
from google_drive_emulator.http.requests import Request, read_query
from google_drive_emulator.http.shell import Shell
from google_drive_emulator.state import EmulatorState

_BODY_TIMEOUT_SECONDS = 30


def make_application(state: EmulatorState) -> web.Application:
    """Make an application that answers every path; all Google hosts share it."""
    shell = Shell(state)

    async def handle(request: web.Request) -> web.StreamResponse:
        return await _served(shell, request)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    return application


async def _served(shell: Shell, request: web.Request) -> web.StreamResponse:
    try:
        answer = await shell.answer(_request(request))
        if answer.delivery is WHOLE:
            answer = Answer(await packed(answer.reply, request.headers))
        return await send(request, answer)
    except CutError as wanted:
        cut(request, resets=wanted.resets)
        return web.Response()


def _request(request: web.Request) -> Request:
    content = Body(_chunks(request)) if request.can_read_body else Body()
    return Request(
        request.method,
        request.rel_url.raw_path,
        Params(read_query(request.rel_url.raw_query_string)),
        request.headers,
        content,
        f"{request.scheme}://{request.host}",
    )


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    """Give the body as it arrives. Raises ``DriveError`` when nothing does for long, and for one that is malformed."""
    while True:
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_SECONDS):
                chunk = await request.content.readany()
        except TimeoutError:
            raise DriveError(408, "Request Timeout", "requestTimeout") from None
        except web.RequestPayloadError as error:
            raise bad_request(f"The body cannot be read: {error}.") from None
        if not chunk:
            return
        yield chunk
