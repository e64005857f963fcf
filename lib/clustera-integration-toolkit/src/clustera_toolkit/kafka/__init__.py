"""Kafka, as small async classes over librdkafka.

In: settings and messages. Out: messages, assignments, and transactions with a sure outcome. Nothing outside this
package sees a librdkafka object.
"""

from clustera_toolkit.kafka.admin import KafkaAdmin, TopicInfo, TopicSpec
from clustera_toolkit.kafka.consumer import Assignment, AssignmentListener, KafkaConsumer
from clustera_toolkit.kafka.embedded import EmbeddedBroker
from clustera_toolkit.kafka.errors import (
    ConsumerFailedError,
    DeadlineError,
    DeliveryFailure,
    FencedError,
    KafkaClientError,
    TopicError,
    TransactionAbortedError,
    TransactionUncertainError,
)
from clustera_toolkit.kafka.follower import Follower, follow
from clustera_toolkit.kafka.messages import InboundMessage, OutboundMessage, Position
from clustera_toolkit.kafka.partitioner import murmur2, partition_of
from clustera_toolkit.kafka.producer import KafkaProducer
from clustera_toolkit.kafka.reader import read_to_end
from clustera_toolkit.kafka.tail import Bounds, Tail, TailReader

__all__ = [
    "Assignment",
    "AssignmentListener",
    "Bounds",
    "ConsumerFailedError",
    "DeadlineError",
    "DeliveryFailure",
    "EmbeddedBroker",
    "FencedError",
    "Follower",
    "InboundMessage",
    "KafkaAdmin",
    "KafkaClientError",
    "KafkaConsumer",
    "KafkaProducer",
    "OutboundMessage",
    "Position",
    "Tail",
    "TailReader",
    "TopicError",
    "TopicInfo",
    "TopicSpec",
    "TransactionAbortedError",
    "TransactionUncertainError",
    "follow",
    "murmur2",
    "partition_of",
    "read_to_end",
]
