"""What connections use of Drive's quota, and what they write: counted here, told in `usage` events.

In: turns that calls got at the gate, refusals, committed records. Out: events that hold what was not told before, so
that whoever reads them adds up. All connections that are due are told in one transaction, every ten seconds at most;
one that only asked for changes and found none is due after five minutes.

What is counted lives in memory. It is given back when its event was certainly not written, and told later by this
process, whoever owns the connection by then. It is lost with a process that is killed, or when nobody knows whether it
was written: nothing is ever told twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clustera_toolkit.timing import REAL_TIMING, Timing
from google_drive_worker.client.quota import Lane, RateLimiter
from google_drive_worker.quota.gate import QuotaGate
from google_drive_worker.schemas.event import EventName, Notice, SyncEvent
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sync.outlet import BatchRefusedError, OutcomeUnknownError, OutletClosedError

log = logging.getLogger(__name__)

TELL_SECONDS = 10.0
QUIET_SECONDS = 300.0


@dataclass(slots=True)
class Use:
    """What a connection used since `since`, in seconds of the monotonic clock."""

    since: float
    calls: int = 0
    """Calls whose turn came, answered or not."""
    units: int = 0
    """What they cost, as the limits count: quota units or queries."""
    refused: int = 0
    """Calls of these that Drive refused because they came too often."""
    records: int = 0
    """Records that were committed."""
    waited_seconds: float = 0.0
    """For quota; of calls that waited at once, the sum."""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing came of it that anybody waits to see."""
        return not self.records and not self.refused

    def include(self, other: "Use") -> None:
        """Add up."""
        self.since = min(self.since, other.since)
        self.calls += other.calls
        self.units += other.units
        self.refused += other.refused
        self.records += other.records
        self.waited_seconds += other.waited_seconds


class UsageBooks:
    """What connections used and nobody was told of yet."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._uses: dict[str, Use] = {}

    def of(self, connection_id: str) -> Use:
        """The account of a connection, to add to at once: it is another one after it was told."""
        use = self._uses.get(connection_id)
        if use is None:
            use = self._uses[connection_id] = Use(self._monotonic())
        return use

    def take(self, *, everything: bool = False) -> dict[str, Use]:
        """Take out what is due."""
        quiet_since = self._monotonic() - QUIET_SECONDS
        due = {
            connection_id: use
            for connection_id, use in self._uses.items()
            if everything or not use.is_quiet or use.since <= quiet_since
        }
        for connection_id in due:
            del self._uses[connection_id]
        return due

    def give_back(self, uses: dict[str, Use]) -> None:
        """Take back what was not told."""
        for connection_id, use in uses.items():
            self.of(connection_id).include(use)


@dataclass(frozen=True, slots=True)
class CountedRate:
    """A `RateLimiter` that counts the calls of one connection; `price` says what so many units cost."""

    following: RateLimiter
    books: UsageBooks
    connection_id: str
    price: Callable[[int], int]
    monotonic: Callable[[], float]

    async def acquire(self, units: int, lane: Lane) -> None:
        """Wait as long as the other limiter has it, and count the call. Raises what the other raises."""
        asked = self.monotonic()
        await self.following.acquire(units, lane)
        use = self.books.of(self.connection_id)
        use.calls += 1
        use.units += self.price(units)
        use.waited_seconds += self.monotonic() - asked

    def report_rate_error(self, retry_after_seconds: float | None = None, *, user_only: bool = False) -> None:
        """Count a refusal, and pass it on."""
        self.books.of(self.connection_id).refused += 1
        self.following.report_rate_error(retry_after_seconds, user_only=user_only)

    def report_success(self) -> None:
        """Pass it on."""
        self.following.report_success()


class Teller(Protocol):
    """Where events go that belong to no batch."""

    def tell(self, notices: Sequence[Notice]) -> asyncio.Future[None]:
        """Commit notices. Fails with `OutletClosedError` (`OutcomeUnknownError`), `BatchRefusedError`."""
        ...

    async def tell_alone(self, notices: Sequence[Notice]) -> None:
        """Commit notices, also while nothing is owned here. Raises `OutcomeUnknownError`, `BatchRefusedError`."""
        ...


class Usage:
    """Counts what the connections of one gate use, and tells it while `run` runs."""

    def __init__(self, gate: QuotaGate, teller: Teller, timing: Timing = REAL_TIMING) -> None:
        self._gate = gate
        self._teller = teller
        self._timing = timing
        self._books = UsageBooks(timing.monotonic)
        self._turn = asyncio.Lock()
        """One telling at a time: what one gives back the next one tells."""

    def seat(self, user: str, connection_id: str) -> RateLimiter:
        """A seat at the gate whose calls are counted; `user` is whom Google counts them for."""
        seat = self._gate.seat(user, connection_id)
        return CountedRate(seat, self._books, connection_id, self._gate.limits.price, self._timing.monotonic)

    def wrote(self, connection_id: str, records: int) -> None:
        """Count records that were committed."""
        if records:
            self._books.of(connection_id).records += records

    async def run(self) -> None:
        """Tell what is due, until cancelled."""
        while True:
            await self._timing.sleep(TELL_SECONDS)
            await self.tell()

    async def finish(self, within_seconds: float) -> None:
        """Tell all that was not told, as far as the time allows; the last thing before the producer is closed.

        A rebalance under way must not cost it: no partitions may be owned here just now.
        """
        try:
            async with asyncio.timeout(within_seconds), self._turn:
                await self._tell(self._books.take(everything=True), self._teller.tell_alone)
        except TimeoutError:
            log.warning("what connections used was not told within %.0f s", within_seconds)

    async def tell(self, *, everything: bool = False) -> None:
        """Tell what is due, or everything, and wait until it is written."""
        async with self._turn:
            await self._tell(self._books.take(everything=everything), self._teller.tell)

    async def _tell(self, uses: dict[str, Use], telling: Callable[[Sequence[Notice]], Awaitable[None]]) -> None:
        if not uses:
            return
        told = asyncio.ensure_future(telling(self._events(uses)))
        told.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may wait for it any more
        try:
            await asyncio.shield(told)  # it stays on its way where nobody waits for it any more
        except OutcomeUnknownError:
            log.warning("what %d connections used may not have been told", len(uses))
        except OutletClosedError:
            self._books.give_back(uses)
        except BatchRefusedError as error:
            log.error("what %d connections used was not told: %s", len(uses), error)

    def _events(self, uses: Mapping[str, Use]) -> list[Notice]:
        at, now = rfc3339(self._timing.now()), self._timing.monotonic()
        limit = round(self._gate.allowed_per_minute())
        return [
            SyncEvent(
                EventName.USAGE,
                connection_id,
                at,
                calls=use.calls,
                units=use.units,
                unit_kind=self._gate.limits.model,
                refused=use.refused,
                records=use.records,
                waited_seconds=round(use.waited_seconds, 3),
                limit_per_minute=limit,
                seconds=round(now - use.since, 3),
            )
            for connection_id, use in uses.items()
        ]
