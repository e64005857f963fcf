"""The limiter that waits. In: calls that want to be made. Out: their turn, by lane and then by arrival."""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from google_drive_worker.client.errors import RetryableError
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.rate import RateState
from google_drive_worker.client.timing import REAL_TIMING, Timing

MAX_WAITERS_PER_LANE = 1024
MIN_SLEEP_SECONDS = 0.001


@dataclass(eq=False, slots=True)
class _Waiter:
    units: int
    granted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class AdaptiveRate:
    """A `RateLimiter` of at most `units_per_minute`, slower while Drive complains; one for each quota user.

    At most `max_waiters_per_lane` calls wait in a lane; one more is refused with a `RetryableError`.
    """

    def __init__(
        self,
        units_per_minute: float,
        *,
        timing: Timing = REAL_TIMING,
        max_waiters_per_lane: int = MAX_WAITERS_PER_LANE,
    ) -> None:
        self._timing = timing
        self._state = RateState.full(units_per_minute, timing.monotonic())
        self._max_waiters = max_waiters_per_lane
        self._waiting: dict[Lane, deque[_Waiter]] = {lane: deque() for lane in Lane}
        self._pump: asyncio.Task[None] | None = None

    @property
    def units_per_minute(self) -> float:
        """The rate now, for metrics."""
        return self._state.rate * 60

    async def acquire(self, units: int, lane: Lane) -> None:
        """Wait for this call's turn: lower lanes go first, and within a lane who came first."""
        if self._first() is None and self._wait_seconds(units) == 0.0:
            self._state = self._state.taken(units)
            return
        await self._turn(_Waiter(units), self._waiting[lane])

    def report_rate_error(
        self,
        retry_after_seconds: float | None = None,  # noqa: ARG002 # the protocol's signature
        *,
        user_only: bool = False,  # noqa: ARG002 # there is one user
    ) -> None:
        """Halve the rate."""
        now = self._timing.monotonic()
        self._state = self._state.advanced(now).slowed(now)

    def report_success(self) -> None:
        """Raise the rate a little."""
        now = self._timing.monotonic()
        self._state = self._state.advanced(now).raised(now)

    async def _turn(self, waiter: _Waiter, queue: deque[_Waiter]) -> None:
        if len(queue) >= self._max_waiters:
            raise RetryableError(f"{len(queue)} calls wait for quota already", code="quota_queue_full")
        queue.append(waiter)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._grant_in_turn())
        try:
            await waiter.granted
        finally:
            with suppress(ValueError):  # granted ones are out of the queue already
                queue.remove(waiter)

    async def _grant_in_turn(self) -> None:
        """Grant while anyone waits; after each sleep whose turn it is may have changed."""
        while (queue := self._first()) is not None:
            seconds = self._wait_seconds(queue[0].units)
            if seconds > 0.0:
                await self._timing.sleep(max(seconds, MIN_SLEEP_SECONDS))
                continue
            waiter = queue.popleft()
            if not waiter.granted.done():  # a cancelled caller leaves the queue only when it next runs
                self._state = self._state.taken(waiter.units)
                waiter.granted.set_result(None)

    def _first(self) -> deque[_Waiter] | None:
        return next((queue for queue in self._waiting.values() if queue), None)

    def _wait_seconds(self, units: int) -> float:
        self._state = self._state.advanced(self._timing.monotonic())
        return self._state.wait_seconds(units)
