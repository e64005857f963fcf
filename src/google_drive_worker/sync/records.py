"""Record data to records: keys, ids, envelope.

In: `data` of the normaliser, and where it was read. Out: `OutRecord`, encoded. Pure; the hot path.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw

from clustera_toolkit.message import Envelope, EnvelopeTemplate, message_ids
from google_drive_worker.schemas.record import (
    ENCODER,
    DeletedData,
    DeleteReason,
    Op,
    OutRecord,
    ResourceType,
    SnapshotData,
    Source,
)

SCAN = "scan"
"""The position of everything that a snapshot lists; a listing repeated after a crash then repeats its ids."""

NAMES = {kind: kind.value for kind in ResourceType}
"""As plain text; to look here is a quarter of what `.value` costs."""


@dataclass(frozen=True, slots=True)
class RecordWriter:
    """Makes the records of one page: everything they share is said once, here."""

    integration_id: str
    connection_id: str
    source: Source
    snapshot_id: str
    position: str
    """The change token of the page, or `SCAN`."""
    observed_at: str
    _source_as_sent: bytes = field(init=False)
    _message_id: Callable[[bytes, bytes, bytes], str] = field(init=False)
    _templates: dict[tuple[str, Op], EnvelopeTemplate] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_source_as_sent", ENCODER.encode(self.source))
        object.__setattr__(self, "_message_id", message_ids(self.snapshot_id.encode(), self.position.encode()))
        object.__setattr__(self, "_templates", {})

    def upsert(
        self,
        kind: ResourceType,
        resource_id: str,
        data: Any,
        version: int | None,
        source: Source | None = None,
    ) -> OutRecord:
        """A resource as it is now. `source` stands for the page's when the log says when the item changed."""
        return self._record(NAMES[kind], resource_id, "upsert", ENCODER.encode(data), version, self._source(source))

    def delete(
        self, kind: ResourceType, resource_id: str, reason: DeleteReason, source: Source | None = None
    ) -> OutRecord:
        """A resource that is gone. Drive gives no version for it."""
        data = ENCODER.encode(DeletedData(resource_id, reason))
        return self._record(NAMES[kind], resource_id, "delete", data, None, self._source(source))

    def snapshot(self, corpus: str, data: SnapshotData) -> OutRecord:
        """A marker of a snapshot's life."""
        return self._record(
            NAMES[ResourceType.SNAPSHOT], corpus, "upsert", ENCODER.encode(data), None, self._source_as_sent
        )

    def _source(self, source: Source | None) -> bytes:
        return self._source_as_sent if source is None else ENCODER.encode(source)

    def _record(
        self, kind: str, resource_id: str, op: Op, data: bytes, version: int | None, source: bytes
    ) -> OutRecord:
        template = self._templates.get((kind, op)) or self._template(kind, op)
        key = template.key(resource_id)
        message_id = self._message_id(key.encode(), op.encode(), data)
        value = template.fill(message_id, resource_id, version, source, data)
        return OutRecord(kind, resource_id, op, key, version, value, len(data))

    def _template(self, kind: str, op: Op) -> EnvelopeTemplate:
        template = self._templates[kind, op] = EnvelopeTemplate(
            Envelope(
                message_id="",
                integration_id=self.integration_id,
                integration_connection_id=self.connection_id,
                resource_type=kind,
                resource_id="",
                idempotency_key="",
                op=op,
                version=None,
                snapshot_id=self.snapshot_id,
                observed_at=self.observed_at,
                source=Raw(b"null"),
            )
        )
        return template
