"""Where calls wait for their turn. In: calls. Out: their turn, in time; what is spent, for metrics."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from clustera_toolkit.timing import REAL_TIMING, Timing
from google_drive_worker.client.errors import RetryableError
from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.ledger import Books, Ledger
from google_drive_worker.quota.limits import LimitName, Limits
from google_drive_worker.quota.sharing import Sharing
from google_drive_worker.quota.turns import Turns, Waiter

MAX_WAITERS_PER_LANE = 1024
MIN_SLEEP_SECONDS = 0.001


class QuotaObserver(Protocol):
    """Told of what happens at the gate; must return at once."""

    def granted(self, lane: Lane, waited_seconds: float) -> None:
        """Count a call whose turn came."""

    def refused(self) -> None:
        """Count a call that Drive refused although it was paid for."""


class SilentQuotaObserver:
    """Counts nothing."""

    def granted(self, lane: Lane, waited_seconds: float) -> None:
        """Count nothing."""

    def refused(self) -> None:
        """Count nothing."""


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """The moment's state, for metrics.

    `limits` has the spent part of each limit, of users' the fullest; `waiting` are calls.
    """

    limits: Mapping[LimitName, float]
    waiting: Mapping[Lane, int]

    @property
    def fullness(self) -> float:
        """The spent part of the limit that is nearest."""
        return max(self.limits.values())


class QuotaGate:
    """The one place where a process's calls to Drive take their turn; each session has a `seat` at it.

    With `sharing`, which must run, its limits are those of all replicas together (`opening.py` opens both).
    At most `max_waiters_per_lane` calls wait in a lane; one more is refused with a `RetryableError`.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        timing: Timing = REAL_TIMING,
        max_waiters_per_lane: int = MAX_WAITERS_PER_LANE,
        observer: QuotaObserver | None = None,
        sharing: Sharing | None = None,
    ) -> None:
        self._timing = timing
        self.limits = limits
        """As they were told, whatever was learnt since."""
        self._ledger: Books = sharing.ledger if sharing else Ledger(limits, timing.monotonic())
        self.sharing = sharing
        """How the limits are shared with other replicas; None where this process counts alone."""
        if sharing is not None:
            sharing.brought = self._grant
        self._turns = Turns()
        self._max_waiters = max_waiters_per_lane
        self._observer = observer or SilentQuotaObserver()
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = math.inf

    def seat(self, user: str, connection: str) -> "Seat":
        """Make a limiter for the calls of one connection; `user` is whom Google counts them for."""
        return Seat(self, user, connection)

    def use(self) -> QuotaUse:
        """Say how much is spent and who waits."""
        return QuotaUse(self._ledger.fullness(self._timing.monotonic()), self._turns.waiting)

    def allowed_per_minute(self) -> float:
        """Say what the project may spend in a minute, as far as refusals have taught."""
        return self._ledger.allowed(self._timing.monotonic())

    async def acquire(self, user: str, connection: str, units: int, lane: Lane) -> None:
        """Wait for this call's turn. Raises `RetryableError` when too many wait already."""
        if self._turns.count(lane) >= self._max_waiters:
            raise RetryableError(f"{self._turns.count(lane)} calls wait for quota already", code="quota_queue_full")
        waiter = Waiter(user, connection, units, lane, self._timing.monotonic())
        self._turns.add(waiter)
        self._grant()
        try:
            await waiter.granted
        finally:
            if self._turns.leave(waiter):
                self._grant()  # who gave up may have kept others waiting

    def refused(self, user: str, retry_after_seconds: float | None, *, user_only: bool) -> None:
        """Learn that Drive refused a call."""
        self._observer.refused()
        self._ledger.refused(user, retry_after_seconds or 0.0, self._timing.monotonic(), user_only=user_only)

    def succeeded(self, user: str) -> None:
        """Learn that Drive answered; after a pause, that lets the others go on."""
        if self._ledger.succeeded(user, self._timing.monotonic()):
            self._grant()

    def _grant(self) -> None:
        """Let all go whose turn it is, and come back when the next one's may be."""
        now = self._timing.monotonic()
        waiter, seconds = self._next(now)
        while waiter is not None:
            self._turns.take(waiter)
            self._let_go(waiter, now)
            waiter, seconds = self._next(now)
        self._set_alarm(now + max(seconds, MIN_SLEEP_SECONDS))

    def _next(self, now: float) -> tuple[Waiter | None, float]:
        """Find whose turn it is, or the seconds until it is somebody's; nobody overtakes in a limit that both need."""
        kept_waiting: set[str] = set()
        soonest = math.inf
        for waiter in self._turns.first_of_each():
            if waiter.user in kept_waiting:
                continue
            verdict = self._ledger.wait(waiter.user, waiter.units, waiter.lane, now)
            if verdict.seconds == 0.0 or waiter.granted.done():
                return waiter, 0.0
            soonest = min(soonest, verdict.seconds)
            if verdict.shared:
                break
            kept_waiting.add(waiter.user)
        return None, soonest

    def _let_go(self, waiter: Waiter, now: float) -> None:
        if waiter.granted.done():  # a cancelled caller leaves only when it next runs
            return
        self._ledger.spend(waiter.user, waiter.units, waiter.lane, now)
        self._observer.granted(waiter.lane, now - waiter.since)
        waiter.granted.set_result(None)

    def _set_alarm(self, at: float) -> None:
        if self._alarm is not None and (self._alarm_at > at or math.isinf(at)):
            self._alarm.cancel()
            self._alarm = None
        if self._alarm is None and not math.isinf(at):
            self._alarm_at = at
            self._alarm = asyncio.create_task(self._ring(at - self._timing.monotonic()), name="quota alarm")

    async def _ring(self, seconds: float) -> None:
        await self._timing.sleep(max(seconds, 0.0))
        self._alarm = None
        self._grant()


@dataclass(frozen=True, slots=True)
class Seat:
    """The `RateLimiter` of one connection's sessions."""

    gate: QuotaGate
    user: str
    connection: str

    async def acquire(self, units: int, lane: Lane) -> None:
        """Wait until a call of that price may be made. Raises `RetryableError` when too many wait already."""
        await self.gate.acquire(self.user, self.connection, units, lane)

    def report_rate_error(self, retry_after_seconds: float | None = None, *, user_only: bool = False) -> None:
        """Take note that Drive is called too often."""
        self.gate.refused(self.user, retry_after_seconds, user_only=user_only)

    def report_success(self) -> None:
        """Take note that Drive answered."""
        self.gate.succeeded(self.user)
