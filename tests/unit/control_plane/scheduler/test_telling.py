"""Deeds while Kafka is away: refused in time, nothing changed, and nobody kept from writing meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.support.control_plane.context import EPOCH, ManualTime, RecordingPublisher, context_over
from tests.unit.control_plane.scheduler.rows import TENANT, a_connection, audited, store, stored

from clustera_toolkit.kafka import EmbeddedBroker
from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections import service
from drive_control_plane.context import Context, PublishError
from drive_control_plane.database import Database
from drive_control_plane.database.in_hand import InHand, InHandError
from drive_control_plane.database.tables import ConnectionStatus
from drive_control_plane.http.problems import Problem
from drive_control_plane.kafka.publisher import KafkaPublisher
from drive_control_plane.oauth.disconnect import disconnect
from drive_control_plane.scheduler import triggers
from drive_control_plane.scheduler.claims import Claims

Deed = Callable[[Context, Actor, str], Coroutine[Any, Any, object]]

OPERATOR = Actor("operator", "ada@example.com", TENANT, "192.0.2.7")
NOW = EPOCH + timedelta(minutes=10)
DEADLINE_SECONDS = 20.0
DEEDS: dict[str, Deed] = {
    "pause": triggers.pause,
    "resume": triggers.resume,
    "cancel": service.cancel,
    "look": triggers.request_incremental,
    "disconnect": disconnect,
}


class HeldPublisher(RecordingPublisher):
    """A cluster that answers once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        self.asked.set()
        await self.answer.wait()
        await super().publish(topic, key, value, traceparent)


@asynccontextmanager
async def control_plane(database: Database, publisher: RecordingPublisher | KafkaPublisher) -> AsyncIterator[Context]:
    """One with a connection that is due, and another one beside it."""
    await store(database, [a_connection("conn_1", EPOCH), a_connection("conn_2", EPOCH, next_run_at=None)])
    async with context_over(database, clock=ManualTime(NOW).clock, publisher=publisher) as context:
        yield context


@pytest.fixture
def publisher() -> HeldPublisher:
    """Kafka that hangs."""
    return HeldPublisher()


@pytest.fixture
async def context(database: Database, publisher: HeldPublisher) -> AsyncIterator[Context]:
    """A control plane on SQLite, which has one writer at a time."""
    async with control_plane(database, publisher) as context:
        yield context


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """A broker that a test may stop."""
    with EmbeddedBroker() as broker:
        yield broker


def columns(row: object) -> dict[str, object]:
    return {name: value for name, value in vars(row).items() if name[0] != "_"}


@pytest.mark.parametrize("deed", DEEDS)
async def test_others_write_while_kafka_is_waited_for(context: Context, publisher: HeldPublisher, deed: str) -> None:
    """On SQLite, too; then Kafka refuses, and all is as it was but for what the others wrote."""
    before = columns((await stored(context.database))["conn_1"])
    doing = asyncio.create_task(DEEDS[deed](context, OPERATOR, "conn_1"))
    await publisher.asked.wait()
    async with asyncio.timeout(DEADLINE_SECONDS), context.database.transaction() as session:
        record(session, NOW, OPERATOR, "connection.changed", "conn_2", tenant_id=TENANT)
    assert not doing.done()
    publisher.broken = "all brokers are down"
    publisher.answer.set()
    with pytest.raises(Problem) as refused:
        await doing
    assert (refused.value.status, refused.value.code) == (503, "kafka_unavailable")
    assert columns((await stored(context.database))["conn_1"]) == before
    assert [entry.target for entry in await audited(context.database)] == ["conn_2"]
    assert context.in_hand.ids == []


@pytest.mark.parametrize("deed", ["pause", "disconnect"])
async def test_no_due_run_is_sent_behind_what_ends_it(context: Context, publisher: HeldPublisher, deed: str) -> None:
    """The schedule passes over a connection in hand, and has others run; it would begin what was just ended."""
    doing = asyncio.create_task(DEEDS[deed](context, OPERATOR, "conn_1"))
    await publisher.asked.wait()
    assert (await Claims(context).take()).published == 0
    publisher.answer.set()
    await doing
    assert (await Claims(context).take()).published == 0
    assert [each.json()["trigger_type"] for each in publisher.published] == [{"disconnect": "forget"}.get(deed, deed)]


async def test_a_run_that_is_being_sent_comes_before_a_pause(context: Context, publisher: HeldPublisher) -> None:
    """The pause waits its turn in the publisher's line, so that the worker stays paused."""
    run = asyncio.create_task(Claims(context).take())
    await publisher.asked.wait()
    pausing = asyncio.create_task(triggers.pause(context, OPERATOR, "conn_1"))
    publisher.answer.set()
    await asyncio.gather(run, pausing)
    assert [each.json()["trigger_type"] for each in publisher.published] == ["incremental", "pause"]
    assert (await stored(context.database))["conn_1"].status is ConnectionStatus.PAUSED


async def test_deeds_of_a_connection_follow_each_other(context: Context, publisher: HeldPublisher) -> None:
    """The worker and the database have them in the same order; other connections need not wait."""
    pausing = asyncio.create_task(triggers.pause(context, OPERATOR, "conn_1"))
    await publisher.asked.wait()
    resuming = asyncio.create_task(triggers.resume(context, OPERATOR, "conn_1"))
    other = asyncio.create_task(triggers.pause(context, OPERATOR, "conn_2"))
    publisher.answer.set()
    await asyncio.gather(pausing, resuming, other)
    told = [(each.key, each.json()["trigger_type"]) for each in publisher.published]
    assert [wish for key, wish in told if key == "conn_1"] == ["pause", "resume"]
    found = await stored(context.database)
    assert (found["conn_1"].status, found["conn_2"].status) == (ConnectionStatus.ACTIVE, ConnectionStatus.PAUSED)


async def test_what_was_told_and_not_written_is_not_said_to_be_done(context: Context, publisher: HeldPublisher) -> None:
    """A database that goes away in between: the answer is to do it again, which works."""
    doing = asyncio.create_task(triggers.pause(context, OPERATOR, "conn_1"))
    await publisher.asked.wait()
    async with context.database.transaction() as session:
        await session.execute(text("ALTER TABLE connections RENAME TO away"))
    publisher.answer.set()
    with pytest.raises(Problem) as refused:
        await doing
    assert (refused.value.status, refused.value.code) == (503, "not_written_down")
    async with context.database.transaction() as session:
        await session.execute(text("ALTER TABLE away RENAME TO connections"))
    assert (await stored(context.database))["conn_1"].status is ConnectionStatus.ACTIVE
    assert (await triggers.pause(context, OPERATOR, "conn_1")).status is ConnectionStatus.PAUSED


async def test_what_the_database_refuses_is_not_told(context: Context, publisher: HeldPublisher) -> None:
    """The deed is tried before anybody hears of it."""
    publisher.answer.set()
    async with context.database.transaction() as session:
        await session.execute(text("ALTER TABLE audit_log RENAME TO away"))
    with pytest.raises(Exception, match="no such table"):
        await triggers.pause(context, OPERATOR, "conn_1")
    assert publisher.published == []


async def test_a_cluster_that_is_away_is_an_answer(databases: Database, broker: EmbeddedBroker) -> None:
    """With Kafka's own client, on each database: an error within its timeout, and nothing has changed."""
    publisher = KafkaPublisher(broker.bootstrap_servers)
    await publisher.start()
    broker.stop()
    try:
        async with control_plane(databases, publisher) as context, asyncio.timeout(DEADLINE_SECONDS):
            outcomes = await asyncio.gather(
                *(deed(context, OPERATOR, "conn_2") for deed in (triggers.pause, disconnect)), return_exceptions=True
            )
    finally:
        await publisher.close()
    assert [getattr(each, "status", None) for each in outcomes] == [503, 503]
    assert (await stored(databases))["conn_2"].status is ConnectionStatus.ACTIVE
    assert await audited(databases) == []


async def test_who_waits_too_long_for_a_connection_is_told() -> None:
    """Another one's hand is not waited for without end, and what nobody holds is not remembered."""
    in_hand = InHand()
    async with in_hand.holding("conn_1", 1.0):
        with pytest.raises(InHandError):
            async with in_hand.holding("conn_1", 0.0):
                raise PublishError("not reached")
        async with in_hand.holding("conn_2", 1.0):
            assert sorted(in_hand.ids) == ["conn_1", "conn_2"]
    assert in_hand.ids == []
