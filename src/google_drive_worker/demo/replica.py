"""A consumer of records, as docs/contracts.md describes one.

In: records in offset order. Out: what a platform that applied them would hold. It shares no code with the engine, so
that it can contradict it. Pure.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
ITEMS = frozenset({"file", "folder"})


class Record(msgspec.Struct):
    """The parts of a record that a consumer needs."""

    integration_connection_id: str
    resource_type: str
    resource_id: str
    idempotency_key: str
    op: str
    snapshot_id: str
    source: dict[str, Any]
    version: int | None = None
    data: dict[str, Any] | None = None


_RECORD = msgspec.json.Decoder(Record)


@dataclass(slots=True)
class Row:
    """One resource as held."""

    resource_type: str
    corpus: str
    snapshot_id: str
    version: int | None
    data: dict[str, Any]


class Replica:
    """Rows by idempotency key, of one connection."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._started: dict[str, str] = {}
        self.records = 0
        self.completed: list[dict[str, Any]] = []
        """The closing markers of snapshots, in order."""

    def items(self) -> dict[str, dict[str, Any]]:
        """Files and folders by id."""
        return {row.data["id"]: row.data for row in self._rows.values() if row.resource_type in ITEMS}

    def kinds(self) -> dict[str, int]:
        """How many files, folders and shortcuts."""
        mime_types = Counter(str(data.get("mime_type")) for data in self.items().values())
        folders, shortcuts = mime_types.pop(FOLDER, 0), mime_types.pop(SHORTCUT, 0)
        return {"files": mime_types.total(), "folders": folders, "shortcuts": shortcuts}

    def apply(self, value: bytes) -> Record:
        """Apply one record. Raises `msgspec.ValidationError` for what is none."""
        record = _RECORD.decode(value)
        self.records += 1
        if record.resource_type == "snapshot":
            self._snapshot(record)
        elif record.op == "delete":
            self._delete(record)
        else:
            self._upsert(record)
        return record

    def _upsert(self, record: Record) -> None:
        held = self._rows.get(record.idempotency_key)
        if held and held.version is not None and record.version is not None and record.version < held.version:
            return
        corpus = str(record.source["corpus"])
        self._rows[record.idempotency_key] = Row(
            record.resource_type, corpus, record.snapshot_id, record.version, record.data or {}
        )

    def _delete(self, record: Record) -> None:
        held = self._rows.get(record.idempotency_key)
        if held is not None and held.corpus == record.source["corpus"]:
            del self._rows[record.idempotency_key]

    def _snapshot(self, record: Record) -> None:
        data, corpus = record.data or {}, str(record.source["corpus"])
        if data["phase"] == "started":
            self._started[corpus] = data["snapshot_id"]
        elif data["phase"] == "complete":
            self.completed.append(data)
            if data["complete"] and not data["scope"] and self._started.get(corpus) == data["snapshot_id"]:
                self._sweep(corpus, data["snapshot_id"])
        elif data["phase"] == "closed":
            self._sweep(corpus, None)

    def _sweep(self, corpus: str, snapshot_id: str | None) -> None:
        """Drop what the snapshot did not meet; all of the corpus when it is closed."""
        self._rows = {
            key: row
            for key, row in self._rows.items()
            if row.corpus != corpus or (snapshot_id is not None and row.snapshot_id >= snapshot_id)
        }
