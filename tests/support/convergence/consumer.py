"""A consumer of records, written by docs/contracts.md alone.

In: records of one connection, as JSON, in the order of their partition. Out: the rows it holds. It shares no code with
the engine, nor with the other consumers in this repository.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Key = tuple[str, str]

ITEMS = ("file", "folder")
BELOW = ("permission_set", "permission", "revision", "comment", "manifest")
"""What goes with its item."""


@dataclass
class Row:
    """A resource as it is held."""

    kind: str
    id: str
    corpus: str
    version: int | None
    snapshot: str
    data: Json
    source: Json


@dataclass
class Consumer:
    """Rows by type and id."""

    rows: dict[Key, Row] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    """The corpora whose newest finished snapshot says that something could not be read."""
    _started: set[str] = field(default_factory=set)

    def apply(self, record: Json) -> None:
        """Take one record in."""
        if record["resource_type"] == "snapshot":
            self._mark(record["source"]["corpus"], record["data"])
        elif record["op"] == "delete":
            self._delete((record["resource_type"], record["resource_id"]), record["source"]["corpus"])
        else:
            self._upsert(record)

    def of(self, *kinds: str) -> Iterator[Row]:
        """The rows of some types."""
        return (row for row in list(self.rows.values()) if row.kind in kinds)

    def _upsert(self, record: Json) -> None:
        key = (record["resource_type"], record["resource_id"])
        corpus, version, snapshot = record["source"]["corpus"], record["version"], record["snapshot_id"]
        held = self.rows.get(key)
        if held is not None and held.version is not None and version is not None and version < held.version:
            held.snapshot = max(held.snapshot, snapshot) if held.corpus == corpus else held.snapshot
            return
        self.rows[key] = Row(*key, corpus, version, snapshot, record["data"], record["source"])
        if key[0] == "manifest":
            self._take_stock(record["data"])

    def _delete(self, key: Key, corpus: str) -> None:
        """A row of that corpus goes, and what hangs below it; also what hangs below an item that is not held."""
        held = self.rows.get(key)
        if held is not None and held.corpus != corpus:
            return
        self.rows.pop(key, None)
        if key[0] in ITEMS and not self._is_held(key[1]):
            self._drop_below(key[1])

    def _is_held(self, item_id: str) -> bool:
        return any((kind, item_id) in self.rows for kind in (*ITEMS, "drive"))

    def _drop_below(self, item_id: str) -> None:
        for below in [each for each in self.of(*BELOW) if _item_of(each) == item_id]:
            del self.rows[below.kind, below.id]

    def _take_stock(self, manifest: Json) -> None:
        """What a complete list does not name is gone."""
        if not manifest["complete"]:
            return
        named = set(manifest["ids"])
        for row in list(self.of(manifest["of"])):
            if _item_of(row) == manifest["file_id"] and row.id.partition(":")[2] not in named and row.id not in named:
                del self.rows[row.kind, row.id]

    def _mark(self, corpus: str, marker: Json) -> None:
        match marker["phase"]:
            case "started":
                self._started.add(marker["snapshot_id"])
            case "closed":
                self.incomplete.discard(corpus)
                self._sweep(corpus, None, None)
            case "complete" if not marker["scope"]:
                self._finish(corpus, marker)

    def _finish(self, corpus: str, marker: Json) -> None:
        if not marker["complete"]:
            self.incomplete.add(corpus)
            return
        self.incomplete.discard(corpus)
        if marker["snapshot_id"] in self._started:
            self._sweep(corpus, marker["snapshot_id"], marker["covers"])

    def _sweep(self, corpus: str, before: str | None, kinds: list[str] | None) -> None:
        """Drop a corpus' rows that an older snapshot saw last (without a snapshot: all), and what hangs below none."""
        for row in [each for each in self.rows.values() if each.corpus == corpus]:
            is_old = before is None or row.snapshot < before
            if is_old and (kinds is None or row.kind in kinds):
                del self.rows[row.kind, row.id]
        for row in [each for each in self.of(*BELOW) if each.corpus == corpus and not self._is_held(_item_of(each))]:
            del self.rows[row.kind, row.id]


def _item_of(row: Row) -> str:
    """The file, folder or drive that a row hangs below; drives' ids and files' have no colon (facts G)."""
    return row.id.partition(":")[0]
