"""Records to rows, as docs/contracts.md says a consumer applies them.

In: records in order, and a database within a transaction. Out: its rows changed. What hangs below an item (permission
set, single permissions, revisions, comments, and manifests) goes when the item goes.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from msgspec import Struct

from google_drive_worker.schemas.listed import ManifestData
from google_drive_worker.schemas.record import OutRecord, ResourceType, SnapshotData, SnapshotPhase
from google_drive_worker.sinks.local import schema

ITEMS = (ResourceType.FILE, ResourceType.FOLDER, ResourceType.DRIVE)
LISTED = (ResourceType.PERMISSION, ResourceType.REVISION, ResourceType.COMMENT, ResourceType.MANIFEST)
MARKERS = frozenset({ResourceType.SNAPSHOT, ResourceType.MANIFEST})
AFTER_COLON = ";"
"""What follows the colon among characters, so that a range ends right after all keys that go on with a colon."""


class _Source(Struct):
    corpus: str


class _Place(Struct):
    """What a row needs of a record's envelope beside its own columns."""

    snapshot_id: str
    observed_at: str
    source: _Source


_PLACE = msgspec.json.Decoder(_Place)
_SNAPSHOT = msgspec.json.Decoder(SnapshotData)
_MANIFEST = msgspec.json.Decoder(ManifestData)


def apply(database: sqlite3.Connection, records: Sequence[OutRecord]) -> None:
    """Apply records in their order. Raises `sqlite3.Error`, and `msgspec.DecodeError` for what is no record."""
    for kind, group in groupby(records, _kind):
        _APPLY[kind](database, list(group))


def _kind(record: OutRecord) -> str:
    return record.resource_type if record.resource_type in MARKERS and record.op == "upsert" else record.op


def _upsert(database: sqlite3.Connection, records: Iterable[OutRecord]) -> None:
    database.executemany(schema.UPSERT, [_row(record, _PLACE.decode(record.value)) for record in records])


def _delete(database: sqlite3.Connection, records: Iterable[OutRecord]) -> None:
    for record in records:
        corpus = _PLACE.decode(record.value).source.corpus
        gone = database.execute(schema.DELETE, (record.idempotency_key, corpus)).rowcount > 0
        if gone and record.resource_type in ITEMS:
            _drop_below(database, record.idempotency_key)


def _manifest(database: sqlite3.Connection, records: Iterable[OutRecord]) -> None:
    """What a whole list does not name is gone."""
    for record in records:
        listed = _MANIFEST.decode(record.data)
        if listed.complete:
            scope = record.idempotency_key.removesuffix(f"{ResourceType.MANIFEST}:{record.resource_id}")
            entries = f"{scope}{listed.of}:{listed.file_id}"
            names = msgspec.json.encode(listed.ids).decode()
            database.execute(schema.DROP_UNNAMED, (f"{entries}:", f"{entries}{AFTER_COLON}", names))
    _upsert(database, records)


def _mark(database: sqlite3.Connection, records: Iterable[OutRecord]) -> None:
    """Act on snapshots' markers, and keep the newest as a row."""
    for record in records:
        marker, corpus = _SNAPSHOT.decode(record.data), _PLACE.decode(record.value).source.corpus
        if marker.phase == SnapshotPhase.COMPLETE and marker.complete and marker.scope is None:
            _sweep(database, corpus, marker.snapshot_id, marker.covers)
        if marker.phase == SnapshotPhase.CLOSED:
            _sweep(database, corpus, None, ITEMS)
            database.execute(schema.CLOSE, (corpus,))
    _upsert(database, records)


def _sweep(database: sqlite3.Connection, corpus: str, snapshot_id: str | None, kinds: Sequence[str]) -> None:
    """Remove items of a corpus and what hangs below them: those that an earlier snapshot saw last, or with None all."""
    database.execute(schema.FIND_SWEPT, (corpus, snapshot_id, msgspec.json.encode(kinds).decode()))
    for (key,) in database.execute(schema.SWEPT):
        database.execute(schema.DROP, (key,))
        _drop_below(database, key)
    database.execute(schema.FORGET_SWEPT)


def _drop_below(database: sqlite3.Connection, item_key: str) -> None:
    """Remove what hangs below an item, of whatever corpus: an item that moved took it along."""
    scope, _, item_id = item_key.rsplit(":", 2)
    database.execute(schema.DROP, (f"{scope}:{ResourceType.PERMISSION_SET}:{item_id}",))
    ranges = [f"{scope}:{kind}:{item_id}" for kind in LISTED]
    database.executemany(schema.DROP_BETWEEN, [(f"{name}:", f"{name}{AFTER_COLON}") for name in ranges])


_APPLY = {
    "upsert": _upsert,
    "delete": _delete,
    ResourceType.SNAPSHOT.value: _mark,
    ResourceType.MANIFEST.value: _manifest,
}


def _row(record: OutRecord, place: _Place) -> tuple[str | int | None, ...]:
    return (
        record.idempotency_key,
        record.resource_type,
        record.resource_id,
        record.op,
        record.version,
        record.data.decode(),
        place.observed_at,
        place.source.corpus,
        place.snapshot_id,
    )
