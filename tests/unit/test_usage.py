"""What connections used, as it is told: differences that add up, in few events, and nothing twice."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from tests.unit.client.virtual_time import VirtualTime

from google_drive_worker.client.errors import RetryableError
from google_drive_worker.client.quota import LIST_UNITS, READ_UNITS, Lane
from google_drive_worker.quota.gate import QuotaGate
from google_drive_worker.quota.limits import Limits
from google_drive_worker.schemas.event import EventName, Notice, SyncEvent
from google_drive_worker.sync.outlet import BatchRefusedError, OutcomeUnknownError, OutletClosedError
from google_drive_worker.usage import QUIET_SECONDS, TELL_SECONDS, Usage

CONN, OTHER = "conn_1", "conn_2"
USER_LIMIT, PROJECT_LIMIT = 6000, 60_000
SUMS = ("calls", "units", "refused", "records", "waited_seconds")


class Topic:
    """Takes what is told; `failure` is what becomes of it instead, and while `is_stuck` nothing does.

    While `is_closed` it takes only what is told alone.
    """

    def __init__(self) -> None:
        self.events: list[SyncEvent] = []
        self.is_closed = False
        self.transactions = 0
        self.failure: Exception | None = None
        self.is_stuck = False
        self.newest: asyncio.Future[None] | None = None

    async def tell_alone(self, notices: Sequence[Notice]) -> None:
        await self._take(notices)

    def tell(self, notices: Sequence[Notice]) -> asyncio.Future[None]:
        if self.is_closed:
            self.newest = asyncio.get_running_loop().create_future()
            self.newest.set_exception(OutletClosedError())
            return self.newest
        return self._take(notices)

    def _take(self, notices: Sequence[Notice]) -> asyncio.Future[None]:
        told = self.newest = asyncio.get_running_loop().create_future()
        if self.failure is not None:
            told.set_exception(self.failure)
        elif not self.is_stuck:
            told.set_result(None)
            self.transactions += 1
            self.events += [notice for notice in notices if isinstance(notice, SyncEvent)]
        return told


class Office:
    """A gate whose use is told to a topic, by a clock that stands still."""

    def __init__(self, **limits: Any) -> None:
        self.time, self.topic = VirtualTime(), Topic()
        gate = QuotaGate(
            Limits(**{"user": USER_LIMIT, "project": PROJECT_LIMIT, **limits}),
            timing=self.time.timing,
            max_waiters_per_lane=2,
        )
        self.usage = Usage(gate, self.topic, self.time.timing)

    async def call(self, connection: str = CONN, units: int = READ_UNITS, lane: Lane = Lane.CHANGES) -> None:
        await self.usage.seat(connection, connection).acquire(units, lane)

    def told(self, connection: str = CONN) -> dict[str, float]:
        """What the events of a connection add up to."""
        events = [msgspec.structs.asdict(event) for event in self.topic.events]
        mine = [event for event in events if event["integration_connection_id"] == connection]
        return {name: sum(event[name] for event in mine) for name in SUMS}


async def test_use_is_told_as_it_was() -> None:
    """An event has calls, what they cost, committed records, the limit, and the seconds that it covers."""
    office = Office()
    office.time.seconds = 100.0
    await office.call(units=READ_UNITS)
    await office.call(units=LIST_UNITS)
    office.usage.wrote(CONN, 40)
    office.time.seconds = 107.5
    await office.usage.tell()
    (event,) = office.topic.events
    assert event == SyncEvent(
        EventName.USAGE,
        CONN,
        "2026-01-01T00:01:47.500Z",
        calls=2,
        units=READ_UNITS + LIST_UNITS,
        unit_kind="units",
        refused=0,
        records=40,
        waited_seconds=0.0,
        limit_per_minute=PROJECT_LIMIT,
        seconds=7.5,
    )


async def test_nothing_is_told_twice() -> None:
    """Each event has what came since the last one; where nothing came there is none."""
    office = Office()
    office.usage.wrote(CONN, 3)
    await office.usage.tell()
    await office.usage.tell()
    office.usage.wrote(CONN, 4)
    await office.usage.tell()
    assert [event.records for event in office.topic.events] == [3, 4]


async def test_connections_are_told_together() -> None:
    """All that is due goes out at once, each connection's in an event of its own."""
    office = Office()
    office.usage.wrote(CONN, 3)
    office.usage.wrote(OTHER, 5)
    office.usage.wrote("conn_3", 0)
    await office.usage.tell()
    assert (office.told(CONN)["records"], office.told(OTHER)["records"]) == (3, 5)
    assert (len(office.topic.events), office.topic.transactions) == (2, 1)


async def test_queries_are_counted_where_they_are_limited() -> None:
    """In that model each call costs one, whatever it asks for."""
    office = Office(model="queries")
    await office.call(units=LIST_UNITS)
    await office.usage.tell(everything=True)
    (event,) = office.topic.events
    assert (event.units, event.unit_kind) == (1, "queries")


async def test_waiting_and_refusals_are_told() -> None:
    """How long calls waited for their turn, how many Drive refused, and what the limit is believed to be after it."""
    office = Office(user=PROJECT_LIMIT)
    calls = [asyncio.create_task(office.call(units=6000, lane=Lane.CONTENT)) for _ in range(2)]
    await asyncio.gather(*calls)
    waited = office.time.seconds
    office.usage.seat(CONN, CONN).report_rate_error()
    await office.usage.tell()
    assert waited > 0
    assert office.told() == {
        "calls": 2,
        "units": 12_000,
        "refused": 1,
        "records": 0,
        "waited_seconds": pytest.approx(waited, abs=0.001),
    }


async def test_the_limit_is_as_it_was_learnt() -> None:
    """A refusal that is not the user's alone tells that the project may spend less than was said."""
    office = Office(user=10 * PROJECT_LIMIT)
    for _ in range(9):
        await office.call(units=5000)
    office.usage.seat(CONN, CONN).report_rate_error()
    await office.usage.tell()
    assert [event.limit_per_minute for event in office.topic.events] == [40_500]


async def test_a_call_that_had_no_turn_is_not_counted() -> None:
    """Where too many wait already it is refused here, and Drive never hears of it."""
    office = Office()
    waiting = [asyncio.create_task(office.call(units=USER_LIMIT, lane=Lane.AUDIT)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(RetryableError):
        await office.call(lane=Lane.AUDIT)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await office.usage.tell(everything=True)
    assert office.told()["calls"] == 1


async def test_a_quiet_connection_is_seldom_told() -> None:
    """Polls that find nothing are told together after five minutes, and with whatever else there is before."""
    office = Office()
    await office.call()
    office.time.seconds = QUIET_SECONDS - 1
    await office.call()
    await office.usage.tell()
    assert not office.topic.events
    office.time.seconds = QUIET_SECONDS
    await office.usage.tell()
    await office.call()
    office.usage.wrote(CONN, 1)
    await office.usage.tell()
    assert [(event.calls, event.seconds) for event in office.topic.events] == [(2, QUIET_SECONDS), (1, 0.0)]


async def test_what_was_not_written_is_told_later() -> None:
    """The partitions were gone: this process tells it, with what came since, when it can."""
    office = Office()
    office.usage.wrote(CONN, 3)
    office.topic.failure = OutletClosedError()
    office.time.seconds = 10.0
    await office.usage.tell()
    office.usage.wrote(CONN, 4)
    office.topic.failure = None
    office.time.seconds = 20.0
    await office.usage.tell()
    assert [(event.records, event.seconds) for event in office.topic.events] == [(7, 20.0)]


@pytest.mark.parametrize("failure", [OutcomeUnknownError(), BatchRefusedError("no")])
async def test_what_may_have_been_written_is_not_told_again(failure: Exception) -> None:
    """Nor what the cluster refuses: it would refuse it again."""
    office = Office()
    office.usage.wrote(CONN, 3)
    office.topic.failure = failure
    await office.usage.tell()
    office.topic.failure = None
    office.usage.wrote(CONN, 4)
    await office.usage.tell()
    assert office.told()["records"] == 4


async def test_it_is_told_every_ten_seconds() -> None:
    """As long as there is something to tell; the last of it when the process ends."""
    office = Office()
    running = asyncio.create_task(office.usage.run())
    while len(office.topic.events) < 3:
        office.usage.wrote(CONN, 1)
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await office.call(OTHER)
    await office.usage.finish(1.0)
    assert set(office.time.slept) == {TELL_SECONDS}
    assert office.told(OTHER)["calls"] == 1


async def test_an_end_amid_a_rebalance_tells_all_the_same() -> None:
    """No partitions are owned at that moment, and there is no later one: it goes out in a transaction of its own."""
    office = Office()
    office.topic.is_closed = True
    office.usage.wrote(CONN, 3)
    await office.usage.tell()
    assert not office.topic.events
    await office.call()
    await office.usage.finish(1.0)
    assert (office.told()["records"], office.told()["calls"]) == (3, 1)


async def test_an_end_waits_for_what_is_given_back() -> None:
    """What was on its way when the end came, and could not be written, is told with the rest."""
    office = Office()
    office.topic.is_stuck = True
    office.usage.wrote(CONN, 3)
    telling = asyncio.create_task(office.usage.tell())
    await asyncio.sleep(0)
    office.usage.wrote(CONN, 4)
    ending = asyncio.create_task(office.usage.finish(10.0))
    await asyncio.sleep(0)
    office.topic.is_stuck = False
    assert office.topic.newest is not None
    office.topic.newest.set_exception(OutletClosedError())
    await asyncio.gather(telling, ending)
    assert [event.records for event in office.topic.events] == [7]


async def test_an_end_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    """Kafka may be away: it is said, and what is on its way is left there."""
    office = Office()
    office.topic.is_stuck = True
    office.usage.wrote(CONN, 1)
    await office.usage.finish(0.0)
    assert office.topic.newest is not None
    assert not office.topic.newest.done()
    assert "was not told" in caplog.text


async def test_who_stops_waiting_takes_nothing_back() -> None:
    """The process ends while an event is on its way: it arrives all the same."""
    office = Office()
    office.topic.is_stuck = True
    office.usage.wrote(CONN, 1)
    telling = asyncio.create_task(office.usage.tell())
    await asyncio.sleep(0)
    telling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await telling
    assert office.topic.newest is not None
    assert not office.topic.newest.cancelled()
