"""What can go wrong with Kafka, by what to do about it.

KafkaClientError
├── TransactionAbortedError     sure: nothing of it is visible; the same work may be tried again
├── TransactionUncertainError   neither committed nor aborted for sure: new producer, restore, go on
├── FencedError                 another process has this one's identity: stop
├── ConsumerFailedError         the consumer cannot go on: stop, or start anew
├── TopicError                  a topic is missing or configured so that promises cannot be kept
└── DeadlineError               the cluster did not answer in time
"""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException


class KafkaClientError(Exception):
    """A Kafka operation failed."""


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """A message that the cluster refused."""

    topic: str
    partition: int
    key: bytes | None
    code: str
    """librdkafka's name of the error, such as `MSG_SIZE_TOO_LARGE`."""
    message: str


class TransactionAbortedError(KafkaClientError):
    """The transaction was aborted; nothing of it is visible."""

    def __init__(self, message: str, failures: Sequence[DeliveryFailure] = (), *, fenced_group: bool = False) -> None:
        super().__init__(message)
        self.failures = tuple(failures)
        self.fenced_group = fenced_group
        """The group has moved on: the partitions belong to somebody else now."""


class TransactionUncertainError(KafkaClientError):
    """The producer is unusable, and nobody here knows how its last transaction ended."""


class FencedError(KafkaClientError):
    """Another process runs with this one's replica id."""


class ConsumerFailedError(KafkaClientError):
    """The consumer has failed for good."""


class TopicError(KafkaClientError):
    """One or more topics cannot be used; the text lists all that is wrong."""


class DeadlineError(KafkaClientError):
    """No answer from the cluster in time."""


GROUP_FENCED = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.FENCED_INSTANCE_ID,
    }
)
"""Answers to a transaction's offsets that say: this member's generation is over (KIP-447)."""


def error_of(exception: KafkaException) -> KafkaError:
    """The error inside librdkafka's exception."""
    error = exception.args[0]
    return error if isinstance(error, KafkaError) else KafkaError(KafkaError._FAIL, str(error))
