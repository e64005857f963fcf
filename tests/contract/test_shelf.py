"""Dead letters on both brokers: read from the end or from the start, sent again and marked."""

import asyncio
from collections.abc import Callable, Sequence

from tests.contract.test_kafka_classes import member, producing

from clustera_toolkit.dead_letters import Letter, Shelf, Wanted
from clustera_toolkit.kafka import Bounds, InboundMessage, KafkaAdmin, OutboundMessage, Position, TopicSpec, follow
from clustera_toolkit.message import DeadLetter
from clustera_toolkit.testing.apache_kafka import ApacheKafka
from clustera_toolkit.testing.brokers import Broker

SECONDS = 20.0
MINE, OTHER = b"conn_mine", b"conn_other"
BOUNDS = Bounds(enough=100)


async def made(broker: Broker, names: Callable[[str], str]) -> tuple[Shelf, str]:
    topic = names("inbound")
    await asyncio.to_thread(broker.create_topics, {topic: TopicSpec(2), f"{topic}.dlq": TopicSpec(3)})
    return Shelf(broker.bootstrap_servers, [f"{topic}.dlq"], read_seconds=SECONDS, send_seconds=SECONDS), topic


def letters(topic: str, key: bytes, *values: bytes) -> list[OutboundMessage]:
    why = DeadLetter("not_json", "no JSON", topic, 1, 7, 2, "2026-01-01T00:00:00.000Z")
    return [OutboundMessage(f"{topic}.dlq", key, value, list(why.headers())) for value in values]


def told(found: Sequence[Letter]) -> list[tuple[bytes | None, bool]]:
    return [(letter.message.value, letter.replayed) for letter in found]


async def test_letters_are_sent_again_in_their_order_and_marked(
    any_broker: Broker, topic_names: Callable[[str], str]
) -> None:
    """Read from the end they are the same as from the start; what was sent is known to be, and when."""
    shelf, topic = await made(any_broker, topic_names)
    async with producing(any_broker) as producer:
        await producer.send([*letters(topic, MINE, b"1", b"2", b"3"), *letters(topic, OTHER, b"other")])
    newest = await shelf.newest(MINE.decode(), BOUNDS)
    assert (told(newest.letters), newest.is_whole) == ([(b"1", False), (b"2", False), (b"3", False)], True)
    assert told(await shelf.find(Wanted(connection=MINE.decode()))) == told(newest.letters)
    assert await shelf.replay(None, newest.letters[:2], lambda *_: None) == 2
    again = await shelf.newest(MINE.decode(), BOUNDS)
    assert told(again.letters) == [(b"1", True), (b"2", True), (b"3", False)]
    assert [letter.replayed_at_ms is not None for letter in again.letters] == [True, True, False]
    assert told(await shelf.find(Wanted(connection=MINE.decode()))) == [(b"3", False)]
    async with follow(any_broker.bootstrap_servers, [topic]) as follower, asyncio.timeout(SECONDS):
        sent: list[InboundMessage] = []
        while len(sent) < 2:
            sent += await follower.read(0.1)
    assert [(message.key, message.value, message.headers) for message in sent] == [
        (MINE, b"1", (("clustera-attempts", b"2"),)),
        (MINE, b"2", (("clustera-attempts", b"2"),)),
    ]


async def test_letters_of_transactions_are_found(apache_kafka: ApacheKafka, topic_names: Callable[[str], str]) -> None:
    """As the worker writes them: between the ends of transactions, which are no messages."""
    shelf, topic = await made(apache_kafka, topic_names)
    async with member(apache_kafka, topic) as (_, assignment), producing(apache_kafka, f"tx-{topic}") as producer:
        offsets = dict.fromkeys(assignment.partitions, 0)
        for number in range(20):
            key = OTHER if number % 2 else MINE
            await producer.transact(letters(topic, key, str(number).encode()), offsets, assignment.group)
    newest = await shelf.newest(MINE.decode(), BOUNDS)
    assert [letter.message.value for letter in newest.letters] == [str(each).encode() for each in range(0, 20, 2)]
    assert await shelf.replay(None, newest.letters, lambda *_: None) == 10
    assert all(letter.replayed for letter in (await shelf.newest(MINE.decode(), BOUNDS)).letters)
    places = [Position(topic, partition) for partition in range(2)]
    assert sum((await KafkaAdmin(apache_kafka.bootstrap_servers).ends(places)).values()) == 10
