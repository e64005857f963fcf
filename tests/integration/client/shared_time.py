"""One time for several clients and the emulator: it passes only when none of them has anything under way."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from typing import Any

from clustera_toolkit.timing import Timing
from google_drive_worker.client.transport import HttpTransport, Response

QUIET_TURNS = 10  # turns of the loop after which nobody can have anything left to do


class SharedTime:
    """A clock in seconds, with the sleepers that wait for it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.under_way = 0
        self.moved: Callable[[float], None] = lambda _: None
        """Told the time whenever it has passed."""
        self.timing = Timing(monotonic=lambda: self.seconds, sleep=self.sleep, random=lambda: 0.5)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock is there."""
        awake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.seconds + seconds, next(self._numbers), awake))
        await awake

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Let no time pass while the block runs."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Let time pass while the block runs."""
        task = asyncio.create_task(self._pass())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _pass(self) -> None:
        quiet = 0
        while True:
            quiet = 0 if self.under_way else quiet + 1
            if quiet > QUIET_TURNS:
                self._wake_next()
                quiet = 0
            await asyncio.sleep(0)

    def _wake_next(self) -> None:
        while self._sleepers:
            at, _, awake = heapq.heappop(self._sleepers)
            if not awake.done():
                self.seconds = max(self.seconds, at)
                self.moved(self.seconds)
                awake.set_result(None)
                return


class TimedTransport(HttpTransport):
    """A transport on which every exchange takes `seconds` of a shared time, half of them on the way there."""

    def __init__(self, time: SharedTime, seconds: float) -> None:
        super().__init__()
        self._time = time
        self._half = seconds / 2

    async def request(self, *arguments: Any, **named: Any) -> Response:
        """Exchange; the clock stands while the real exchange takes place."""
        await self._time.sleep(self._half)
        with self._time.standing():
            answer = await super().request(*arguments, **named)
        await self._time.sleep(self._half)
        return answer
