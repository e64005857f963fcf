"""The gate: who goes first, who waits, and what becomes of those who give up."""

import asyncio

import pytest
from tests.unit.client.virtual_time import VirtualTime

from google_drive_worker.client.errors import RetryableError
from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.gate import QuotaGate
from google_drive_worker.quota.limits import Limits

USER_LIMIT, PROJECT_LIMIT = 6000, 60_000
BURST = 300  # of the user's limit a minute, the units that lanes other than changes may spend at once


class Counted:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.grants: list[tuple[Lane, float]] = []
        self.refusals = 0

    def granted(self, lane: Lane, waited_seconds: float) -> None:
        self.grants.append((lane, round(waited_seconds, 1)))

    def refused(self) -> None:
        self.refusals += 1


class Callers:
    """Starts callers that note when their turn came."""

    def __init__(self, limits: Limits, max_waiters: int = 10) -> None:
        self.time, self.counted = VirtualTime(), Counted()
        self.gate = QuotaGate(limits, timing=self.time.timing, max_waiters_per_lane=max_waiters, observer=self.counted)
        self.turns: list[tuple[str, float]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def start(
        self, name: str, lane: Lane, *, user: str = "u", connection: str = "c", units: int = 100
    ) -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(self._call(name, lane, user, connection, units)))
        return self.tasks[-1]

    async def done(self) -> list[tuple[str, float]]:
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return self.turns

    async def _call(self, name: str, lane: Lane, user: str, connection: str, units: int) -> None:
        await self.gate.seat(user, connection).acquire(units, lane)
        self.turns.append((name, round(self.time.seconds, 1)))


def limited(max_waiters: int = 10) -> Callers:
    return Callers(Limits(user=USER_LIMIT, project=PROJECT_LIMIT), max_waiters)


async def test_calls_come_at_the_pace() -> None:
    """After a short burst, calls of a lane come evenly, in the order in which they were asked for."""
    callers = limited()
    for name in "abcde":
        callers.start(name, Lane.FIRST_SCAN)
    assert await callers.done() == [("a", 0.0), ("b", 0.0), ("c", 0.0), ("d", 1.0), ("e", 2.0)]


async def test_lanes_go_in_their_order() -> None:
    """Whoever asks last in a better lane goes before all who wait in the others; changes do not wait at all."""
    callers = limited()
    callers.start("burst", Lane.AUDIT, units=BURST)
    for lane in reversed(Lane):
        callers.start(lane.name, lane)
    assert [name for name, _ in await callers.done()] == ["burst", "CHANGES", *(lane.name for lane in Lane if lane)]
    assert callers.turns[1] == ("CHANGES", 0.0)


async def test_connections_take_turns() -> None:
    """A connection with many calls does not keep another's first one waiting behind them."""
    callers = limited()
    callers.start("burst", Lane.CONTENT, units=BURST)
    for name in ("a1", "a2", "a3"):
        callers.start(name, Lane.CONTENT, connection="a")
    callers.start("b1", Lane.CONTENT, connection="b")
    assert [name for name, _ in await callers.done()] == ["burst", "a1", "b1", "a2", "a3"]


async def test_a_user_at_the_limit_keeps_no_other_user_waiting() -> None:
    """Waiting for one's own limit is no reason for others to wait, even in lanes that come after."""
    callers = limited()
    callers.start("burst", Lane.FIRST_SCAN, units=BURST)
    callers.start("same user", Lane.FIRST_SCAN)
    callers.start("other user", Lane.AUDIT, user="v")
    assert await callers.done() == [("burst", 0.0), ("other user", 0.0), ("same user", 1.0)]


async def test_a_small_call_does_not_overtake_a_large_one() -> None:
    """Where calls wait for the same limit, a cheap one of a later lane leaves the room to the dear one."""
    callers = Callers(Limits(user=6000, project=6000))
    callers.start("burst", Lane.CONTENT, units=BURST - 10)
    callers.start("large", Lane.CONTENT, connection="a")
    callers.start("small", Lane.AUDIT, connection="b", units=5)
    assert [name for name, _ in await callers.done()] == ["burst", "large", "small"]


async def test_who_gives_up_leaves_the_queue() -> None:
    """A cancelled caller spends nothing and holds nobody up; when all gave up, nothing is left that waits."""
    callers = limited()
    callers.start("burst", Lane.AUDIT, units=BURST)
    leaver = callers.start("leaver", Lane.AUDIT)
    callers.start("next", Lane.AUDIT)
    await asyncio.sleep(0)
    leaver.cancel()
    assert await callers.done() == [("burst", 0.0), ("next", 1.0)]
    assert callers.gate.use().limits["user"] == (BURST + 100) / USER_LIMIT
    assert not any(callers.gate.use().waiting.values())


async def test_a_gate_that_all_left_is_silent() -> None:
    """When the last caller gave up, no task is left behind."""
    callers = limited()
    callers.start("burst", Lane.AUDIT, units=BURST)
    leaver = callers.start("leaver", Lane.AUDIT)
    await asyncio.sleep(0)
    leaver.cancel()
    await callers.done()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_full_lane_refuses() -> None:
    """Waiting callers are bounded by lane; one too many gets an error that may be retried later."""
    callers = limited(max_waiters=1)
    callers.start("burst", Lane.CONTENT, units=BURST)
    await asyncio.sleep(0)
    callers.start("waits", Lane.CONTENT)
    await asyncio.sleep(0)
    with pytest.raises(RetryableError, match="wait for quota"):
        await callers.gate.seat("u", "c").acquire(100, Lane.CONTENT)
    callers.start("other lane", Lane.AUDIT)
    assert len(await callers.done()) == 3


async def test_a_pause_holds_until_a_probe_succeeds() -> None:
    """After `Retry-After`, one call goes; its success lets the others go at once."""
    callers = limited()
    seat = callers.gate.seat("u", "c")
    await seat.acquire(100, Lane.CHANGES)
    seat.report_rate_error(30.0, user_only=True)
    for name in "abc":
        callers.start(name, Lane.CHANGES, units=5)
    await callers.tasks[0]
    seat.report_success()
    assert await callers.done() == [("a", 30.0), ("b", 30.0), ("c", 30.0)]
    assert callers.counted.refusals == 1


async def test_use_is_told() -> None:
    """Metrics read how full each limit is and what waits; an observer hears of each turn and how long it took."""
    callers = limited()
    callers.start("burst", Lane.CONTENT, units=BURST)
    callers.start("waits", Lane.CONTENT)
    await asyncio.sleep(0)
    use = callers.gate.use()
    assert use.limits == {"user": BURST / USER_LIMIT, "project": BURST / PROJECT_LIMIT}
    assert use.fullness == BURST / USER_LIMIT
    assert (use.waiting[Lane.CONTENT], use.waiting[Lane.CHANGES]) == (1, 0)
    await callers.done()
    assert callers.counted.grants == [(Lane.CONTENT, 0.0), (Lane.CONTENT, 1.0)]
