"""Notifications at a fixed rate, as Google sends them.

In: an address, a rate. Out: milliseconds of each, from the moment when it was to be sent: one that had to wait because
those before it were slow is as late as it is (no coordinated omission). A channel keeps to one connection, so its
numbers arrive in order. The requests are made of bytes, so that sending them costs the machine little.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
import uvloop

from benchmarks.errors import BenchmarkError
from benchmarks.screen import Advance

PATH = "/webhooks/google-drive"
CONNECTIONS = 100
_ANSWER_SECONDS = 60.0
_TAKEN = b"HTTP/1.1 200 "
_END_OF_HEAD = b"\r\n\r\n"

Line = asyncio.Queue[tuple[bytes, float] | None]


@dataclass(frozen=True, slots=True)
class Barrage:
    """`count` notifications at `rate` a second, by so many channels in turn, which have sent `first` of them each."""

    url: str
    rate: int
    count: int
    channels: int
    first: int = 0


class Order(msgspec.Struct, frozen=True):
    """What the server (webhook_server.py) is told, as JSON in its only argument; without a topic it is the baseline."""

    bootstrap_servers: str
    directory: str
    channels: int
    topic: str | None = None


def channel_id(number: int) -> str:
    """The id of a channel."""
    return f"chan_{number:032x}"


def token(number: int) -> str:
    """Its token: as long as a real one."""
    return f"token-{number:037}"


def fire(barrage: Barrage, advance: Advance) -> Sequence[float]:
    """Send them; raises `BenchmarkError` when one is not taken, `TimeoutError` when one is not answered."""
    return uvloop.run(_fire(barrage, advance))


async def _fire(barrage: Barrage, advance: Advance) -> Sequence[float]:
    lines: list[Line] = [asyncio.Queue() for _ in range(CONNECTIONS)]
    async with asyncio.timeout(barrage.count / barrage.rate + _ANSWER_SECONDS), asyncio.TaskGroup() as group:
        senders = [group.create_task(_send(barrage.url, line)) for line in lines]
        await _fill(barrage, lines, advance)
    return [milliseconds for sender in senders for milliseconds in sender.result()]


async def _fill(barrage: Barrage, lines: list[Line], advance: Advance) -> None:
    started = time.perf_counter()
    for number in range(barrage.count):
        at = started + number / barrage.rate
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        count, channel = divmod(number, barrage.channels)
        lines[channel % CONNECTIONS].put_nowait((_request(channel, barrage.first + count + 1), at))
        if number % barrage.rate == 0:
            advance(number)
    for line in lines:
        line.put_nowait(None)


async def _send(url: str, line: Line) -> list[float]:
    """Send what comes down a line over one connection; milliseconds of each."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    found = []
    while (waiting := await line.get()) is not None:
        request, at = waiting
        writer.write(request)
        head = await reader.readuntil(_END_OF_HEAD)
        if not head.startswith(_TAKEN):
            raise BenchmarkError(f"a notification was not taken: {head.decode(errors='replace').splitlines()[0]}")
        found.append((time.perf_counter() - at) * 1000)
    writer.close()
    await writer.wait_closed()
    return found


def _request(channel: int, number: int) -> bytes:
    """As facts B have it; the first of a channel announces it."""
    return (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Type: application/json; utf-8\r\n"
        "User-Agent: APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)\r\n"
        f"X-Goog-Channel-ID: {channel_id(channel)}\r\nX-Goog-Channel-Token: {token(channel)}\r\n"
        "X-Goog-Channel-Expiration: Tue, 19 Nov 2030 01:13:52 GMT\r\n"
        f"X-Goog-Message-Number: {number}\r\nX-Goog-Resource-ID: o3hgv1538sdjfh\r\n"
        f"X-Goog-Resource-State: {'sync' if number == 1 else 'change'}\r\n"
        "X-Goog-Resource-URI: https://www.googleapis.com/drive/v3/changes?alt=json&includeRemoved=true&pageToken=1\r\n"
        "\r\n"
    ).encode()
