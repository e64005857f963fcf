"""What topics there are, how they are set up, and where they end.

In: topic names and partitions. Out: plain values. Every question has a timeout.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from confluent_kafka import IsolationLevel, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from clustera_toolkit.kafka.errors import DeadlineError, KafkaClientError, error_of
from clustera_toolkit.kafka.messages import Position, client_log

Result = TypeVar("Result", covariant=True)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be made."""

    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic as it is. `config` is None where the cluster does not tell (the embedded broker)."""

    partitions: int
    topic_id: str
    config: Mapping[str, str] | None = None


class _Pending(Protocol[Result]):
    def result(self, timeout: float | None = None) -> Result: ...


class KafkaAdmin:
    """Asks a cluster about itself."""

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        timeout_seconds: float = 15.0,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self._client = AdminClient({"bootstrap.servers": bootstrap_servers, **(config or {})}, logger=client_log)
        self._timeout_seconds = timeout_seconds

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has; 0 when it does not exist. Raises `DeadlineError`."""
        return await asyncio.to_thread(self._partitions, topic)

    async def describe(self, topic: str) -> TopicInfo | None:
        """A topic's partitions, id and configuration; None when it does not exist."""
        return await asyncio.to_thread(self._describe, topic)

    async def create(self, topics: Mapping[str, TopicSpec], replication: int = -1) -> list[str]:
        """Make the topics that do not exist yet; says which it made. Raises `KafkaClientError`."""
        return await asyncio.to_thread(self._create, topics, replication)

    async def ends(self, partitions: Iterable[Position]) -> dict[Position, int]:
        """The next offset of each partition, open transactions included."""
        return await asyncio.to_thread(self._offsets, list(partitions), OffsetSpec.latest())  # type: ignore[no-untyped-call] # unannotated there

    async def starts(self, partitions: Iterable[Position]) -> dict[Position, int]:
        """The first offset that each partition still has."""
        return await asyncio.to_thread(self._offsets, list(partitions), OffsetSpec.earliest())  # type: ignore[no-untyped-call] # unannotated there

    def _partitions(self, topic: str) -> int:
        try:
            found = self._client.list_topics(topic, timeout=self._timeout_seconds).topics[topic]
        except KafkaException as exception:
            raise _unreachable(exception) from exception
        return 0 if found.error is not None else len(found.partitions)

    def _describe(self, topic: str) -> TopicInfo | None:
        partitions = self._partitions(topic)
        if partitions == 0:
            return None
        if self._is_embedded():
            return TopicInfo(partitions, "")
        return TopicInfo(partitions, self._topic_id(topic), self._config(topic))

    def _is_embedded(self) -> bool:
        """Librdkafka's own broker lets questions to its controller time out, so it is not asked any."""
        try:
            return str(self._client.list_topics(timeout=self._timeout_seconds).cluster_id).startswith("mockCluster")
        except KafkaException as exception:
            raise _unreachable(exception) from exception

    def _topic_id(self, topic: str) -> str:
        asked = self._client.describe_topics(TopicCollection([topic]), request_timeout=self._timeout_seconds)
        return str(self._answer(asked[topic]).topic_id)

    def _config(self, topic: str) -> Mapping[str, str]:
        resource = ConfigResource(ResourceType.TOPIC, topic)
        asked = self._client.describe_configs([resource], request_timeout=self._timeout_seconds)
        entries = self._answer(asked[resource])
        return {name: entry.value for name, entry in entries.items() if entry.value is not None}

    def _create(self, topics: Mapping[str, TopicSpec], replication: int) -> list[str]:
        missing = {name: spec for name, spec in topics.items() if self._partitions(name) == 0}
        if not missing:
            return []
        new = [NewTopic(name, spec.partitions, replication, config=dict(spec.config)) for name, spec in missing.items()]
        for name, pending in self._client.create_topics(new, operation_timeout=self._timeout_seconds).items():
            try:
                self._answer(pending)
            except KafkaClientError as error:
                if self._partitions(name) == 0:  # somebody else may have made it at the same time
                    raise KafkaClientError(f"topic {name} was not made: {error}") from error
        return sorted(missing)

    def _offsets(self, partitions: list[Position], spec: OffsetSpec) -> dict[Position, int]:
        if not partitions:
            return {}
        asked = {TopicPartition(place.topic, place.partition): spec for place in partitions}
        pending = self._client.list_offsets(
            asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=self._timeout_seconds
        )
        return {Position(at.topic, at.partition): self._answer(answer).offset for at, answer in pending.items()}

    def _answer(self, pending: _Pending[Result]) -> Result:
        try:
            return pending.result(self._timeout_seconds + 1)
        except TimeoutError as error:
            raise DeadlineError("the Kafka cluster did not answer in time") from error
        except KafkaException as exception:
            raise KafkaClientError(error_of(exception).str()) from exception


def _unreachable(exception: KafkaException) -> DeadlineError:
    return DeadlineError(f"the Kafka cluster did not answer: {error_of(exception).str()}")
