"""Records as the worker's own code makes them, and a control plane that reads them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace
from tests.support.control_plane.context import EPOCH
from tests.support.control_plane.worker_words import connection
from tests.unit.control_plane.operators.office import Desk, Office, office_over

from clustera_toolkit.kafka import EmbeddedBroker, InboundMessage, KafkaProducer, OutboundMessage
from clustera_toolkit.message.timestamps import rfc3339
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Tenant
from google_drive_worker.schemas.listed import CommentData
from google_drive_worker.schemas.record import DeleteReason, FileData, OutRecord, ResourceType, Source
from google_drive_worker.sinks.kafka.messages import MessageBuilder, Topics
from google_drive_worker.sync.records import RecordWriter

MINE, OTHERS, FOREIGN = "conn_mine", "conn_other", "conn_foreign"
PDF, FOLDER = "application/pdf", "application/vnd.google-apps.folder"
SECONDS = 20.0


def time(seconds: float) -> str:
    """So long after the beginning, as the worker writes times."""
    return rfc3339((EPOCH + timedelta(seconds=seconds)).timestamp())


def at(seconds: float) -> datetime:
    """The same as a moment."""
    return EPOCH + timedelta(seconds=seconds)


class Worker:
    """Makes records; `seconds` is when the log says that something changed, None for what a listing found."""

    def __init__(self, connection_id: str = MINE, observed: float = 0.0) -> None:
        self.connection_id = connection_id
        self._source = Source("user:me")
        self._writer = RecordWriter("google-drive", connection_id, self._source, "000000000001", "42", time(observed))

    def file(self, item: str, seconds: float | None, **data: Any) -> OutRecord:
        """A file or folder as it is now."""
        values = {"name": f"{item}.pdf", "mime_type": PDF, "created_at": time(-86_400), **data}
        kind = ResourceType.FOLDER if values["mime_type"] == FOLDER else ResourceType.FILE
        return self._writer.upsert(kind, item, FileData(item, **values), 7, self._changed(seconds))

    def gone(
        self, kind: ResourceType, item: str, seconds: float, reason: DeleteReason = DeleteReason.REMOVED
    ) -> OutRecord:
        """A delete."""
        return self._writer.delete(kind, item, reason, self._changed(seconds))

    def comment(self, item: str, comment: str, seconds: float, **data: Any) -> OutRecord:
        """A comment, read beside the log."""
        made = CommentData(item, comment, content="so be it", modified_at=time(seconds), **data)
        return self._writer.upsert(ResourceType.COMMENT, f"{item}:{comment}", made, None)

    def _changed(self, seconds: float | None) -> Source:
        return replace(self._source, change_time=None if seconds is None else time(seconds))

    def messages(self, topic: str, *records: OutRecord) -> list[OutboundMessage]:
        """Them as they go to Kafka."""
        builder = MessageBuilder(Topics(topic, "errors", "events", "state"))
        return builder.records(self.connection_id, records, None, "00-1")

    def read_back(self, *records: OutRecord) -> list[InboundMessage]:
        """Them as they come from Kafka."""
        return [
            InboundMessage("records", 0, offset, message.key, message.value, _headers(message))
            for offset, message in enumerate(self.messages("records", *records))
        ]


def _headers(message: OutboundMessage) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, text.encode()) for name, text in message.headers if isinstance(text, str))


@dataclass
class Records:
    """The topic, and the office that looks at it."""

    office: Office
    broker: EmbeddedBroker
    topic: str

    async def write(self, worker: Worker, *records: OutRecord) -> None:
        """Put records into the topic."""
        await self.send(worker.messages(self.topic, *records))

    async def send(self, messages: list[OutboundMessage]) -> None:
        """Put messages into the topic."""
        producer = KafkaProducer(self.broker.bootstrap_servers, deadline_seconds=SECONDS)
        await producer.start()
        await producer.send(messages)
        await producer.close()

    async def shown(self, desk: Desk) -> Any:
        """What the API shows."""
        status, text = await desk.get(f"/v1/connections/{MINE}/recent-changes")
        assert status == 200, text
        return json.loads(text)


@asynccontextmanager
async def records_over(database: Database, broker: EmbeddedBroker, topic: str) -> AsyncIterator[Records]:
    """Serve a control plane over a topic of its own, with connections of two tenants."""
    broker.create_topics([topic])
    settings: dict[str, Any] = {"kafka_bootstrap_servers": broker.bootstrap_servers, "kafka_topic_records": topic}
    async with office_over(database, **settings) as office:
        async with database.transaction() as session:
            session.add_all(Tenant(id=each, name=each, created_at=EPOCH) for each in ("default", "elsewhere"))
            await session.flush()
            session.add_all([connection(MINE, "default"), connection(OTHERS, "default")])
            session.add(connection(FOREIGN, "elsewhere"))
        yield Records(office, broker, topic)
