"""`POST /webhooks/google-drive`: where Google sends notifications.

In: headers; a body means nothing and is bounded. Out: a status by which Google knows whether to send it again: it does
after 503, and after nothing else that is answered here (facts B).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from drive_control_plane.http.problems import Problem
from drive_control_plane.webhooks.notification import NotANotificationError, read
from drive_control_plane.webhooks.receiver import Outcome, Receiver

MAX_BODY_BYTES = 65_536
BODY_SECONDS = 5.0
RETRY_SECONDS = "5"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
    """One receiver while the application runs."""
    receiver = Receiver(app.state.context)
    async with receiver.running():
        yield {"webhook_receiver": receiver}


router = APIRouter(tags=["webhooks"], lifespan=_lifespan)

_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"description": "Not a notification"},
    403: {"description": "The token or the resource is not the channel's"},
    404: {"description": "No such channel"},
    408: {"description": "The body did not arrive in time"},
    413: {"description": f"A body of more than {MAX_BODY_BYTES} bytes"},
    503: {"description": "Not taken now; to be sent again"},
}


@router.post(
    "/webhooks/google-drive",
    summary="Take a notification of Google Drive",
    response_class=Response,
    responses=_RESPONSES,
)
async def take(request: Request) -> Response:
    """Take a notification; 200 once Kafka has it, or when there is nothing to tell."""
    receiver: Receiver = request.state.webhook_receiver
    with receiver.turn() as has_turn:
        if not has_turn:
            raise _later("busy", "too many notifications at once")
        try:
            notification = read(request.headers)
        except NotANotificationError as error:
            raise Problem(400, "not_a_notification", str(error)) from None
        await _pass_over_body(request)
        return _answer(await receiver.receive(notification))


async def _pass_over_body(request: Request) -> None:
    """Read what the body is said to mean: nothing (facts B). Beyond its bound nothing is read."""
    length = request.headers.get("content-length")
    if length == "0":
        return
    if length is not None and int(length) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            await _read(request)
    except TimeoutError:
        raise Problem(408, "slow_body", "the body did not arrive in time") from None
    except ClientDisconnect:
        raise Problem(400, "cut_off", "the request ended before its body did") from None


async def _read(request: Request) -> None:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large()


def _answer(outcome: Outcome) -> Response:
    match outcome:
        case Outcome.PUBLISHED | Outcome.NOTED | Outcome.OLD:
            return Response()
        case Outcome.UNKNOWN:
            raise Problem(404, "unknown_channel", "there is no such channel, or not any more")
        case Outcome.FORGED:
            raise Problem(403, "not_from_the_channel", "the token or the resource is not this channel's")
        case Outcome.LATER | Outcome.BUSY:
            raise _later("try_again", "the notification could not be passed on")


def _later(code: str, detail: str) -> Problem:
    return Problem(503, code, detail, {"Retry-After": RETRY_SECONDS})


def _too_large() -> Problem:
    return Problem(413, "too_large", f"a body of more than {MAX_BODY_BYTES} bytes", {"Connection": "close"})
