"""The scheduler's life: rounds, rests, and what it outlives."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from tests.support.control_plane.context import EPOCH, RecordingPublisher, context_over
from tests.unit.control_plane.scheduler.rows import a_connection, store, stored
from tests.unit.control_plane.scheduler.shared_time import SharedTime

from drive_control_plane.clock import Clock
from drive_control_plane.context import Context, PublishError
from drive_control_plane.database import Database
from drive_control_plane.scheduler.loop import MOST_BACKOFF_SECONDS, Scheduler
from drive_control_plane.scheduler.messages import due_id
from drive_control_plane.scheduler.metrics import SchedulerMetrics

HOUR = timedelta(hours=1)


class OutagePublisher(RecordingPublisher):
    """Refuses everything within the first two hours, and counts what it refused."""

    def __init__(self, time: SharedTime) -> None:
        super().__init__()
        self.time, self.refused = time, 0

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        if self.time.now < EPOCH + 2 * HOUR:
            self.refused += 1
            raise PublishError("all brokers are down")
        await super().publish(topic, key, value, traceparent)


class LeaderlessPublisher(RecordingPublisher):
    """Takes no messages of the first two connections, as when their partition has no leader."""

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        if key in {"conn_0", "conn_1"}:
            raise PublishError("the partition has no leader")
        await super().publish(topic, key, value, traceparent)


class DeafPublisher(RecordingPublisher):
    """Takes messages and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        await super().publish(topic, key, value, traceparent)
        self.asked.set()
        await asyncio.Event().wait()


def scheduler_of(context: Context) -> tuple[Scheduler, CollectorRegistry]:
    """A scheduler, and its metrics."""
    registry = CollectorRegistry()
    return Scheduler(context, SchedulerMetrics(registry)), registry


async def lived(context: Context, time: SharedTime) -> CollectorRegistry:
    """Let a scheduler live until time is over; its metrics."""
    scheduler, registry = scheduler_of(context)
    scheduler.start()
    await time.over.wait()
    await scheduler.close()
    return registry


async def test_a_scheduler_sleeps_until_the_next_due_time(database: Database) -> None:
    """A run comes on its second, though nothing else happens; and a far one does not keep it asleep for long."""
    time = SharedTime(EPOCH, EPOCH + timedelta(seconds=12), loops=1)
    due_at = EPOCH + timedelta(seconds=7.5)
    await store(database, [a_connection("conn_1", EPOCH, next_run_at=due_at)])
    publisher = RecordingPublisher()
    async with context_over(database, clock=time.clock, publisher=publisher) as context:
        registry = await lived(context, time)
    (message,) = publisher.published
    assert message.json()["requested_at"] == "2026-01-01T00:00:07.500Z"
    assert registry.get_sample_value("drive_control_plane_due_triggers_published_total") == 1


async def test_what_was_made_due_just_now_is_sent_at_once(database: Database) -> None:
    """A scheduler that rests is woken: nobody who has just connected an account waits for it to look again."""
    slept = asyncio.Event()

    async def sleep(_: float) -> None:
        slept.set()
        await asyncio.Event().wait()

    publisher = RecordingPublisher()
    clock = Clock(now=lambda: EPOCH, sleep=sleep)
    async with context_over(database, clock=clock, publisher=publisher) as context:
        scheduler, _ = scheduler_of(context)
        scheduler.start()
        await slept.wait()
        await store(database, [a_connection("conn_1", EPOCH)])
        slept.clear()
        scheduler.wake()
        await slept.wait()
        await scheduler.close()
    assert [message.key for message in publisher.published] == ["conn_1"]


async def test_a_database_that_is_away_is_a_line_in_the_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Round after round is tried and counted; the log says why, without a traceback."""
    time = SharedTime(EPOCH, EPOCH + timedelta(seconds=10), loops=1)
    stopped = Database("postgresql://ada:canary@127.0.0.1:1/control")
    async with context_over(database, clock=time.clock) as context:
        registry = await lived(replace(context, database=stopped), time)
    await stopped.close()
    assert (registry.get_sample_value("drive_control_plane_scheduler_rounds_failed_total") or 0) > 1
    assert "the database is away: ConnectionRefusedError" in caplog.text
    assert "Traceback" not in caplog.text
    assert "canary" not in caplog.text


async def test_many_due_connections_are_sent_without_a_rest(database: Database) -> None:
    """A batch that was full is followed by the next one at once."""
    time = SharedTime(EPOCH, EPOCH, loops=1)
    await store(database, [a_connection(f"conn_{number:02}", EPOCH) for number in range(50)])
    publisher = RecordingPublisher()
    async with context_over(database, clock=time.clock, publisher=publisher, schedule_lookahead_rows=7) as context:
        await lived(context, time)
    assert len({each.key for each in publisher.published}) == len(publisher.published) == 50


async def test_nothing_is_lost_while_the_broker_is_down(database: Database) -> None:
    """Tries grow rarer, up to a bound; afterwards each connection's due run is sent, once."""
    time = SharedTime(EPOCH, EPOCH + 2 * HOUR + timedelta(minutes=1), loops=1)
    daily = {"kind": "interval", "seconds": 86_400}
    await store(database, [a_connection(f"conn_{number}", EPOCH, schedule=daily) for number in range(5)])
    publisher = OutagePublisher(time)
    async with context_over(database, clock=time.clock, publisher=publisher, schedule_lookahead_rows=2) as context:
        registry = await lived(context, time)
    assert {each.json()["message_id"] for each in publisher.published} == {
        due_id(f"conn_{number}", EPOCH) for number in range(5)
    }
    assert len(publisher.published) == 5
    assert 5 <= publisher.refused <= 2 * (2 * 3_600 / MOST_BACKOFF_SECONDS + 5)  # two connections a batch
    assert registry.get_sample_value("drive_control_plane_due_triggers_failed_total") == publisher.refused


async def test_connections_that_kafka_refuses_hold_up_none_behind_them(database: Database) -> None:
    """Though they fill the first batch of each round, the others get their turn within seconds."""
    time = SharedTime(EPOCH, EPOCH + timedelta(seconds=10), loops=1)
    await store(database, [a_connection(f"conn_{number}", EPOCH) for number in range(6)])
    publisher = LeaderlessPublisher()
    async with context_over(database, clock=time.clock, publisher=publisher, schedule_lookahead_rows=2) as context:
        await lived(context, time)
    assert [each.key for each in publisher.published] == ["conn_2", "conn_3", "conn_4", "conn_5"]
    assert {each for each, row in (await stored(database)).items() if row.next_run_at == EPOCH} == {"conn_0", "conn_1"}


async def test_it_outlives_a_database_that_fails(database: Database) -> None:
    """A round that fails is counted and followed by another; what was due is sent when the database is back."""
    time = SharedTime(EPOCH, EPOCH + timedelta(minutes=5), loops=1)
    await store(database, [a_connection("conn_1", EPOCH)])
    publisher = RecordingPublisher()
    async with context_over(database, clock=time.clock, publisher=publisher) as context:
        await execute(database, "ALTER TABLE connections RENAME TO away")
        scheduler, registry = scheduler_of(context)
        scheduler.start()
        await time.over.wait()
        failed = registry.get_sample_value("drive_control_plane_scheduler_rounds_failed_total")
        await execute(database, "ALTER TABLE away RENAME TO connections")
        time.extend(EPOCH + timedelta(minutes=6))
        await time.over.wait()
        await scheduler.close()
    assert failed is not None
    assert 5 * 60 / MOST_BACKOFF_SECONDS <= failed <= 5 * 60 / MOST_BACKOFF_SECONDS + 5
    assert [each.json()["message_id"] for each in publisher.published] == [due_id("conn_1", EPOCH)]


async def execute(database: Database, statement: str) -> None:
    """Do something to the database's schema."""
    async with database.transaction() as session:
        await session.execute(text(statement))


async def test_a_poisoned_connection_is_set_aside_and_counted(database: Database) -> None:
    """The others go on."""
    time = SharedTime(EPOCH, EPOCH + timedelta(minutes=10), loops=1)
    bad = a_connection("conn_bad", EPOCH, schedule={"kind": "whenever"})
    await store(database, [bad, a_connection("conn_good", EPOCH, schedule={"kind": "interval", "seconds": 300})])
    publisher = RecordingPublisher()
    async with context_over(database, clock=time.clock, publisher=publisher) as context:
        registry = await lived(context, time)
    assert [each.key for each in publisher.published] == ["conn_good"] * 2
    assert registry.get_sample_value("drive_control_plane_connections_set_aside_total") == 1


async def test_it_tells_how_long_the_longest_due_run_waits(database: Database) -> None:
    """That is what an operator is to be alarmed by."""
    time = SharedTime(EPOCH, EPOCH, loops=1)
    await store(database, [a_connection("conn_1", EPOCH, next_run_at=EPOCH - HOUR)])
    publisher = RecordingPublisher(broken="all brokers are down")
    async with context_over(database, clock=time.clock, publisher=publisher) as context:
        registry = await lived(context, time)
    assert registry.get_sample_value("drive_control_plane_schedule_overdue_seconds") == 3_600


async def test_it_ends_while_it_rests(database: Database) -> None:
    """A close does not wait for the rest to be over."""

    async def never(_seconds: float) -> None:
        await asyncio.Event().wait()

    async with context_over(database, clock=Clock(now=lambda: EPOCH, sleep=never)) as context:
        scheduler, _ = scheduler_of(context)
        scheduler.start()
        async with asyncio.timeout(10):
            await scheduler.close(deadline_seconds=60)


async def test_it_ends_within_its_deadline_though_kafka_does_not_answer(database: Database) -> None:
    """What it was about to send stays due."""
    await store(database, [a_connection("conn_1", EPOCH)])
    publisher = DeafPublisher()
    async with context_over(database, clock=Clock(now=lambda: EPOCH), publisher=publisher) as context:
        scheduler, _ = scheduler_of(context)
        scheduler.start()
        await publisher.asked.wait()
        async with asyncio.timeout(3):
            await scheduler.close(deadline_seconds=0.1)
        assert (await stored(database))["conn_1"].next_run_at == EPOCH
