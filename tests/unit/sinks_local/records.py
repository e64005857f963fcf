"""Records and states as the engine makes them, in a few words."""

import json
from collections.abc import Mapping

from msgspec import Raw

from google_drive_worker.schemas.record import (
    DeleteReason,
    ItemType,
    OutRecord,
    ResourceType,
    SnapshotData,
    Source,
)
from google_drive_worker.schemas.state import ConnectionState, CorpusState, JobState, Phase, corpus_part
from google_drive_worker.sync import lists
from google_drive_worker.sync.patch import snapshot_id
from google_drive_worker.sync.records import RecordWriter

CORPUS = "user:me"
CONNECTION = "local"
MALFORMED = Raw(b"{}")
"""An entry that nobody understands: its list proves no absence."""


def writer(snapshot: int = 1, corpus: str = CORPUS) -> RecordWriter:
    source = Source(corpus)
    return RecordWriter("google-drive", CONNECTION, source, snapshot_id(snapshot), "scan", "2026-01-01T00:00:00.000Z")


def upsert(
    identity: str,
    version: int | None = 1,
    *,
    snapshot: int = 1,
    corpus: str = CORPUS,
    kind: ResourceType = ResourceType.FILE,
    data: Mapping[str, object] | None = None,
) -> OutRecord:
    shown = {"id": identity, "name": f"{identity} v{version}", **(data or {})}
    return writer(snapshot, corpus).upsert(kind, identity, shown, version)


def delete(
    identity: str, *, snapshot: int = 1, corpus: str = CORPUS, kind: ResourceType = ResourceType.FILE
) -> OutRecord:
    return writer(snapshot, corpus).delete(kind, identity, DeleteReason.REMOVED)


def marker(
    phase: str, *, snapshot: int = 1, corpus: str = CORPUS, complete: bool = True, scope: tuple[str, ...] | None = None
) -> OutRecord:
    data = SnapshotData(snapshot_id(snapshot), phase, {}, complete=complete, scope=scope)
    return writer(snapshot, corpus).snapshot(corpus, data)


def permission_set(
    item_id: str,
    *grants: str,
    item_type: ItemType = "file",
    visible: bool = True,
    complete: bool = True,
    corpus: str = CORPUS,
    snapshot: int = 1,
) -> list[OutRecord]:
    """A set of writers, each also by itself."""
    raws = [_raw({"id": grant, "type": "user", "role": "writer"}) for grant in grants]
    raws += [] if complete else [MALFORMED]
    return lists.permission_set(
        writer(snapshot, corpus), item_id, item_type, raws if visible else None, also_single=True
    ).records


def revisions(
    file_id: str, *ids: str, complete: bool = True, corpus: str = CORPUS, snapshot: int = 1
) -> list[OutRecord]:
    """A list of revisions of 12 bytes."""
    me = {"emailAddress": "me@example.com"}
    raws = [_raw({"id": name, "size": "12", "lastModifyingUser": me}) for name in ids]
    raws += [] if complete else [MALFORMED]
    return lists.revisions(writer(snapshot, corpus), file_id, raws).records


def comments(
    file_id: str, *ids: str, complete: bool = True, corpus: str = CORPUS, snapshot: int = 1
) -> list[OutRecord]:
    """A list of comments with a reply each."""
    said = {"content": "hello", "author": {"displayName": "Ana"}, "resolved": False, "replies": [{"id": "y"}]}
    raws = [_raw({"id": name, **said}) for name in ids]
    raws += [] if complete else [MALFORMED]
    return lists.comments(writer(snapshot, corpus), file_id, raws).records


def drive(corpus: str, *, snapshot: int = 1) -> OutRecord:
    """The shared drive of a corpus, hidden."""
    identity = corpus.removeprefix("drive:")
    return lists.drive(writer(snapshot, corpus), _raw({"id": identity, "name": "Plans", "hidden": True}))


def _raw(entry: Mapping[str, object]) -> Raw:
    return Raw(json.dumps(entry).encode())


EMPTY = ConnectionState(CONNECTION)


def state(cursor: str = "1", *, job: JobState | None = None) -> ConnectionState:
    """A connection whose corpus is live at a cursor."""
    corpus = CorpusState(CORPUS, Phase.LIVE, snapshot_id(1), "1", cursor, 1)
    return EMPTY.with_part("job", job or JobState(config={})).with_part(corpus_part(CORPUS), corpus)
