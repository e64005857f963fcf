"""The receiver over real HTTP: what is taken, what is refused, and what Kafka and the database learn of it."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from confluent_kafka import Consumer, TopicPartition
from sqlalchemy import text
from tests.support.control_plane.context import EPOCH, RecordingPublisher
from tests.support.control_plane.databases import url_of
from tests.unit.control_plane.webhooks.stage import (
    CONNECTION,
    ME,
    RESOURCE,
    TOKEN,
    Stage,
    add_channel,
    add_connection,
    channels_of,
    connection_of,
    staged,
)

from clustera_toolkit.kafka import EmbeddedBroker, KafkaAdmin, Position
from drive_control_plane.database import Database
from drive_control_plane.database.base import new_id
from drive_control_plane.kafka.publisher import KafkaPublisher
from drive_control_plane.webhooks import known, receiver
from drive_control_plane.webhooks.routes import MAX_BODY_BYTES

TOPIC = "integrations-inbound-webhook"
DEADLINE_SECONDS = 20.0


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    """Serve a control plane with one connection, which follows its own log."""
    await add_connection(database, CONNECTION, ME)
    async with staged(database) as found:
        yield found


class WaitingPublisher(RecordingPublisher):
    """Holds everything until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        self._arrived.put_nowait(value)
        await self.go_on.wait()
        await super().publish(topic, key, value, traceparent)

    async def holds(self, count: int) -> None:
        """Wait until so many have come since this was last asked."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            for _ in range(count):
                await self._arrived.get()


async def test_a_change_is_published_as_the_contract_has_it(stage: Stage) -> None:
    """Key, id, log, time and Google's headers are there, and the token is not."""
    channel = await add_channel(stage.context.database)
    assert await stage.notify(channel, 42) == 200
    (published,) = stage.publisher.published
    assert (published.topic, published.key) == (TOPIC, CONNECTION)
    assert published.json() == {
        "message_id": f"{channel}:42",
        "integration_connection_id": CONNECTION,
        "corpus": ME,
        "received_at": "2026-01-01T00:00:00.000Z",
        "headers": {
            "X-Goog-Channel-ID": channel,
            "X-Goog-Message-Number": "42",
            "X-Goog-Resource-ID": RESOURCE,
            "X-Goog-Resource-State": "change",
            "X-Goog-Resource-URI": "https://www.googleapis.com/drive/v3/changes?alt=json",
        },
    }
    assert TOKEN.encode() not in published.value


async def test_a_channel_that_begins_has_its_log_read(databases: Database) -> None:
    """What changed before it was told to nobody. It makes push healthy until its end, and is no change itself."""
    await add_connection(databases, CONNECTION, ME)
    async with staged(databases) as served:
        channel = await add_channel(databases, resource_id=None)
        assert await served.notify(channel, 1, Resource_State="sync") == 200
        (hint,) = served.publisher.published
        assert (hint.json()["corpus"], hint.json()["message_id"]) == ("user:me", f"{channel}:1")
        assert "X-Goog-Resource-State" not in hint.json()["headers"]  # by contract the worker ignores `sync`
    (row,) = await channels_of(databases)
    assert (row.last_number, row.notified_at, row.resource_id) == (1, EPOCH, RESOURCE)
    connection = await connection_of(databases)
    assert (connection.push_healthy_until, connection.last_change_at) == (row.expires_at, None)


async def test_numbers_and_times_are_written_after_a_while(databases: Database) -> None:
    """What was counted is in the database once the control plane has ended, and never goes down."""
    await add_connection(databases, CONNECTION, ME)
    channel = await add_channel(databases, last_number=3)
    async with staged(databases) as served:
        for number in (5, 9, 7):
            assert await served.notify(channel, number) == 200
        assert [each.json()["message_id"] for each in served.publisher.published] == [f"{channel}:5", f"{channel}:9"]
    assert (await channels_of(databases))[0].last_number == 9
    assert (await connection_of(databases)).last_change_at == EPOCH


async def test_push_is_not_healthy_while_a_log_has_no_channel(stage: Stage) -> None:
    """A connection with a drive whose channel has not delivered is polled as if it had no push."""
    await add_connection(stage.context.database, "conn_2", ME, "drive:one")
    channel = await add_channel(stage.context.database, "conn_2")
    await add_channel(stage.context.database, "conn_2", corpus="drive:one")
    assert await stage.notify(channel, 1, Resource_State="sync") == 200
    assert (await connection_of(stage.context.database, "conn_2")).push_healthy_until is None


@pytest.mark.parametrize("number", [2, 1])
async def test_a_replayed_number_is_taken_and_ignored(stage: Stage, number: int) -> None:
    """Google is told that all is well, Kafka nothing."""
    channel = await add_channel(stage.context.database)
    assert await stage.notify(channel, 2) == 200
    assert await stage.notify(channel, number) == 200
    assert len(stage.publisher.published) == 1


async def test_what_is_counted_outlives_what_is_remembered(stage: Stage) -> None:
    """When the database is asked anew before it has heard of a number, the number still counts."""
    channel = await add_channel(stage.context.database)
    assert await stage.notify(channel, 7) == 200
    stage.time.advance(seconds=known.GOOD_FOR.total_seconds() + 1)
    assert await stage.notify(channel, 7) == 200
    assert len(stage.publisher.published) == 1


@pytest.mark.parametrize("token", [None, "", "guessed", TOKEN + "x", "x" * 4000])
async def test_a_wrong_token_is_refused(stage: Stage, token: str | None) -> None:
    """Whoever knows the id alone is not the channel, and does not make it count."""
    channel = await add_channel(stage.context.database)
    assert await stage.notify(channel, 100, Channel_Token=token) == 403
    assert stage.publisher.published == []
    assert await stage.notify(channel, 2) == 200
    assert len(stage.publisher.published) == 1


async def test_another_resource_is_refused(stage: Stage) -> None:
    """A channel tells of what it was opened for, also when Google's answer came after its first message."""
    channel = await add_channel(stage.context.database)
    assert await stage.notify(channel, 2, Resource_ID="another") == 403
    early = await add_channel(stage.context.database, resource_id=None)
    assert await stage.notify(early, 1, Resource_State="sync") == 200
    assert await stage.notify(early, 2, Resource_ID="another") == 403
    assert len(stage.publisher.published) == 1


async def test_unknown_stopped_and_ended_channels_are_not_found(stage: Stage) -> None:
    """404 is no reason for Google to send it again."""
    stopped = await add_channel(stage.context.database, stopped_at=EPOCH)
    ended = await add_channel(stage.context.database, expires_at=EPOCH)
    for channel in (new_id("chan"), "of somebody else", stopped, ended):
        assert await stage.notify(channel) == 404
    assert stage.publisher.published == []


async def test_a_channel_that_ends_or_is_stopped_meanwhile_is_not_found(stage: Stage) -> None:
    """What is remembered of a channel is its end too, and a stop is seen soon."""
    database = stage.context.database
    ending = await add_channel(database, expires_at=EPOCH + timedelta(seconds=5))
    stopping = await add_channel(database)
    assert [await stage.notify(each) for each in (ending, stopping)] == [200, 200]
    async with database.transaction() as session:
        await session.execute(text("UPDATE channels SET stopped_at = created_at WHERE id = :id"), {"id": stopping})
    stage.time.advance(seconds=known.GOOD_FOR.total_seconds())
    assert [await stage.notify(each, 3) for each in (ending, stopping)] == [404, 404]


@pytest.mark.parametrize(
    "changed",
    [
        {"Channel_ID": None},
        {"Message_Number": None},
        {"Message_Number": "0"},
        {"Message_Number": "-1"},
        {"Message_Number": "two"},
        {"Message_Number": "9" * 30},
        {"Resource_State": None},
        {"Resource_ID": None},
        {"Resource_URI": "x" * 2000},
    ],
)
async def test_what_is_no_notification_is_refused(stage: Stage, changed: dict[str, Any]) -> None:
    """Missing and impossible headers are 400, and nothing is published."""
    channel = await add_channel(stage.context.database)
    assert await stage.notify(channel, **changed) == 400
    assert stage.publisher.published == []


async def test_a_state_that_is_not_for_logs_is_noted_only(stage: Stage) -> None:
    """`changed` is the guide's other word for `change`; `trash` is nothing that a log tells."""
    channel = await add_channel(stage.context.database)
    assert await stage.notify(channel, 2, Resource_State="trash") == 200
    assert await stage.notify(channel, 3, Resource_State="changed") == 200
    assert [each.json()["message_id"] for each in stage.publisher.published] == [f"{channel}:3"]


async def test_a_body_means_nothing_up_to_its_bound(stage: Stage) -> None:
    """Older documents tell of a small body; one beyond the bound is refused, announced or not."""
    channel = await add_channel(stage.context.database)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * (MAX_BODY_BYTES // 10)

    assert await stage.notify(channel, 2, data=b'{"kind": "drive#changes"}') == 200
    assert await stage.notify(channel, 3, data=b"x" * MAX_BODY_BYTES) == 200
    assert await stage.notify(channel, 4, data=b"x" * (MAX_BODY_BYTES + 1)) == 413
    assert await stage.notify(channel, 5, data=pieces()) == 413
    assert len(stage.publisher.published) == 2


async def test_an_announced_body_is_not_waited_for(stage: Stage) -> None:
    """A megabyte that is announced is refused before a byte of it has come, and the connection is closed."""
    channel = await add_channel(stage.context.database)
    request = (
        "POST /webhooks/google-drive HTTP/1.1\r\nHost: here\r\nX-Goog-Resource-State: change\r\n"
        f"X-Goog-Channel-ID: {channel}\r\nX-Goog-Message-Number: 2\r\nX-Goog-Resource-ID: {RESOURCE}\r\n"
        f"X-Goog-Channel-Token: {TOKEN}\r\nContent-Length: 1000000\r\n\r\n"
    )
    port = urlsplit(stage.base_url).port
    async with asyncio.timeout(DEADLINE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, family=socket.AF_INET)
        writer.write(request.encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert stage.publisher.published == []


async def test_a_flood_of_strangers_costs_one_question_each_at_most(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id that cannot be ours is not looked up, one that could be once in a while, and few are remembered."""
    monkeypatch.setattr(known, "MAX_STRANGE", 5)
    asked = count_transactions(stage, monkeypatch)
    stranger = new_id("chan")
    for channel in ["x", "chan_" + "g" * 32, *[stranger] * 10]:
        assert await stage.notify(channel) == 404
    assert len(asked) == 1
    for _ in range(10):
        assert await stage.notify(new_id("chan")) == 404
    assert await stage.notify(stranger) == 404
    assert len(asked) == 12


async def test_many_who_ask_at_once_are_one_question(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first notifications of a channel that come together ask the database once."""
    channel = await add_channel(stage.context.database)
    asked = count_transactions(stage, monkeypatch)
    statuses = await asyncio.gather(*(stage.notify(channel, number) for number in range(2, 12)))
    assert set(statuses) == {200}
    assert len(asked) == 1


async def test_what_became_of_notifications_is_counted(stage: Stage) -> None:
    """Metrics tell how many were published, and how many were not from Google."""
    channel = await add_channel(stage.context.database)
    assert [await stage.notify(channel, number) for number in (2, 3, 3)] == [200, 200, 200]
    assert await stage.notify(channel, 4, Channel_Token="guessed") == 403
    name, registry = "drive_control_plane_notifications_total", stage.context.registry
    found = {each: registry.get_sample_value(name, {"outcome": each}) for each in ("published", "old", "forged")}
    assert found == {"published": 2, "old": 1, "forged": 1}


async def test_many_channels_share_a_question(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a start all channels are new at once: those that wait for the database are asked for together."""
    channels = [await add_channel(stage.context.database) for _ in range(30)]
    asked = count_transactions(stage, monkeypatch)
    assert set(await asyncio.gather(*(stage.notify(channel) for channel in channels))) == {200}
    assert len(asked) < len(channels)


async def test_strangers_beyond_the_bound_come_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many unknown channels are asked for nobody is taken for unknown, and who is known goes on."""
    channel = await add_channel(stage.context.database)
    assert await stage.notify(channel, 2) == 200
    monkeypatch.setattr(known, "MAX_WAITING", 0)
    assert [await stage.notify(new_id("chan")), await stage.notify(channel, 3)] == [503, 200]


def count_transactions(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have a list grow with each transaction of a lookup; what is written down meanwhile is not one."""
    begun: list[str] = []
    reading = Database.reading

    def counted(database: Database) -> object:
        task = asyncio.current_task()
        name = "" if task is None else task.get_name()
        if database is stage.context.database and name == "lookup of channels":
            begun.append(name)
        return reading(database)

    monkeypatch.setattr(Database, "reading", counted)
    return begun


async def test_more_at_once_than_there_is_room_for_come_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound the answer is 503 with a time to come back; those inside it are not disturbed."""
    monkeypatch.setattr(receiver, "MAX_AT_ONCE", 3)
    await add_connection(database, CONNECTION, ME)
    channel, publisher = await add_channel(database), WaitingPublisher()
    async with staged(database, publisher) as served:
        inside = [asyncio.create_task(served.notify(channel, number)) for number in (2, 3, 4)]
        await publisher.holds(3)
        status, headers = await served.notified(channel, 5)
        publisher.go_on.set()
        assert await asyncio.gather(*inside) == [200, 200, 200]
        assert (status, int(headers["Retry-After"]) > 0) == (503, True)
        assert await served.notify(channel, 5) == 200
    assert len(publisher.published) == 4


async def test_the_same_number_twice_at_once_is_published_once(database: Database) -> None:
    """While the first is on its way nobody knows how it ends, so the second has to come again; then it is old."""
    await add_connection(database, CONNECTION, ME)
    channel, publisher = await add_channel(database), WaitingPublisher()
    async with staged(database, publisher) as served:
        first = asyncio.create_task(served.notify(channel, 2))
        await publisher.holds(1)
        assert await served.notify(channel, 2) == 503
        publisher.go_on.set()
        assert (await first, await served.notify(channel, 2)) == (200, 200)
    assert len(publisher.published) == 1


async def test_a_broker_that_is_down_makes_google_repeat(stage: Stage) -> None:
    """503 with a time to come back, the number does not count, and the repeat is published."""
    channel = await add_channel(stage.context.database)
    stage.publisher.broken = "no broker"
    status, headers = await stage.notified(channel, 2)
    assert (status, "Retry-After" in headers) == (503, True)
    stage.publisher.broken = None
    assert await stage.notify(channel, 2) == 200
    assert len(stage.publisher.published) == 1


async def test_a_database_that_is_down_makes_google_repeat(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that cannot be looked up is not taken for unknown; one that is known goes on."""
    database = stage.context.database
    remembered, new = await add_channel(database), await add_channel(database)
    assert await stage.notify(remembered, 2) == 200

    def away(_: Database) -> object:
        raise OSError("away")

    monkeypatch.setattr(Database, "reading", away)
    assert (await stage.notify(new, 2), await stage.notify(remembered, 3)) == (503, 200)
    monkeypatch.undo()
    assert await stage.notify(new, 2) == 200


async def test_what_the_database_does_not_take_is_written_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A number waits while the database is away, and is not forgotten at the end."""
    channel = await add_channel(stage.context.database)

    def away(_: Database) -> object:
        raise OSError("away")

    assert await stage.notify(channel, 2) == 200
    monkeypatch.setattr(Database, "transaction", away)
    numbers = itertools.count(3)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while "wait for the database" not in caplog.text:
            assert await stage.notify(channel, next(numbers)) == 200
    monkeypatch.undo()
    last = next(numbers)
    assert await stage.notify(channel, last) == 200
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await channels_of(stage.context.database))[0].last_number != last:
            assert await stage.notify(channel, last) == 200


async def test_two_replicas_share_what_a_channel_has_counted(databases: Database) -> None:
    """A number that one replica has written down is old for the other."""
    await add_connection(databases, CONNECTION, ME)
    channel = await add_channel(databases)
    second = Database(url_of(databases))
    async with staged(databases) as one:
        assert await one.notify(channel, 5) == 200
    async with staged(second) as other:
        assert [await other.notify(channel, number) for number in (4, 5, 6)] == [200, 200, 200]
        assert [each.json()["message_id"] for each in other.publisher.published] == [f"{channel}:6"]
    await second.close()


async def test_a_notification_is_in_kafka_before_it_is_answered(database: Database) -> None:
    """With a real producer the topic holds the message when Google is told 200; a broker that ends makes it 503."""
    await add_connection(database, CONNECTION, ME)
    channel = await add_channel(database)
    with EmbeddedBroker() as broker:
        broker.create_topics([TOPIC])
        publisher = KafkaPublisher(broker.bootstrap_servers)
        await publisher.start()
        async with staged(database, publisher) as served:
            assert await served.notify(channel, 2) == 200
            keys = await asyncio.to_thread(keys_in, broker.bootstrap_servers)
            assert keys == [CONNECTION.encode()]
            broker.stop()
            assert await served.notify(channel, 3) == 503
        await publisher.close()


def keys_in(bootstrap_servers: str) -> list[bytes | None]:
    """The keys of what the topic holds now."""
    places = [Position(TOPIC, partition) for partition in range(4)]
    ends = asyncio.run(KafkaAdmin(bootstrap_servers).ends(places))
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": "test", "enable.auto.commit": False})
    found: list[bytes | None] = []
    for place, end in ends.items():
        consumer.assign([TopicPartition(TOPIC, place.partition, 0)])
        found += [message.key() for message in consumer.consume(end, DEADLINE_SECONDS)] if end else []
    consumer.close()
    return found
