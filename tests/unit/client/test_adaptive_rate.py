import asyncio

import pytest
from tests.unit.client.virtual_time import VirtualTime

from google_drive_worker.client.adaptive_rate import AdaptiveRate
from google_drive_worker.client.errors import RetryableError
from google_drive_worker.client.quota import LIST_UNITS, UNITS, Lane, UnlimitedRate, units_of

PER_MINUTE = 6000.0  # one list call a second


class Callers:
    """Starts callers that note when their turn came."""

    def __init__(self, limiter: AdaptiveRate, time: VirtualTime) -> None:
        self.limiter, self.time = limiter, time
        self.turns: list[tuple[str, float]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, lane: Lane, units: int = LIST_UNITS) -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(self._call(name, lane, units)))
        return self.tasks[-1]

    async def done(self) -> list[tuple[str, float]]:
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return self.turns

    async def _call(self, name: str, lane: Lane, units: int) -> None:
        await self.limiter.acquire(units, lane)
        self.turns.append((name, round(self.time.seconds, 3)))


def limited(max_waiters: int = 10) -> Callers:
    time = VirtualTime()
    return Callers(AdaptiveRate(PER_MINUTE, timing=time.timing, max_waiters_per_lane=max_waiters), time)


async def test_calls_come_at_the_rate() -> None:
    """After what was saved up is spent, calls of one lane come at the rate, in the order of their arrival."""
    callers = limited()
    for name in "abc":
        callers.start(name, Lane.FIRST_SCAN)
    assert await callers.done() == [("a", 0.0), ("b", 1.0), ("c", 2.0)]


async def test_a_lower_lane_goes_first() -> None:
    """A change that arrives last is read before a scan that has been waiting."""
    callers = limited()
    callers.start("saved up", Lane.AUDIT)
    callers.start("scan", Lane.FIRST_SCAN)
    callers.start("audit", Lane.AUDIT)
    await asyncio.sleep(0)
    callers.start("change", Lane.CHANGES)
    assert [name for name, _ in await callers.done()] == ["saved up", "change", "scan", "audit"]


async def test_a_rate_error_slows_everyone() -> None:
    """After Drive complained, calls come half as often."""
    callers = limited()
    callers.limiter.report_rate_error()
    callers.start("a", Lane.FIRST_SCAN)
    callers.start("b", Lane.FIRST_SCAN)
    assert await callers.done() == [("a", 2.0), ("b", 4.0)]
    assert callers.limiter.units_per_minute == pytest.approx(PER_MINUTE / 2)


async def test_successes_bring_the_rate_back() -> None:
    """The rate grows again while calls succeed, up to the quota and no further."""
    callers = limited()
    callers.limiter.report_rate_error()
    for _ in range(100):
        await callers.time.sleep(1.0)
        callers.limiter.report_success()
    assert callers.limiter.units_per_minute == pytest.approx(PER_MINUTE)


async def test_who_gives_up_leaves_the_queue() -> None:
    """A cancelled caller spends nothing and holds nobody up."""
    callers = limited()
    callers.start("a", Lane.CHANGES)
    leaver = callers.start("leaver", Lane.CHANGES)
    callers.start("b", Lane.CHANGES)
    await asyncio.sleep(0)
    leaver.cancel()
    assert await callers.done() == [("a", 0.0), ("b", 1.0)]


async def test_a_full_lane_refuses() -> None:
    """Waiting callers are bounded by lane; one too many gets an error that may be retried later."""
    callers = limited(max_waiters=1)
    callers.start("a", Lane.CONTENT)
    callers.start("b", Lane.CONTENT)
    await asyncio.sleep(0)
    with pytest.raises(RetryableError, match="wait for quota"):
        await callers.limiter.acquire(LIST_UNITS, Lane.CONTENT)
    callers.start("other lane", Lane.AUDIT)
    assert len(await callers.done()) == 3


async def test_a_call_dearer_than_the_bucket_is_made() -> None:
    """A call that costs more than can be saved up is made when the bucket is full, and owed for after."""
    callers = limited()
    callers.start("download", Lane.CONTENT, units=250)
    callers.start("next", Lane.CONTENT, units=100)
    assert await callers.done() == [("download", 0.0), ("next", 2.5)]


async def test_an_unlimited_rate_never_waits() -> None:
    """Without a quota everyone may call at once."""
    async with asyncio.timeout(1):
        await asyncio.gather(*(UnlimitedRate().acquire(10**9, lane) for lane in Lane))


def test_prices_are_those_of_the_documentation() -> None:
    """A get costs 5 units, a list 100, a download 200; what is unknown counts as a list."""
    assert (units_of("files.get"), units_of("changes.list"), units_of("files.media")) == (5, 100, 200)
    assert units_of("something.new") == LIST_UNITS
    assert set(UNITS.values()) == {5, 100, 200}
