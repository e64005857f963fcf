"""Apache Kafka, and what lies in its topics.

In: a running broker. Out: topics, how much was written to them, and what a `read_committed` reader finds in them.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from benchmarks.errors import BenchmarkError
from clustera_toolkit.kafka import KafkaAdmin, KafkaClientError, Position, TopicSpec, partition_of
from clustera_toolkit.testing.apache_kafka import ApacheKafka

RECORD_PARTITIONS = 12
_ADMIN_SECONDS = 15.0
_SILENCE_SECONDS = 30.0
_POLL_SECONDS = 0.1
_CHUNK = 1000

Identify = Callable[[bytes, bytes], str | None]
"""From a message's key and value, the id of the file that it is about; None when it is about none."""


@dataclass(slots=True)
class ReadBack:
    """What a topic holds, aborted messages left out."""

    ids: set[str] = field(default_factory=set)
    messages: int = 0
    value_bytes: int = 0

    @property
    def mean_value_bytes(self) -> int:
        """The mean size of a message."""
        return self.value_bytes // self.messages

    def add(self, value: bytes, file_id: str | None) -> None:
        """Count a message."""
        self.messages += 1
        self.value_bytes += len(value)
        if file_id is not None:
            self.ids.add(file_id)


class Cluster:
    """A broker for the runs of a benchmark, each of which has topics of its own."""

    def __init__(self, broker: ApacheKafka) -> None:
        self._broker = broker
        self._admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 2})

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect."""
        return self._broker.bootstrap_servers

    def create_records_topic(self, topic: str) -> None:
        """Make a topic like the worker's records topic."""
        self._broker.create_topics({topic: TopicSpec(RECORD_PARTITIONS)})

    def delete_topics(self, prefix: str) -> None:
        """Remove the topics of a run, so that the runs after it have the same disk."""
        topics = [name for name in self._partitions() if name.startswith(prefix)]
        for pending in self._admin.delete_topics(topics, request_timeout=_ADMIN_SECONDS).values():
            pending.result(_ADMIN_SECONDS)

    def reader(self, topic: str, *, of: str | None = None) -> Consumer:
        """A reader of what is committed in a topic, from its start; `of` a key, of that key's partition alone."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap_servers,
                "group.id": "benchmark-reader",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "log_level": 2,
            }
        )
        partitions = self._partitions()[topic]
        numbers = range(partitions) if of is None else [partition_of(of.encode(), partitions)]
        consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
        return consumer

    def read_back(self, topic: str, identify: Identify) -> ReadBack:
        """Read a topic to its end; raises `BenchmarkError` when nothing comes for a while."""
        found = ReadBack()
        with closing(self.reader(topic)) as reader:
            for key, value in _until_the_end(reader, self._partitions()[topic]):
                found.add(value, identify(key, value))
        return found

    def _partitions(self) -> Mapping[str, int]:
        topics = self._admin.list_topics(timeout=_ADMIN_SECONDS).topics
        return {name: len(topic.partitions) for name, topic in topics.items()}


class Growth:
    """How many messages a topic has by now, markers of transactions included: good enough for a progress bar."""

    def __init__(self, cluster: Cluster, topic: str) -> None:
        self._admin = KafkaAdmin(cluster.bootstrap_servers)
        self._places = [Position(topic, number) for number in range(RECORD_PARTITIONS)]
        self._last = 0

    def __call__(self) -> int:
        """Ask the broker; where it cannot say (a topic just made), what it said last."""
        with contextlib.suppress(KafkaClientError):
            self._last = sum(asyncio.run(self._admin.ends(self._places)).values())
        return self._last


def _until_the_end(reader: Consumer, partitions: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values."""
    waiting = set(range(partitions))
    heard_at = time.monotonic()
    while waiting:
        for message in reader.consume(_CHUNK, _POLL_SECONDS):
            heard_at = time.monotonic()
            error = message.error()
            if error is None:
                yield message.key() or b"", message.value() or b""
            elif error.code() == KafkaError._PARTITION_EOF:
                waiting.discard(message.partition() or 0)
            else:
                raise KafkaException(error)
        if time.monotonic() - heard_at > _SILENCE_SECONDS:
            raise BenchmarkError(f"a topic was not read to its end: nothing came for {_SILENCE_SECONDS:.0f} s")
