"""Records and states as the engine makes them, in a few words."""

from collections.abc import Mapping

from google_drive_worker.schemas.record import DeleteReason, OutRecord, ResourceType, SnapshotData, Source
from google_drive_worker.schemas.state import ConnectionState, CorpusState, JobState, Phase, corpus_part
from google_drive_worker.sync.records import RecordWriter
from google_drive_worker.sync.state import snapshot_id

CORPUS = "user:me"
CONNECTION = "local"


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


EMPTY = ConnectionState(CONNECTION)


def state(cursor: str = "1", *, job: JobState | None = None) -> ConnectionState:
    """A connection whose corpus is live at a cursor."""
    corpus = CorpusState(CORPUS, Phase.LIVE, snapshot_id(1), "1", cursor, 1)
    return EMPTY.with_part("job", job or JobState(config={})).with_part(corpus_part(CORPUS), corpus)
