"""Delivering messages: notices for channels in, HTTP requests to their addresses out (facts B).

Each channel has a task and a short queue of its own, so that a slow receiver keeps nobody waiting, and its messages
arrive in the order of their numbers. What does not fit the queue is lost, as it may be with Google.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiohttp
import msgspec

from google_drive_emulator.push.channels import SYNC, Channel, Channels, Notice, headers_of
from google_drive_emulator.push.settings import PushSettings
from google_drive_emulator.world.events import Event

_RETRIED = frozenset({500, 502, 503, 504})
_SUCCESS = frozenset({102, 200, 201, 202, 204})
_QUEUED = 100
_KEPT_DELIVERIES = 1000
_MOST_GAP = 3
_LONGEST_WAIT_SECONDS = 60.0
MAX_CHANNELS = 20_000


class Delivery(msgspec.Struct, frozen=True):
    """One attempt to deliver a message. ``outcome`` is a status, ``lost`` or what was wrong with the connection."""

    channel_id: str
    number: int
    state: str
    outcome: int | str


@dataclass(slots=True)
class _Line:
    """What is on its way to one channel. ``number`` is that of the message sent last."""

    channel: Channel
    queue: "asyncio.Queue[Notice]"
    number: int = 0
    task: "asyncio.Task[None] | None" = None


class Push:
    """The channels of one running emulator and what is on its way to them."""

    def __init__(self, clock: Callable[[], int], seed: int = 0) -> None:
        self.settings = PushSettings()
        self.channels = Channels()
        self._clock = clock
        self._random = random.Random(seed)
        self._lines: dict[tuple[str, str], _Line] = {}
        self._session: aiohttp.ClientSession | None = None
        self._deliveries: deque[Delivery] = deque(maxlen=_KEPT_DELIVERIES)

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """Return the last attempts to deliver, oldest first."""
        return tuple(self._deliveries)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver until the block is left; what is still on its way then is given up."""
        async with aiohttp.ClientSession() as self._session:
            try:
                yield
            finally:
                lines, self._lines = list(self._lines.values()), {}
                tasks = [line.task for line in lines if line.task is not None]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def reset(self) -> None:
        """Drop all channels and what is on its way to them, and return to the default settings."""
        for channel in self.channels.all:
            self.stop(channel)
        self.settings = PushSettings()
        self._deliveries.clear()

    async def start(self, channel: Channel) -> None:
        """Open a channel and send it its first message, ``sync``."""
        self.channels.add(channel)
        line = _Line(channel, asyncio.Queue(_QUEUED))
        self._lines[channel.key] = line
        if self.settings.sync_first:
            await self._deliver(line, SYNC)
        else:
            line.queue.put_nowait(SYNC)
        if self._session is not None:
            line.task = asyncio.create_task(self._serve(line))

    def stop(self, channel: Channel) -> None:
        """Close a channel; nothing more is sent."""
        self.channels.remove(channel)
        line = self._lines.pop(channel.key, None)
        if line is not None and line.task is not None:
            line.task.cancel()

    def hear(self, event: Event) -> None:
        """Tell the channels concerned what happened in the world."""
        for channel, notice in self.channels.told(event):
            line = self._lines.get(channel.key)
            if line is None or self.has_expired(channel):
                self.stop(channel)
            else:
                with suppress(asyncio.QueueFull):
                    line.queue.put_nowait(notice)

    def has_expired(self, channel: Channel) -> bool:
        """Tell whether a channel's time is over; nobody is told when it is."""
        return channel.expires_ms <= self._clock()

    def prune(self) -> None:
        """Close the channels that have expired."""
        for channel in self.channels.all:
            if self.has_expired(channel):
                self.stop(channel)

    async def _serve(self, line: _Line) -> None:
        """Deliver what a channel is told until it is closed, which cancels this."""
        while True:
            notice = await line.queue.get()
            if notice != SYNC:
                await self._coalesce(line)
            if not self.has_expired(line.channel):
                await self._deliver(line, notice)

    async def _coalesce(self, line: _Line) -> None:
        """Wait for what else happens, and let one message tell of all that is alike."""
        await asyncio.sleep((self.settings.coalesce_ms + self.settings.delay_ms) / 1000)
        if self.settings.coalesce_ms and line.channel.log is not None:
            while not line.queue.empty():
                line.queue.get_nowait()

    async def _deliver(self, line: _Line, notice: Notice) -> None:
        gap = self._random.randrange(_MOST_GAP) if self.settings.gaps and line.number else 0
        line.number += 1 + gap
        if notice.state != "sync" and self._random.random() < self.settings.loss:
            self._note(line, notice, "lost")
            return
        await self._send_until_taken(line, notice)
        if self._random.random() < self.settings.duplicates:
            await self._send_until_taken(line, notice)

    async def _send_until_taken(self, line: _Line, notice: Notice) -> None:
        for attempt in range(self.settings.retries + 1):
            outcome = await self._send(line, notice)
            self._note(line, notice, outcome)
            if outcome in _SUCCESS or (isinstance(outcome, int) and outcome not in _RETRIED):
                return
            if attempt < self.settings.retries:
                await asyncio.sleep(min(_LONGEST_WAIT_SECONDS, self.settings.retry_base_ms / 1000 * 2**attempt))

    async def _send(self, line: _Line, notice: Notice) -> int | str:
        if self._session is None:
            return "not running"
        try:
            async with self._session.post(
                line.channel.address,
                headers=headers_of(line.channel, line.number, notice),
                timeout=aiohttp.ClientTimeout(total=self.settings.timeout_seconds),
                ssl=self.settings.verify_tls,
                allow_redirects=False,
            ) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__

    def _note(self, line: _Line, notice: Notice, outcome: int | str) -> None:
        self._deliveries.append(Delivery(line.channel.id, line.number, notice.state, outcome))
