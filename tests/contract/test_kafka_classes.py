"""The toolkit's Kafka classes, on both brokers where both can keep the contract."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from clustera_toolkit.kafka import (
    Assignment,
    InboundMessage,
    KafkaAdmin,
    KafkaConsumer,
    KafkaProducer,
    OutboundMessage,
    Position,
    TopicSpec,
    TransactionAbortedError,
    TransactionUncertainError,
    follow,
    murmur2,
    partition_of,
    read_to_end,
)
from clustera_toolkit.testing.apache_kafka import ApacheKafka
from clustera_toolkit.testing.brokers import Broker

PARTITIONS = 4
KEYS = [f"key-{number}".encode() for number in range(100)]


class Listener:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.assignments: asyncio.Queue[Assignment] = asyncio.Queue()
        self.revocations: list[Sequence[Position]] = []

    async def assigned(self, assignment: Assignment) -> None:
        self.assignments.put_nowait(assignment)

    async def revoked(self, partitions: Sequence[Position]) -> None:
        self.revocations.append(partitions)

    async def lost(self, partitions: Sequence[Position]) -> None:
        self.revocations.append(partitions)


@asynccontextmanager
async def producing(broker: Broker, transactional_id: str | None = None) -> AsyncIterator[KafkaProducer]:
    producer = KafkaProducer(broker.bootstrap_servers, transactional_id=transactional_id, deadline_seconds=20)
    await producer.start()
    yield producer
    await producer.close()


@asynccontextmanager
async def member(broker: Broker, topic: str) -> AsyncIterator[tuple[KafkaConsumer, Assignment]]:
    """A member of a group of its own, with its first assignment."""
    listener = Listener()
    consumer = KafkaConsumer(broker.bootstrap_servers, f"group-{topic}", listener, session_timeout_ms=6_000)
    await consumer.start()
    await consumer.join([topic])
    while listener.assignments.empty():
        assert await consumer.poll(100, 0.1) == [], "a partition was read before it was said where to start"
    yield consumer, listener.assignments.get_nowait()
    await consumer.close()
    assert listener.revocations, "closing tells of the revocation"


async def make_topic(broker: Broker, names: Callable[[str], str], name: str = "topic") -> str:
    topic = names(name)
    await asyncio.to_thread(broker.create_topics, {topic: TopicSpec(PARTITIONS)})
    return topic


def places(topic: str) -> list[Position]:
    return [Position(topic, partition) for partition in range(PARTITIONS)]


async def test_what_is_sent_is_read_from_where_it_is_said(
    any_broker: Broker, topic_names: Callable[[str], str]
) -> None:
    """Assigned partitions stay paused until `start_at`, then give everything from there; keys go by murmur2."""
    topic = await make_topic(any_broker, topic_names)
    async with producing(any_broker) as producer:
        await producer.send([OutboundMessage(topic, key, b"value", [("name", b"header")]) for key in KEYS])
    async with member(any_broker, topic) as (consumer, assignment):
        assert set(assignment.partitions) == set(places(topic))
        starts = await KafkaAdmin(any_broker.bootstrap_servers).starts(assignment.partitions)
        assert await consumer.start_at(assignment, starts)
        read: list[InboundMessage] = []
        async with asyncio.timeout(20):
            while len(read) < len(KEYS):
                read += await consumer.poll(500, 0.1)
        assert sorted(message.key or b"" for message in read) == sorted(KEYS)
        assert {message.partition for message in read if message.key == KEYS[0]} == {partition_of(KEYS[0], PARTITIONS)}
        assert read[0].header("name") == b"header"
        assert await consumer.lag(starts) == len(KEYS)


async def test_a_poll_does_not_wait_for_more_than_one_message(
    any_broker: Broker, topic_names: Callable[[str], str]
) -> None:
    """A message that is there is handed out at once, however many more there could be."""
    topic = await make_topic(any_broker, topic_names)
    async with producing(any_broker) as producer:
        await producer.send([OutboundMessage(topic, KEYS[0], b"value")])
    async with member(any_broker, topic) as (consumer, assignment):
        assert await consumer.start_at(assignment, await KafkaAdmin(any_broker.bootstrap_servers).starts(places(topic)))
        async with asyncio.timeout(20):
            read = await consumer.poll(500, 60.0)
        assert [message.value for message in read] == [b"value"]


async def test_a_transaction_carries_messages_and_offsets(
    any_broker: Broker, topic_names: Callable[[str], str]
) -> None:
    """What a transaction holds is read by a restore and by a follower; its offsets are the group's (Apache Kafka)."""
    topic, out = await make_topic(any_broker, topic_names), await make_topic(any_broker, topic_names, "out")
    async with member(any_broker, topic) as (consumer, assignment), producing(any_broker, f"tx-{topic}") as producer:
        offsets = dict.fromkeys(assignment.partitions, 0)
        messages = [OutboundMessage(out, key, b"x") for key in KEYS]
        await producer.transact(messages, offsets, assignment.group)
        ends = await KafkaAdmin(any_broker.bootstrap_servers).ends(places(out))
        chunks = read_to_end(any_broker.bootstrap_servers, ends, deadline_seconds=20)
        assert sorted([message.key or b"" async for chunk in chunks for message in chunk]) == sorted(KEYS)
        async with follow(any_broker.bootstrap_servers, [out]) as follower, asyncio.timeout(20):
            followed = 0
            while followed < len(KEYS):
                followed += len(await follower.read(0.1))
        if any_broker.transactional:
            assert await consumer.committed(assignment.partitions, 10) == offsets


async def test_a_refused_message_aborts_its_transaction_and_is_named(
    any_broker: Broker, topic_names: Callable[[str], str]
) -> None:
    """A message too large ends in a sure abort that names it alone; a probe finds it; the next transaction works."""
    topic = await make_topic(any_broker, topic_names)
    good, bad = OutboundMessage(topic, b"good", b"x"), OutboundMessage(topic, b"bad", b"x" * 1_500_000)
    async with member(any_broker, topic) as (_, assignment), producing(any_broker, f"tx-{topic}") as producer:
        offsets = dict.fromkeys(assignment.partitions, 0)
        with pytest.raises(TransactionAbortedError) as aborted:
            await producer.transact([good, bad], offsets, assignment.group)
        assert [failure.key for failure in aborted.value.failures] == [b"bad"]
        assert await producer.probe([good])
        assert not await producer.probe([good, bad])
        await producer.transact([good], offsets, assignment.group)


@pytest.mark.parametrize("number", range(3))
async def test_a_probe_after_a_refusal_by_the_broker_tells_the_truth(
    apache_kafka: ApacheKafka, topic_names: Callable[[str], str], number: int
) -> None:
    """The refused message left a gap in its partition's numbers: what follows there is lost, but not refused."""
    topic = await make_topic(apache_kafka, topic_names)
    good = [OutboundMessage(topic, b"key", b"x", partition=number) for _ in range(number * 10 + 1)]
    bad = OutboundMessage(topic, b"key", b"x" * 1_500_000, partition=number)
    large = {"message.max.bytes": 2_000_000, "compression.type": "none"}
    producer = KafkaProducer(apache_kafka.bootstrap_servers, transactional_id=f"tx-{topic}", config=large)
    await producer.start()
    for _ in range(3):
        assert not await producer.probe([bad])
        assert await producer.probe(good)
        assert not await producer.probe([bad])
        assert not await producer.probe([*good, bad])
    await producer.close()


async def test_a_transaction_without_offsets_is_refused(any_broker: Broker) -> None:
    """Offsets are what fences, so there is no transaction without them."""
    async with producing(any_broker, "tx-empty") as producer:
        with pytest.raises(ValueError, match="would not fence"):
            await producer.transact([], {}, None)


async def test_what_holds_for_any_owner_needs_no_offsets(any_broker: Broker, topic_names: Callable[[str], str]) -> None:
    """A transaction may be made alone, between others, and is aborted as a whole like they are."""
    topic = await make_topic(any_broker, topic_names)
    good, bad = OutboundMessage(topic, b"good", b"x"), OutboundMessage(topic, b"bad", b"x" * 1_500_000)
    async with member(any_broker, topic) as (_, assignment), producing(any_broker, f"tx-{topic}") as producer:
        offsets = dict.fromkeys(assignment.partitions, 0)
        await producer.transact([good], offsets, assignment.group)
        await producer.transact_alone([good])
        with pytest.raises(TransactionAbortedError):
            await producer.transact_alone([good, bad])
        await producer.transact([good], offsets, assignment.group)
        ends = await KafkaAdmin(any_broker.bootstrap_servers).ends(places(topic))
        chunks = read_to_end(any_broker.bootstrap_servers, ends, deadline_seconds=20)
        read = [message.key async for chunk in chunks for message in chunk]
        assert read.count(b"good") == 3 or not any_broker.transactional
        assert b"bad" not in read


async def test_a_fenced_producer_is_uncertain_and_can_be_closed(
    apache_kafka: ApacheKafka, topic_names: Callable[[str], str]
) -> None:
    """A second producer of the same transactional id ends the first, whose close is quiet all the same."""
    topic = await make_topic(apache_kafka, topic_names)
    async with member(apache_kafka, topic) as (_, assignment):
        offsets = dict.fromkeys(assignment.partitions, 0)
        async with producing(apache_kafka, f"tx-{topic}") as first:
            await first.transact([OutboundMessage(topic, b"a", b"1")], offsets, assignment.group)
            async with producing(apache_kafka, f"tx-{topic}") as second:
                await second.transact([OutboundMessage(topic, b"b", b"2")], offsets, assignment.group)
                with pytest.raises((TransactionUncertainError, TransactionAbortedError)):
                    await first.transact([OutboundMessage(topic, b"c", b"3")], offsets, assignment.group)
        ends = await KafkaAdmin(apache_kafka.bootstrap_servers).ends(places(topic))
        chunks = read_to_end(apache_kafka.bootstrap_servers, ends, deadline_seconds=20)
        assert sorted([message.key or b"" async for chunk in chunks for message in chunk]) == [b"a", b"b"]


async def test_topics_are_described_as_they_are(apache_kafka: ApacheKafka, topic_names: Callable[[str], str]) -> None:
    """Topics are made once, and described with their id and configuration; one that is not there is None."""
    admin, topic = KafkaAdmin(apache_kafka.bootstrap_servers), topic_names("described")
    assert await admin.describe(topic) is None
    assert await admin.create({topic: TopicSpec(3, {"cleanup.policy": "compact"})}, replication=1) == [topic]
    assert await admin.create({topic: TopicSpec(3)}, replication=1) == []
    info = await admin.describe(topic)
    assert info is not None
    assert info.partitions == 3
    assert info.topic_id
    assert info.config is not None
    assert info.config["cleanup.policy"] == "compact"


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_agrees_with_java(key: bytes, signed: int) -> None:
    """The hash is the one that Kafka's own tests expect of its Java client."""
    assert murmur2(key) == signed % 2**32
