"""Due connections are claimed, sent and moved on, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from tests.support.control_plane.context import EPOCH, ManualTime, RecordingPublisher, context_over
from tests.support.control_plane.databases import url_of
from tests.unit.control_plane.scheduler.rows import (
    HOURLY,
    SETTINGS,
    a_connection,
    audited,
    store,
    store_service_account,
    stored,
)

from drive_control_plane.context import Context, PublishError
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection, ConnectionStatus
from drive_control_plane.scheduler.claims import Claims, jitter_of
from drive_control_plane.scheduler.messages import MOST_BYTES, due_id
from google_drive_worker.schemas.trigger import TriggerType, parse_trigger

HOUR = timedelta(hours=1)


class HangingPublisher(RecordingPublisher):
    """Has messages acknowledged, and then does not come back."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged = asyncio.Event()
        self.go_on = asyncio.Event()

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        await super().publish(topic, key, value, traceparent)
        self.acknowledged.set()
        await self.go_on.wait()


class OrderedPublisher(RecordingPublisher):
    """Sends in the order in which it was asked, as the one to Kafka does, and takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[bytes] = []

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        self.came.append(value)
        for _ in range(100):
            await super().publish(topic, key, value, traceparent)


class PartlyBrokenPublisher(RecordingPublisher):
    """Takes no messages of some connections, as when one partition has no leader."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = refused

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        if key in self.refused:
            raise PublishError("the partition has no leader")
        await super().publish(topic, key, value, traceparent)


@pytest.fixture
def time() -> ManualTime:
    """Time that a test lets pass."""
    return ManualTime()


@pytest.fixture
def publisher() -> RecordingPublisher:
    """What was published."""
    return RecordingPublisher()


@pytest.fixture
async def context(databases: Database, time: ManualTime, publisher: RecordingPublisher) -> AsyncIterator[Context]:
    """A control plane without Kafka, on each database."""
    async with context_over(databases, clock=time.clock, publisher=publisher) as context:
        yield context


async def next_runs(context: Context) -> dict[str, datetime | None]:
    """When each connection is due."""
    return {each: row.next_run_at for each, row in (await stored(context.database)).items()}


async def test_a_due_connection_gets_a_trigger_that_a_worker_takes(
    context: Context, publisher: RecordingPublisher
) -> None:
    """The message is as the contract has it, under the connection's key and in a trace of its own."""
    await store(context.database, [a_connection("conn_1", EPOCH)])
    claimed = await Claims(context).take()
    assert (claimed.published, claimed.failed, claimed.set_aside, claimed.oldest_due_at) == (1, 0, 0, EPOCH)
    (message,) = publisher.published
    trigger = parse_trigger(message.value)
    assert (message.topic, message.key) == ("integrations-inbound-trigger", "conn_1")
    assert trigger.trigger_type is TriggerType.INCREMENTAL
    assert trigger.integration_connection_id == "conn_1"
    assert trigger.connection_config == SETTINGS
    assert trigger.message_id == trigger.trace_id == due_id("conn_1", EPOCH)
    assert message.json()["requested_at"] == "2026-01-01T00:00:00.000Z"
    assert message.traceparent is not None
    assert message.traceparent.split("-")[1] == trigger.trace_id


async def test_a_row_moves_on_from_its_due_time(context: Context, time: ManualTime) -> None:
    """The next due time lies an interval behind the one before, although the run was late; when it ran is noted."""
    await store(context.database, [a_connection("conn_1", EPOCH, last_run_at=EPOCH - HOUR)])
    time.advance(minutes=25)
    await Claims(context).take()
    row = (await stored(context.database))["conn_1"]
    assert row.next_run_at == EPOCH + HOUR
    assert row.last_run_at == EPOCH + timedelta(minutes=25)


async def test_only_active_connections_that_are_due_are_taken(context: Context, publisher: RecordingPublisher) -> None:
    """Those of another status, those due later and those never due are left as they are."""
    await store(
        context.database,
        [
            a_connection("conn_due", EPOCH),
            a_connection("conn_later", EPOCH, next_run_at=EPOCH + timedelta(seconds=1)),
            a_connection("conn_never", EPOCH, next_run_at=None),
            a_connection("conn_paused", EPOCH, status=ConnectionStatus.PAUSED),
            a_connection("conn_revoked", EPOCH, status=ConnectionStatus.REAUTHORIZATION_REQUIRED),
            a_connection("conn_gone", EPOCH, status=ConnectionStatus.DISCONNECTED),
        ],
    )
    await Claims(context).take()
    assert [each.key for each in publisher.published] == ["conn_due"]
    assert (await next_runs(context))["conn_paused"] == EPOCH


async def test_a_manual_connection_runs_once_when_it_was_made_due(
    context: Context, publisher: RecordingPublisher
) -> None:
    """The first run of a new connection comes; then nothing by itself."""
    await store(context.database, [a_connection("conn_1", EPOCH, schedule={"kind": "manual"})])
    await Claims(context).take()
    assert len(publisher.published) == 1
    assert await next_runs(context) == {"conn_1": None}
    assert await Claims(context).next_due_at() is None


async def test_the_distances_of_adaptive_schedules_are_settings(databases: Database, time: ManualTime) -> None:
    """SCHEDULE_INTERVAL_SECONDS and SCHEDULE_IDLE_INTERVAL_SECONDS bound how far polls lie apart."""
    adaptive = {"kind": "adaptive"}
    await store(
        databases,
        [
            a_connection("conn_active", EPOCH, schedule=adaptive, last_run_at=EPOCH, last_change_at=EPOCH),
            a_connection("conn_idle", EPOCH - 30 * 24 * HOUR, schedule=adaptive, last_run_at=EPOCH, next_run_at=EPOCH),
            a_connection(
                "conn_push", EPOCH, schedule=adaptive, last_run_at=EPOCH, push_healthy_until=EPOCH + 100 * HOUR
            ),
        ],
    )
    async with context_over(
        databases, clock=time.clock, schedule_interval_seconds=120, schedule_idle_interval_seconds=900
    ) as context:
        await Claims(context).take()
        after = {each: moment - EPOCH for each, moment in (await next_runs(context)).items() if moment}
    assert {each: length.total_seconds() for each, length in after.items()} == {
        "conn_active": 120,
        "conn_idle": 900,
        "conn_push": 3_600,
    }


async def test_connections_that_began_at_one_moment_part(context: Context) -> None:
    """Each second run is put off by the connection's own share of a tenth of the interval."""
    await store(context.database, [a_connection(f"conn_{number}", EPOCH) for number in range(100)])
    await Claims(context).take()
    runs = await next_runs(context)
    assert len(set(runs.values())) == 100
    assert all(
        moment == EPOCH + HOUR + timedelta(minutes=5) * jitter_of(each) for each, moment in runs.items() if moment
    )


async def test_what_kafka_does_not_take_stays_due(
    context: Context, publisher: RecordingPublisher, time: ManualTime
) -> None:
    """While the cluster is away rows stay as they are; the trigger that is sent at last has the id of the due run."""
    await store(context.database, [a_connection(f"conn_{number}", EPOCH) for number in range(3)])
    publisher.broken = "all brokers are down"
    claimed = await Claims(context).take()
    assert (claimed.published, claimed.failed) == (0, 3)
    assert set((await next_runs(context)).values()) == {EPOCH}
    publisher.broken = None
    time.advance(hours=2)
    await Claims(context).take()
    assert {each.json()["message_id"] for each in publisher.published} == {
        due_id(f"conn_{number}", EPOCH) for number in range(3)
    }
    assert all(moment and moment > time.now for moment in (await next_runs(context)).values())


async def test_one_connection_that_kafka_refuses_holds_up_no_other(databases: Database, time: ManualTime) -> None:
    """Messages are sent side by side, and each row goes by its own acknowledgement."""
    await store(databases, [a_connection(f"conn_{number}", EPOCH) for number in range(3)])
    publisher = PartlyBrokenPublisher("conn_1")
    async with context_over(databases, clock=time.clock, publisher=publisher) as context:
        claimed = await Claims(context).take()
        runs = await next_runs(context)
    assert (claimed.published, claimed.failed) == (2, 1)
    assert [each for each, moment in runs.items() if moment == EPOCH] == ["conn_1"]


async def test_messages_of_a_batch_are_under_way_together(databases: Database, time: ManualTime) -> None:
    """A batch waits for the slowest acknowledgement, not for the sum of them."""
    await store(databases, [a_connection(f"conn_{number}", EPOCH) for number in range(5)])
    publisher = HangingPublisher()
    async with context_over(databases, clock=time.clock, publisher=publisher) as context:
        taking = asyncio.create_task(Claims(context).take())
        await publisher.acknowledged.wait()
        assert len(publisher.published) == 5
        publisher.go_on.set()
        assert (await taking).published == 5


async def test_a_replica_that_dies_before_it_commits_loses_nothing(databases: Database, time: ManualTime) -> None:
    """The rows stay due, and what is then sent again has the same ids and the same content."""
    await store(databases, [a_connection(f"conn_{number}", EPOCH) for number in range(3)])
    dying, survivor = HangingPublisher(), RecordingPublisher()
    async with context_over(databases, clock=time.clock, publisher=dying) as context:
        taking = asyncio.create_task(Claims(context).take())
        await dying.acknowledged.wait()
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        assert set((await next_runs(context)).values()) == {EPOCH}
    async with context_over(databases, clock=time.clock, publisher=survivor) as context:
        await Claims(context).take()
    assert {each.value for each in survivor.published} == {each.value for each in dying.published}


async def test_a_transaction_that_postgresql_ends_is_as_if_it_had_not_been(
    postgresql_database: Database, time: ManualTime
) -> None:
    """A replica whose connection breaks after Kafka's acknowledgement sends the same triggers again."""
    await store(postgresql_database, [a_connection(f"conn_{number}", EPOCH) for number in range(3)])
    publisher = HangingPublisher()
    async with context_over(postgresql_database, clock=time.clock, publisher=publisher) as context:
        taking = asyncio.create_task(Claims(context).take())
        await publisher.acknowledged.wait()
        await end_other_sessions(postgresql_database)
        publisher.go_on.set()
        with pytest.raises((DBAPIError, OSError)):
            await taking
        first = {each.value for each in publisher.published}
        publisher.published.clear()
        assert (await Claims(context).take()).published == 3
    assert {each.value for each in publisher.published} == first


async def end_other_sessions(database: Database) -> None:
    """Have the server end everybody's connections but this one."""
    other = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = user"
    async with database.transaction() as session:
        await session.execute(text(other))


async def test_nobody_waits_for_kafka_at_sqlite(database: Database, time: ManualTime) -> None:
    """While a batch waits for its acknowledgement, others write; the rows move on when it comes."""
    await store(database, [a_connection(f"conn_{number}", EPOCH) for number in range(3)])
    publisher = HangingPublisher()
    async with context_over(database, clock=time.clock, publisher=publisher) as context:
        taking = asyncio.create_task(Claims(context).take())
        await publisher.acknowledged.wait()
        await store(database, [a_connection("conn_3", EPOCH, next_run_at=None)])
        assert not taking.done()
        publisher.go_on.set()
        assert (await taking).published == 3
        assert [each for each, moment in (await next_runs(context)).items() if moment == EPOCH] == []


@pytest.mark.parametrize(
    ("status", "next_run_at"),
    [
        (ConnectionStatus.PAUSED, EPOCH),
        (ConnectionStatus.DISCONNECTED, None),
        (ConnectionStatus.ACTIVE, EPOCH + HOUR / 2),
        (ConnectionStatus.ACTIVE, EPOCH - HOUR),
    ],
)
async def test_who_changed_a_row_meanwhile_has_the_last_word(
    database: Database, time: ManualTime, status: ConnectionStatus, next_run_at: datetime | None
) -> None:
    """A connection that was paused, ended or scheduled anew while Kafka was waited for stays so."""
    await store(database, [a_connection("conn_1", EPOCH)])
    publisher = HangingPublisher()
    async with context_over(database, clock=time.clock, publisher=publisher) as context:
        taking = asyncio.create_task(Claims(context).take())
        await publisher.acknowledged.wait()
        async with database.transaction() as session:
            await session.execute(update(Connection).values(status=status, next_run_at=next_run_at))
        publisher.go_on.set()
        await taking
    row = (await stored(database))["conn_1"]
    assert (row.status, row.next_run_at, row.last_run_at) == (status, next_run_at, None)


async def test_nothing_of_ours_comes_behind_the_end_of_a_connection(database: Database, time: ManualTime) -> None:
    """Whoever ends one in a transaction of their own publishes behind the due trigger, however slow Kafka is."""
    publisher = OrderedPublisher()
    await store(database, [a_connection("conn_1", EPOCH)])
    async with context_over(database, clock=time.clock, publisher=publisher) as context:

        async def end() -> None:
            async with database.transaction() as session:
                is_active = Connection.status == ConnectionStatus.ACTIVE
                if await session.scalar(select(Connection.id).where(is_active)) is not None:
                    values = {"status": ConnectionStatus.DISCONNECTED, "next_run_at": None}
                    await session.execute(update(Connection).values(values))
                    await publisher.publish("triggers", "conn_1", b"the end")

        await asyncio.gather(Claims(context).take(), end())
    assert publisher.came[-1] == b"the end"


async def test_replicas_pass_over_each_others_rows(postgresql_database: Database, time: ManualTime) -> None:
    """While one replica waits for Kafka, the other takes the rows behind."""
    await store(
        postgresql_database,
        [a_connection(f"conn_{number}", EPOCH, next_run_at=EPOCH - number * HOUR) for number in range(4)],
    )
    first, second = HangingPublisher(), RecordingPublisher()
    other = Database(url_of(postgresql_database))
    async with (
        context_over(postgresql_database, clock=time.clock, publisher=first, schedule_lookahead_rows=2) as one,
        context_over(other, clock=time.clock, publisher=second, schedule_lookahead_rows=2) as two,
    ):
        taking = asyncio.create_task(Claims(one).take())
        await first.acknowledged.wait()
        assert (await Claims(two).take()).published == 2
        assert (await Claims(two).take()).published == 0
        first.go_on.set()
        assert (await taking).published == 2
    await other.close()
    assert {each.key for each in first.published} == {"conn_3", "conn_2"}
    assert {each.key for each in second.published} == {"conn_1", "conn_0"}


async def test_a_round_goes_on_behind_the_batch_before(databases: Database, time: ManualTime) -> None:
    """Connections that fail at the head do not keep those behind from their turn; equal due times go by id."""
    await store(databases, [a_connection(f"conn_{number}", EPOCH) for number in range(5)])
    publisher = PartlyBrokenPublisher("conn_0", "conn_1")
    async with context_over(databases, clock=time.clock, publisher=publisher, schedule_lookahead_rows=2) as context:
        claims = Claims(context)
        first = await claims.take()
        second = await claims.take(first.reached)
        third = await claims.take(second.reached)
    assert (first.published, second.published, third.published) == (0, 2, 1)
    assert first.reached == (EPOCH, "conn_1")
    assert third.reached is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"schedule": {"kind": "hourly"}}, "Choose another"),
        ({"schedule": []}, "Choose another"),
        ({"schedule": {"kind": "cron", "expression": "0 0 * * *", "timezone": "Mars/Base"}}, "no time zone"),
        ({"settings": ["file"]}, "no object"),
        ({"settings": {"selected_folders": ["f" * 100] * (MOST_BYTES // 100)}}, "too large"),
    ],
)
async def test_a_connection_that_cannot_be_scheduled_is_set_aside(
    context: Context, publisher: RecordingPublisher, values: dict[str, Any], told: str
) -> None:
    """It is never due again, says why and what to do, stands in the audit log, and the others are sent."""
    bad = a_connection("conn_bad", EPOCH, next_run_at=EPOCH - HOUR, **values)
    await store(context.database, [bad, a_connection("conn_good", EPOCH)])
    claimed = await Claims(context).take()
    assert (claimed.published, claimed.set_aside) == (1, 1)
    assert [each.key for each in publisher.published] == ["conn_good"]
    row = (await stored(context.database))["conn_bad"]
    assert row.next_run_at is None
    assert told in (row.status_reason or "")
    (entry,) = await audited(context.database)
    assert (entry.action, entry.target, entry.tenant_id, entry.actor) == (
        "connection.set_aside",
        "conn_bad",
        "tenant_1",
        "scheduler",
    )
    assert (await Claims(context).take()).set_aside == 0


async def test_text_that_is_no_json_stops_nobody(database: Database, time: ManualTime) -> None:
    """SQLite keeps any text in a JSON column: that row alone is set aside."""
    await store(database, [a_connection("conn_bad", EPOCH), a_connection("conn_good", EPOCH)])
    async with database.transaction() as session:
        await session.execute(text("UPDATE connections SET schedule = '{\"kind\": ' WHERE id = 'conn_bad'"))
    async with context_over(database, clock=time.clock) as context:
        claimed = await Claims(context).take()
    assert (claimed.published, claimed.set_aside) == (1, 1)


async def test_no_credential_goes_along(context: Context, publisher: RecordingPublisher) -> None:
    """Whom it stands for does; were a secret among the settings, it would still not be in a trigger."""
    secret = {"refresh_token": "canary-1", "access_token": "canary-2", "service_account": "canary-3"}
    await store(context.database, [a_connection("conn_1", EPOCH, settings=SETTINGS | secret)])
    await store_service_account(context.database, "conn_1", "ada@example.com")
    await Claims(context).take()
    (message,) = publisher.published
    assert b"canary" not in message.value
    assert message.json()["connection_config"] == SETTINGS | {"subject": "ada@example.com"}


async def test_the_earliest_due_time_is_known(context: Context) -> None:
    """Of active connections only: that is until when the scheduler may rest."""
    await store(
        context.database,
        [
            a_connection("conn_1", EPOCH, next_run_at=EPOCH + 2 * HOUR),
            a_connection("conn_2", EPOCH, next_run_at=EPOCH + HOUR, schedule=HOURLY),
            a_connection("conn_3", EPOCH, status=ConnectionStatus.PAUSED),
        ],
    )
    assert await Claims(context).next_due_at() == EPOCH + HOUR
