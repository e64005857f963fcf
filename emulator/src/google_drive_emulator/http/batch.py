"""Batches: many calls in one request (facts D, A10).

In: a multipart body whose parts are whole HTTP requests. Out: one whose parts are their responses, in the same order.
Each part goes the way of a single request; they run side by side. What would cut the connection of a single call cuts
that of the batch.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from google_drive_emulator.http.bodies import Body
from google_drive_emulator.http.calls import Call, Handler, Reply, Route
from google_drive_emulator.http.delivery import Answer, CutError
from google_drive_emulator.http.errors import DriveError, bad_request
from google_drive_emulator.http.multipart import (
    MalformedError,
    Message,
    boundary_of,
    http_message,
    http_response,
    joined,
    parts_of,
)
from google_drive_emulator.http.params import Params
from google_drive_emulator.http.presentation import error_reply, present
from google_drive_emulator.http.requests import Headers, Request, read_query
from google_drive_emulator.state import EmulatorState

MAX_CALLS = 100
MAX_URL_CHARACTERS = 8000

_Answerer: TypeAlias = Callable[[Request], Awaitable[Answer]]
_OWN = ("content-", "host", "connection", "transfer-encoding", "expect", "x-http-method-override", "accept-encoding")
"""Beginnings of the names of headers that a batch does not hand down to its parts."""

_NEVER_INSIDE = ("/upload/", "/resumable/", "/batch", "/__emulator__")


def batch_routes(answer: _Answerer) -> Sequence[Route]:
    """Return the routes of batches, given what answers a single request."""

    async def batch(_state: EmulatorState, call: Call) -> Reply:
        return await _batch(call, answer)

    handler: Handler = batch
    paths = ("/batch", "/batch/{api}/{version}")
    return (Route("batch", "POST", paths, handler, needs_user=False),)


async def _batch(call: Call, answer: _Answerer) -> Reply:
    """Answer a batch. Raises ``DriveError`` for one that is none, and ``CutError``."""
    parts = _parts(await call.read(), call.headers.get("Content-Type", ""))
    answers = await asyncio.gather(*(_answered(call, part, answer) for part in parts), return_exceptions=True)
    bodies = []
    for part, outcome in zip(parts, answers, strict=True):
        if isinstance(outcome, BaseException):
            raise outcome
        bodies.append((_part_headers(part), outcome))
    boundary = f"batch_{secrets.token_urlsafe(24)}"
    return Reply(joined(bodies, boundary), content_type=f"multipart/mixed; boundary={boundary}")


def _parts(body: bytes, content_type: str) -> Sequence[Message]:
    try:
        parts = parts_of(body, boundary_of(content_type))
    except MalformedError as error:
        raise bad_request(f"Failed to parse batch request, error: {error}.") from None
    if not parts:
        raise bad_request(f"Failed to parse batch request, error: 0 items. Received batch body: ({len(body)}) bytes.")
    if len(parts) > MAX_CALLS:
        raise bad_request(f"The batch request holds {len(parts)} calls, at most {MAX_CALLS} are allowed.")
    return parts


async def _answered(call: Call, part: Message, answer: _Answerer) -> bytes:
    """Return the response to a part, as HTTP. Raises ``CutError``."""
    try:
        answered = await answer(_inner_request(call, part))
    except (DriveError, MalformedError) as problem:
        error = problem if isinstance(problem, DriveError) else bad_request(f"Bad batch part: {problem}.")
        answered = Answer(present(error_reply(error), "POST", Params()))
    if answered.delivery.cut_after_bytes is not None:
        raise CutError(resets=answered.delivery.resets)
    reply, body = answered.reply, await _body(answered.reply)
    if answered.delivery.bytes_per_second is not None:
        await asyncio.sleep(len(body) / answered.delivery.bytes_per_second)
    headers = {"Content-Type": reply.content_type, **reply.headers}
    headers.pop("Content-Length", None)
    return http_response(reply.status, headers.items(), body)


async def _body(reply: Reply) -> bytes:
    return reply.body if isinstance(reply.body, bytes) else b"".join([chunk async for chunk in reply.body])


def _inner_request(call: Call, part: Message) -> Request:
    """Return the request in a part, with what it inherits from the batch. Raises ``DriveError``, ``MalformedError``."""
    message = http_message(part.body)
    method, _, rest = message.start.partition(" ")
    url = rest.removesuffix(" HTTP/1.1").removesuffix(" HTTP/1.0").strip()
    if len(url) > MAX_URL_CHARACTERS:
        raise bad_request(f"The URL of a batch part is longer than {MAX_URL_CHARACTERS} characters.")
    address = _split(url)
    _check_path(call.path, address.path)
    params = Params([*read_query(address.query), *call.params])
    headers = Headers([*_handed_down(call.headers), *message.headers.items()])
    content = Body(_trimmed(message))
    return Request(method.upper(), address.path, params, headers, content, call.base_url, in_batch=True)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise MalformedError(f"{url[:100]!r} is no URL") from None


def _check_path(batch_path: Mapping[str, str], path: str) -> None:
    if path.startswith(_NEVER_INSIDE):
        raise bad_request(f"A batch cannot hold a call of {path}.")
    expected = f"/{batch_path['api']}/{batch_path['version']}/" if batch_path else "/"
    if not path.removeprefix("/download").startswith(expected):
        raise bad_request(f"All calls of this batch must be of {expected}, not {path!r}.")


def _handed_down(headers: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if not name.lower().startswith(_OWN)]


def _trimmed(message: Message) -> bytes:
    """Return the body without what a careless client put behind it."""
    length = message.headers.get("Content-Length", "")
    return message.body[: int(length)] if length.isascii() and length.isdecimal() else message.body


def _part_headers(part: Message) -> Sequence[tuple[str, str]]:
    """Answer under the id of the request: ``<x>`` becomes ``<response-x>``."""
    headers = [("Content-Type", "application/http")]
    content_id = part.headers.get("Content-ID", "")
    if content_id.startswith("<"):
        return [*headers, ("Content-ID", f"<response-{content_id[1:]}")]
    return [*headers, ("Content-ID", f"response-{content_id}")] if content_id else headers
