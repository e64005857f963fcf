"""A topic read from its start to its end, once: how state is restored.

In: partitions and their true ends. Out: the committed messages up to there.

The end must come from the admin client under READ_UNCOMMITTED. A consumer's own "end" under `read_committed` is the
last stable offset, which lies before a predecessor's open transaction; to stop there would miss what that
transaction commits a moment later. So this reads until an end-of-partition event at or past the given end.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from clustera_toolkit.kafka.consumer import inbound
from clustera_toolkit.kafka.errors import ConsumerFailedError, DeadlineError
from clustera_toolkit.kafka.messages import InboundMessage, Position, client_log

CHUNK = 1000


async def read_to_end(
    bootstrap_servers: str,
    ends: Mapping[Position, int],
    *,
    deadline_seconds: float,
    config: Mapping[str, Any] | None = None,
) -> AsyncIterator[list[InboundMessage]]:
    """Yield all committed messages of the partitions, in chunks, in order within each partition.

    `ends`: the next offset to be written in each partition. Raises `DeadlineError` when they are not reached,
    `ConsumerFailedError` when the cluster refuses to let them be read.
    """
    waiting = {place: end for place, end in ends.items() if end > 0}
    if not waiting:
        return
    settings = {
        "bootstrap.servers": bootstrap_servers,
        "group.id": "state-reader",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "auto.offset.reset": "earliest",
        "queued.max.messages.kbytes": 8192,
        "fetch.wait.max.ms": 50,
        **(config or {}),
    }
    consumer = await asyncio.to_thread(Consumer, settings, logger=client_log)
    try:
        consumer.assign([TopicPartition(place.topic, place.partition, 0) for place in waiting])
        deadline = time.monotonic() + deadline_seconds
        while waiting:
            if time.monotonic() > deadline:
                behind = ", ".join(f"{place.topic}[{place.partition}]" for place in sorted(waiting))
                raise DeadlineError(
                    f"not read to the end within {deadline_seconds:.0f} s: {behind}. "
                    "If this goes on, a transaction hangs there: see kafka-transactions.sh, find-hanging and abort"
                )
            chunk = await asyncio.to_thread(_read_chunk, consumer, waiting)
            if chunk:
                yield chunk
    finally:
        await asyncio.to_thread(consumer.close)


def _read_chunk(consumer: Consumer, waiting: dict[Position, int]) -> list[InboundMessage]:
    found: list[InboundMessage] = []
    for message in consumer.consume(CHUNK, 0.2):
        error = message.error()
        if error is None:
            found.append(inbound(message))
        elif error.code() == KafkaError._PARTITION_EOF:
            place = Position(message.topic() or "", message.partition() or 0)
            if (message.offset() or 0) >= waiting.get(place, 0):
                waiting.pop(place, None)
        elif error.fatal() or not error.retriable():
            raise ConsumerFailedError(f"{error.name()}: {error.str()}")
    return found
