"""Topics followed from their start, outside any group.

In: topic names. Out: every committed message, as it comes. For demonstrations and tools that look on: nothing is
committed, and nobody is rebalanced.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from clustera_toolkit.kafka.admin import KafkaAdmin
from clustera_toolkit.kafka.consumer import inbound
from clustera_toolkit.kafka.messages import InboundMessage, client_log

CHUNK = 5000


class Follower:
    """Reads on; see `follow`."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def read(self, timeout_seconds: float) -> list[InboundMessage]:
        """What has come since, at most a few thousand messages; waits for the first."""
        messages = await asyncio.to_thread(self._consumer.consume, CHUNK, timeout_seconds)
        return [inbound(message) for message in messages if message.error() is None]


@asynccontextmanager
async def follow(
    bootstrap_servers: str, topics: Sequence[str], *, config: Mapping[str, Any] | None = None
) -> AsyncIterator[Follower]:
    """Follow the partitions that the topics have now. Raises `DeadlineError` when the cluster does not answer."""
    admin = KafkaAdmin(bootstrap_servers, config=config)
    places = [
        TopicPartition(topic, partition, 0) for topic in topics for partition in range(await admin.partitions(topic))
    ]
    settings: dict[str, Any] = {
        "bootstrap.servers": bootstrap_servers,
        "group.id": "follower",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "fetch.wait.max.ms": 20,
        **(config or {}),
    }
    consumer = await asyncio.to_thread(Consumer, settings, logger=client_log)
    try:
        consumer.assign(places)
        yield Follower(consumer)
    finally:
        await asyncio.to_thread(consumer.close)
