"""A consumer of records, as docs/contracts.md describes one.

In: records in offset order. Out: what a platform that applied them would hold. It shares no code with the engine, so
that it can contradict it. Pure.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
ITEMS = frozenset({"file", "folder"})
OWNERS = ITEMS | {"drive"}
BELOW = frozenset({"permission_set", "permission", "revision", "comment", "manifest"})
"""What hangs below an owner and goes with it; its resource id begins with the owner's."""


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
    resource_id: str
    corpus: str
    snapshot_id: str
    version: int | None
    data: dict[str, Any]

    @property
    def item_id(self) -> str | None:
        """The item below which it hangs; None for what stands by itself."""
        return self.resource_id.partition(":")[0] if self.resource_type in BELOW else None


class Replica:
    """Rows by idempotency key, of one connection."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._below: dict[str, set[str]] = {}
        """Keys of what hangs below an item, by the item's id."""
        self._started: dict[str, str] = {}
        self.records = 0
        self.completed: list[dict[str, Any]] = []
        """The closing markers of snapshots, in order."""

    def items(self) -> dict[str, dict[str, Any]]:
        """Files and folders by id."""
        return {row.resource_id: row.data for row in self._rows.values() if row.resource_type in ITEMS}

    def held(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Everything of one type by resource id."""
        return {row.resource_id: row.data for row in self._rows.values() if row.resource_type == resource_type}

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
            if record.resource_type == "manifest":
                self._list(record.data or {})
        return record

    def _upsert(self, record: Record) -> None:
        held = self._rows.get(record.idempotency_key)
        if held and held.version is not None and record.version is not None and record.version < held.version:
            if held.corpus == record.source["corpus"]:
                held.snapshot_id = max(held.snapshot_id, record.snapshot_id)
            return
        row = Row(
            record.resource_type,
            record.resource_id,
            str(record.source["corpus"]),
            max(record.snapshot_id, held.snapshot_id if held else ""),
            record.version,
            record.data or {},
        )
        self._rows[record.idempotency_key] = row
        if row.item_id is not None:
            self._below.setdefault(row.item_id, set()).add(record.idempotency_key)

    def _delete(self, record: Record) -> None:
        held = self._rows.get(record.idempotency_key)
        if held is not None and held.corpus == record.source["corpus"]:
            self._drop(record.idempotency_key)

    def _drop(self, key: str) -> None:
        """Drop a row, and what hangs below it."""
        row = self._rows.pop(key)
        if row.item_id is not None:
            self._below[row.item_id].discard(key)
        if row.resource_type in OWNERS:
            for below in self._below.pop(row.resource_id, set()):
                del self._rows[below]

    def _list(self, manifest: dict[str, Any]) -> None:
        """Drop what a whole list does not name."""
        if not manifest["complete"]:
            return
        named = {f"{manifest['file_id']}:{entry}" for entry in manifest["ids"]}
        for key in list(self._below.get(manifest["file_id"], ())):
            row = self._rows[key]
            if row.resource_type == manifest["of"] and row.resource_id not in named:
                self._drop(key)

    def _snapshot(self, record: Record) -> None:
        data, corpus = record.data or {}, str(record.source["corpus"])
        if data["phase"] == "started":
            self._started[corpus] = data["snapshot_id"]
        elif data["phase"] == "complete":
            self.completed.append(data)
            if data["complete"] and not data["scope"] and self._started.get(corpus) == data["snapshot_id"]:
                self._sweep(corpus, data["snapshot_id"], data["covers"])
        elif data["phase"] == "closed":
            self._sweep(corpus, None, {row.resource_type for row in self._rows.values()})

    def _sweep(self, corpus: str, snapshot_id: str | None, kinds: Collection[str]) -> None:
        """Drop what the snapshot did not meet, and what hangs below that; all of the corpus when it is closed."""
        swept = [
            key
            for key, row in self._rows.items()
            if row.corpus == corpus
            and row.resource_type in kinds
            and (snapshot_id is None or row.snapshot_id < snapshot_id)
        ]
        for key in swept:
            if key in self._rows:
                self._drop(key)
