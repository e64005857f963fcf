"""What became of the messages of one transaction, as librdkafka tells it.

In: delivery reports, and refusals on the spot. Out: the messages that were refused, and whether others were lost with
them. Used in the producer's thread alone.
"""

from confluent_kafka import KafkaError, Message

from clustera_toolkit.kafka.errors import DeliveryFailure
from clustera_toolkit.kafka.messages import OutboundMessage

MAX_REPORTED_FAILURES = 1000
CONSEQUENCES = frozenset(
    {
        KafkaError._PURGE_QUEUE,
        KafkaError._PURGE_INFLIGHT,
        KafkaError._STATE,
        KafkaError._MSG_TIMED_OUT,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
    }
)
"""What befalls messages that were not refused themselves: another one spoiled their transaction, or nobody answered."""


class Deliveries:
    """Failures since the last `clear`; messages that arrived are not told of."""

    def __init__(self) -> None:
        self.refused: list[DeliveryFailure] = []
        """At most 1000."""
        self.spoiled = False
        """Whether messages were lost that were not refused themselves."""

    def clear(self) -> None:
        """Forget what was, before a transaction begins."""
        self.refused.clear()
        self.spoiled = False

    def report(self, error: KafkaError | None, message: Message) -> None:
        """Take librdkafka's report about a message that was produced."""
        if error is not None:
            self._note(error, message.topic() or "", message.partition() or 0, message.key())

    def refusal(self, message: OutboundMessage, error: KafkaError) -> None:
        """Librdkafka refused it at once, without asking the broker (too large for `message.max.bytes`, say)."""
        self._note(error, message.topic, message.partition or 0, message.key)

    def _note(self, error: KafkaError, topic: str, partition: int, key: bytes | None) -> None:
        if error.code() in CONSEQUENCES:
            self.spoiled = True
        elif len(self.refused) < MAX_REPORTED_FAILURES:
            self.refused.append(DeliveryFailure(topic, partition, key, error.name(), error.str()))
