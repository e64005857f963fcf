"""Records and notices to Kafka messages.

In: records, events, errors. Out: messages with keys, headers and topics (docs/contracts.md). The key is always and only
the connection's id.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from clustera_toolkit.kafka import OutboundMessage
from google_drive_worker.schemas.event import ErrorRecord, Notice
from google_drive_worker.schemas.record import ENCODER, SCHEMA, OutRecord

HeaderList = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True)
class Topics:
    """Where each kind goes."""

    records: str
    errors: str
    events: str
    state: str


class MessageBuilder:
    """Builds messages; header lists are made once for each kind of record and shared."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def records(
        self, connection_id: str, records: Iterable[OutRecord], partition: int | None, traceparent: str | None
    ) -> list[OutboundMessage]:
        """Messages of a batch's records, in its order."""
        key = connection_id.encode()
        topic = self._topics.records
        headers: dict[tuple[str, str], HeaderList] = {}
        messages = []
        for record in records:
            kind = (record.resource_type, record.op)
            shared = headers.get(kind)
            if shared is None:
                shared = headers[kind] = _headers(*kind, traceparent)
            messages.append(OutboundMessage(topic, key, record.value, shared, partition))
        return messages

    def notice(self, notice: Notice, traceparent: str | None = None) -> OutboundMessage:
        """The message of an event or an error."""
        topic = self._topics.errors if isinstance(notice, ErrorRecord) else self._topics.events
        connection_id = notice.integration_connection_id
        headers: HeaderList = [("traceparent", traceparent)] if traceparent else []
        key = connection_id.encode() if connection_id is not None else None
        return OutboundMessage(topic, key, ENCODER.encode(notice), headers)


def _headers(resource_type: str, op: str, traceparent: str | None) -> HeaderList:
    trace: HeaderList = [("traceparent", traceparent)] if traceparent else []
    return [*trace, ("schema", SCHEMA), ("resource_type", resource_type), ("op", op)]
