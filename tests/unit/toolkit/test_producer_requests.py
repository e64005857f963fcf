"""How the producer hands messages to librdkafka, seen between the two, with librdkafka's own broker behind."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from confluent_kafka import Producer

from clustera_toolkit.kafka import EmbeddedBroker, KafkaProducer, OutboundMessage, TopicSpec
from clustera_toolkit.kafka.producer import REQUEST_BYTES

LIBRDKAFKA_REQUEST_BYTES = 1_000_000


class Watched(Producer):
    """librdkafka's producer; notes how many bytes wait whenever it is told to send what it has."""

    waiting = 0
    flushed: ClassVar[list[int]] = []

    def produce(self, topic: str, value: str | bytes | None = None, *arguments: Any, **named: Any) -> None:
        """Count."""
        Watched.waiting += len(value or b"")
        super().produce(topic, value, *arguments, **named)

    def flush(self, *arguments: float) -> int:
        """Note, and send."""
        Watched.flushed.append(Watched.waiting)
        Watched.waiting = 0
        return super().flush(*arguments)


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        running.create_topics({"topic": TopicSpec(2)})
        yield running


async def produced(broker: EmbeddedBroker, messages: list[OutboundMessage]) -> list[int]:
    """How many bytes waited at each flush."""
    Watched.flushed.clear()
    producer = KafkaProducer(broker.bootstrap_servers, client=Watched)
    await producer.start()
    await producer.send(messages)
    await producer.close()
    return [size for size in Watched.flushed if size]


async def test_never_more_than_a_request_waits_for_a_partition(broker: EmbeddedBroker) -> None:
    """Else librdkafka asks without end for the answer that stands between it and the rest."""
    waited = await produced(broker, [OutboundMessage("topic", b"k", b"x" * 3000, partition=0) for _ in range(1000)])
    assert sum(waited) == 3_000_000
    assert max(waited) < LIBRDKAFKA_REQUEST_BYTES


async def test_a_request_is_filled_before_it_is_sent(broker: EmbeddedBroker) -> None:
    """Sent message by message, a page would cost a thousand answers."""
    waited = await produced(broker, [OutboundMessage("topic", b"k", b"x" * 3000, partition=0) for _ in range(1000)])
    assert min(waited[:-1]) > REQUEST_BYTES * 0.9


async def test_partitions_do_not_wait_for_each_other(broker: EmbeddedBroker) -> None:
    """What goes to two partitions travels in two requests at a time."""
    waited = await produced(
        broker, [OutboundMessage("topic", b"k", b"x" * 300_000, partition=number // 2 % 2) for number in range(4)]
    )
    assert waited == [1_200_000]
