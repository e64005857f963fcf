"""A Kafka broker inside this process, for the demo, mock mode and tests.

In: nothing. Out: a bootstrap address that this and other processes can connect to.

It is librdkafka's own test broker. It keeps messages in memory and speaks enough of the protocol for
producers, consumer groups and transactions, but it promises less than Apache Kafka does:

- every topic has 4 partitions and no settings, whatever was asked; a partition keeps its newest 5 MiB only;
- an aborted transaction stays visible to `read_committed` readers;
- an admin client's CreateTopics gets no answer: a topic is made when a client first asks for its metadata.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException, Producer

__all__ = ["EmbeddedBroker", "EmbeddedBrokerError"]

_METADATA_SECONDS = 10.0
_ERRORS_ONLY = 3


class EmbeddedBrokerError(Exception):
    """The embedded broker does not do what was asked; the text says why."""


class EmbeddedBroker:
    """Runs from `start()` to `stop()`; forgets everything then."""

    name = "embedded"
    transactional = False

    def __init__(self) -> None:
        self._owner: Producer | None = None
        self._bootstrap_servers = ""

    @property
    def bootstrap_servers(self) -> str:
        """Where clients connect, from `start()` on."""
        return self._bootstrap_servers

    def start(self) -> None:
        """Start the broker; raises `EmbeddedBrokerError` when librdkafka cannot."""
        # The broker lives in a producer's client instance; this one produces nothing.
        self._owner = Producer({"test.mock.num.brokers": 1, "log_level": _ERRORS_ONLY})
        try:
            brokers = self._owner.list_topics(timeout=_METADATA_SECONDS).brokers
        except KafkaException as error:
            self.stop()
            raise EmbeddedBrokerError(f"the embedded broker did not start: {error}") from error
        self._bootstrap_servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers.values())

    def create_topics(self, topics: Iterable[str], /) -> None:
        """Make topics by these names, each with 4 partitions; what a mapping says of a name has no effect."""
        if self._owner is None:
            raise EmbeddedBrokerError("the embedded broker is not running: call start() first")
        for topic in topics:
            error = self._owner.list_topics(topic, timeout=_METADATA_SECONDS).topics[topic].error
            if error is not None:
                raise EmbeddedBrokerError(f"topic {topic!r} could not be made: {error}")

    def stop(self) -> None:
        """End the broker; a second call does nothing."""
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
