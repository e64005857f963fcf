"""Replies onto the wire: whole as a rule, slowly or cut where a fault wants that."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from google_drive_emulator.http.calls import Reply

_STEPS_A_SECOND = 10
_RESET = struct.pack("ii", 1, 0)  # closing drops the connection at once and tells the other side so


class CutError(Exception):
    """The connection is to be cut without an answer; ``resets`` as of a ``Delivery``."""

    def __init__(self, *, resets: bool) -> None:
        super().__init__("the connection is to be cut")
        self.resets = resets


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a body is sent: ``bytes_per_second`` None is at once; after ``cut_after_bytes`` the connection is cut.

    ``resets`` tells a cut that the client sees as a reset connection from one it sees as the end of the stream.
    """

    bytes_per_second: int | None = None
    cut_after_bytes: int | None = None
    resets: bool = False


WHOLE = Delivery()


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply and how it goes over the wire."""

    reply: Reply
    delivery: Delivery = WHOLE


async def send(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Send an answer and return what was sent."""
    reply, delivery = answer.reply, answer.delivery
    headers = {"Content-Type": reply.content_type, **reply.headers}
    if isinstance(reply.body, bytes) and delivery is WHOLE:
        return web.Response(body=reply.body, status=reply.status, headers=headers)
    if isinstance(reply.body, bytes):
        headers["Content-Length"] = str(len(reply.body))
    response = web.StreamResponse(status=reply.status, headers=headers)
    await response.prepare(request)
    async for chunk in _paced(_limited(_chunks(reply), delivery.cut_after_bytes), delivery.bytes_per_second):
        await response.write(chunk)
    if delivery.cut_after_bytes is not None:
        cut(request, resets=delivery.resets)
        return response
    await response.write_eof()
    return response


def cut(request: web.Request, *, resets: bool) -> None:
    """Close a connection: after what was written, or at once and so that the other side knows."""
    transport = request.transport
    if transport is None:
        return
    if not resets:
        transport.close()
        return
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


async def _chunks(reply: Reply) -> AsyncIterator[bytes]:
    if isinstance(reply.body, bytes):
        yield reply.body
        return
    async for chunk in reply.body:
        yield chunk


async def _limited(chunks: AsyncIterator[bytes], limit: int | None) -> AsyncIterator[bytes]:
    """Give no more than so many bytes."""
    left = limit
    async for chunk in chunks:
        if left is None:
            yield chunk
            continue
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return


async def _paced(chunks: AsyncIterator[bytes], bytes_per_second: int | None) -> AsyncIterator[bytes]:
    """Give the bytes in small steps, each when its bytes would have come."""
    async for chunk in chunks:
        if bytes_per_second is None:
            yield chunk
            continue
        step = max(1, bytes_per_second // _STEPS_A_SECOND)
        for start in range(0, len(chunk), step):
            part = chunk[start : start + step]
            await asyncio.sleep(len(part) / bytes_per_second)
            yield part
