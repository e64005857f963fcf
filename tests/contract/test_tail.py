"""The end of a partition read backwards, on both brokers where both can keep the contract."""

import asyncio
from collections.abc import Callable, Iterable

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from clustera_toolkit.kafka import (
    Bounds,
    DeadlineError,
    InboundMessage,
    KafkaProducer,
    OutboundMessage,
    Position,
    Tail,
    TailReader,
    TopicError,
    TopicSpec,
)
from clustera_toolkit.testing.apache_kafka import ApacheKafka
from clustera_toolkit.testing.brokers import Broker, unique_name
from clustera_toolkit.testing.ports import free_port

DEADLINE_SECONDS = 30.0
NEW_TOPICS = 12
SECONDS = 20.0


async def made(broker: Broker, names: Callable[[str], str]) -> Position:
    topic = names("tail")
    await asyncio.to_thread(broker.create_topics, {topic: TopicSpec(2)})
    return Position(topic, 1)


async def produce(broker: Broker, place: Position, values: Iterable[bytes]) -> None:
    producer = KafkaProducer(broker.bootstrap_servers, deadline_seconds=SECONDS)
    await producer.start()
    await producer.send([OutboundMessage(place.topic, None, value, partition=place.partition) for value in values])
    await producer.close()


async def values(broker: Broker, place: Position, bounds: Bounds, wanted: bytes = b"") -> Tail[bytes]:
    """The tail's values that begin so."""

    def take(message: InboundMessage) -> bytes | None:
        return message.value if (message.value or b"").startswith(wanted) else None

    async with TailReader(broker.bootstrap_servers, deadline_seconds=SECONDS) as reader:
        return await reader.read(place, take, bounds)


def numbers(first: int, after: int) -> list[bytes]:
    return [str(number).encode() for number in range(first, after)]


async def test_a_topic_that_was_just_made_is_read(apache_kafka: ApacheKafka, topic_names: Callable[[str], str]) -> None:
    """Its leader may not know of it yet; that passes, and is nobody's failure."""
    topics = [topic_names("new") for _ in range(NEW_TOPICS)]
    admin = AdminClient({"bootstrap.servers": apache_kafka.bootstrap_servers})
    for created in admin.create_topics([NewTopic(topic, 2) for topic in topics]).values():
        created.result(SECONDS)
    places = [Position(topic, 1) for topic in topics]
    found = await asyncio.gather(*(values(apache_kafka, place, Bounds(3, open_seconds=0)) for place in places))
    assert {(tail.read, tail.is_whole) for tail in found} == {(0, True)}


class Transactions:
    """Transactions of one message each, so that half of the offsets are their ends."""

    def __init__(self, broker: Broker, place: Position) -> None:
        settings = {"bootstrap.servers": broker.bootstrap_servers, "transactional.id": unique_name("tx")}
        self._producer = Producer(settings)
        self._place = place
        self._producer.init_transactions(DEADLINE_SECONDS)

    def begin(self, value: bytes) -> None:
        self._producer.begin_transaction()
        self._producer.produce(self._place.topic, value, partition=self._place.partition)
        assert self._producer.flush(DEADLINE_SECONDS) == 0

    def end(self, *, commit: bool) -> None:
        (self._producer.commit_transaction if commit else self._producer.abort_transaction)(DEADLINE_SECONDS)

    def write(self, values: Iterable[bytes], *, commit: bool = True) -> None:
        for value in values:
            self.begin(value)
            self.end(commit=commit)

    def close(self) -> None:
        self._producer.close()


async def test_the_newest_come_and_no_more_than_are_wanted(
    any_broker: Broker, topic_names: Callable[[str], str]
) -> None:
    """Enough of them from the last window; a larger one before it only when there are too few."""
    place = await made(any_broker, topic_names)
    await produce(any_broker, place, [b"rare", *numbers(0, 2_500)])
    newest = await values(any_broker, place, Bounds(enough=5))
    assert (newest.found, newest.read, newest.is_whole) == (tuple(numbers(1_500, 2_500)), 1_000, False)
    rare = await values(any_broker, place, Bounds(enough=1), b"rare")
    assert (rare.found, rare.read, rare.is_whole) == ((b"rare",), 2_501, True)
    given_up = await values(any_broker, place, Bounds(enough=1, most=2_000), b"rare")
    assert (given_up.found, given_up.read, given_up.is_whole) == ((), 2_000, False)


async def test_no_more_bytes_are_held_than_are_allowed(any_broker: Broker, topic_names: Callable[[str], str]) -> None:
    """The newest are kept, and it is told that there were others; one message is kept whatever its size."""
    place = await made(any_broker, topic_names)
    await produce(any_broker, place, numbers(10, 100))
    tail = await values(any_broker, place, Bounds(enough=1_000, most_bytes=20))
    assert (tail.found, tail.read, tail.is_whole) == (tuple(numbers(90, 100)), 90, False)
    assert (await values(any_broker, place, Bounds(enough=1_000, most_bytes=1))).found == (b"99",)


async def test_a_partition_without_messages_has_an_empty_tail(
    any_broker: Broker, topic_names: Callable[[str], str]
) -> None:
    """That is all of it."""
    place = await made(any_broker, topic_names)
    for seconds in (0, 1):
        assert await values(any_broker, place, Bounds(enough=1, open_seconds=seconds)) == Tail((), 0, True)


async def test_one_reader_reads_several_partitions(any_broker: Broker, topic_names: Callable[[str], str]) -> None:
    """One after the other; nothing of the former one is told as the latter's."""
    place = await made(any_broker, topic_names)
    other = place._replace(partition=0)
    await produce(any_broker, place, numbers(0, 1_200))
    await produce(any_broker, other, [b"other"])
    async with TailReader(any_broker.bootstrap_servers, deadline_seconds=SECONDS) as reader:
        assert await reader.partitions(place.topic) > place.partition
        for asked, found in ((place, 1_000), (other, 1), (place, 1_000)):
            tail = await reader.read(asked, lambda message: message.position, Bounds(enough=1))
            assert tail.found == (asked,) * found


async def test_ends_of_transactions_are_no_messages(
    apache_kafka: ApacheKafka, topic_names: Callable[[str], str]
) -> None:
    """Of aborted ones nothing is told; the windows go back until so many messages were looked at."""
    place = await made(apache_kafka, topic_names)
    transactions = await asyncio.to_thread(Transactions, apache_kafka, place)
    await asyncio.to_thread(transactions.write, numbers(0, 300))
    await asyncio.to_thread(transactions.write, [b"never"] * 300, commit=False)
    await asyncio.to_thread(transactions.write, numbers(300, 310))
    tail = await values(apache_kafka, place, Bounds(enough=310))
    assert (tail.found, tail.read, tail.is_whole) == (tuple(numbers(0, 310)), 310, True)
    few = await values(apache_kafka, place, Bounds(enough=1, open_seconds=0))
    assert (few.found[-1], few.is_whole) == (b"309", False)
    await asyncio.to_thread(transactions.close)


async def test_an_open_transaction_is_waited_for_and_does_not_stop_the_reader(
    apache_kafka: ApacheKafka, topic_names: Callable[[str], str]
) -> None:
    """One that ends soon is told of, also where nothing came before it; one that stays open hides what is behind."""
    place = await made(apache_kafka, topic_names)
    transactions = await asyncio.to_thread(Transactions, apache_kafka, place)
    await asyncio.to_thread(transactions.begin, b"open")
    await produce(apache_kafka, place, [b"behind"])
    assert (await values(apache_kafka, place, Bounds(enough=1))).found == ()
    reading = asyncio.create_task(values(apache_kafka, place, Bounds(enough=1, open_seconds=SECONDS)))
    await asyncio.to_thread(transactions.end, commit=True)
    assert (await reading).found == (b"open", b"behind")
    await asyncio.to_thread(transactions.close)


async def test_what_cannot_be_read_is_named(apache_kafka: ApacheKafka, topic_names: Callable[[str], str]) -> None:
    """A topic or partition that is not there; a cluster that does not answer, in time."""
    missing = topic_names("missing")
    async with TailReader(apache_kafka.bootstrap_servers, deadline_seconds=SECONDS) as reader:
        with pytest.raises(TopicError, match=missing):
            await reader.partitions(missing)
        with pytest.raises(TopicError, match=missing):
            await reader.read(Position(missing, 0), lambda message: message, Bounds(enough=1))
    async with TailReader(f"127.0.0.1:{free_port()}", deadline_seconds=0.5) as reader:
        with pytest.raises(DeadlineError, match="did not answer"):
            await reader.partitions(missing)
