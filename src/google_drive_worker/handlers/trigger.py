"""A trigger to a decision.

In: a checked trigger and the connection's state. Out: what it changes. Pure, in microseconds: nothing is read and
nothing is run here, so no message of a partition waits for another's work.
"""

from collections.abc import Mapping
from typing import Any

from google_drive_worker.handlers.decision import Apply, Decision, Ignore
from google_drive_worker.schemas.event import EventName, SyncEvent
from google_drive_worker.schemas.record import OutRecord, SnapshotData, SnapshotPhase
from google_drive_worker.schemas.state import ConnectionState, CorpusState
from google_drive_worker.schemas.trigger import CREDENTIALS, InvalidMessageError, Trigger, TriggerType
from google_drive_worker.sync.backfill import BeginBackfill
from google_drive_worker.sync.completion import Confirm
from google_drive_worker.sync.corpora import source_of, user_corpus
from google_drive_worker.sync.patch import All, Patch, known_job
from google_drive_worker.sync.records import RecordWriter
from google_drive_worker.sync.walk import OpenScope
from google_drive_worker.sync.wishes import Accept, Cancel, Forget, Pause

HISTORIES = frozenset({"revision", "comment"})
FORGOTTEN, RESNAPSHOT = "forget", "resnapshot"
"""The positions of the markers."""


def decide(
    trigger: Trigger, state: ConnectionState | None, *, now: str, traceparent: str | None, integration_id: str
) -> Decision:
    """Decide by the trigger's type. Raises `InvalidMessageError` for what makes no sense in this state."""
    connection = trigger.integration_connection_id
    known = state is not None and state.job is not None
    match trigger.trigger_type:
        case TriggerType.FULL | TriggerType.INCREMENTAL:
            return _accept(trigger, state, now, traceparent)
        case TriggerType.FORGET if known and state is not None:
            return _forget(state, now, integration_id)
        case TriggerType.PAUSE if known:
            event = SyncEvent(EventName.PAUSED, connection, now)
            return Apply(connection, Pause(), (event,), interrupts=True)
        case TriggerType.RESUME if known:
            event = SyncEvent(EventName.RESUMED, connection, now)
            patch = _acceptance(trigger, now, traceparent, resume=True, unpark=True)
            return Apply(connection, patch, (event,))
        case TriggerType.CANCEL if known:
            return Apply(connection, Cancel(), interrupts=True)
        case TriggerType.CONFIRM if known and state is not None:
            held = any(corpus.held is not None for corpus in state.corpora)
            return Apply(connection, Confirm()) if held else Ignore("no snapshot waits to be confirmed")
        case TriggerType.RESNAPSHOT if known and state is not None:
            return _resnapshot(trigger, state, now, integration_id)
        case _:
            return Ignore(f"{trigger.trigger_type} of a connection that is not known")


def _accept(trigger: Trigger, state: ConnectionState | None, now: str, traceparent: str | None) -> Decision:
    full = trigger.trigger_type is TriggerType.FULL
    job = state.job if state else None
    if job is None and trigger.connection_config is None:
        raise InvalidMessageError(
            "missing_config",
            "connection_config is missing, and nothing is known of this connection yet: its first trigger must hold it",
            trigger.integration_connection_id,
        )
    changed = trigger.connection_config is not None and job is not None and trigger.connection_config != job.config
    # A parked connection costs nothing until someone acts: sends new settings, or asks for a full sync by hand.
    if job is not None and job.parked is not None and not (changed or full):
        return Ignore(f"parked: {job.parked.code}")
    patch: Patch = _acceptance(trigger, now, traceparent, full=full, unpark=True)
    event = SyncEvent(
        EventName.JOB_ACCEPTED, trigger.integration_connection_id, now, trigger_type=trigger.trigger_type.value
    )
    if job is not None and _backfill(trigger.connection_config) - _backfill(job.config):
        patch = All([patch, BeginBackfill()])
    # New credentials alone stop nothing: they are used from the next job on, or when the old ones fail.
    interrupts = full or (changed and _settings(trigger.connection_config) != _settings(job.config if job else None))
    return Apply(trigger.integration_connection_id, patch, (event,), interrupts=interrupts)


def _backfill(config: Mapping[str, Any] | None) -> frozenset[str]:
    """The lists whose history the settings want."""
    return HISTORIES.intersection((config or {}).get("backfill") or ())


def _settings(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """A connection's settings without its credentials, whose ciphertext differs each time it is made."""
    return {name: value for name, value in (config or {}).items() if name not in CREDENTIALS}


def _acceptance(
    trigger: Trigger,
    now: str,
    traceparent: str | None,
    *,
    full: bool = False,
    unpark: bool = False,
    resume: bool = False,
) -> Accept:
    return Accept(
        config=trigger.connection_config,
        full=full,
        unpark=unpark,
        resume=resume,
        last_cursor=trigger.last_cursor,
        trigger_type=trigger.trigger_type.value,
        message_id=trigger.message_id,
        trace_id=trigger.trace_id,
        traceparent=traceparent,
        accepted_at=now,
    )


def _forget(state: ConnectionState, now: str, integration_id: str) -> Apply:
    """A closing marker for each corpus, then nothing is left."""
    return Apply(
        state.connection_id,
        Forget(),
        (SyncEvent(EventName.FORGOTTEN, state.connection_id, now),),
        tuple(_marker(state, corpus, FORGOTTEN, _closed(corpus), now, integration_id) for corpus in state.corpora),
        records_partition=_partition(state),
        interrupts=True,
    )


def _closed(corpus: CorpusState) -> SnapshotData:
    return SnapshotData(corpus.snapshot_id, SnapshotPhase.CLOSED, {}, complete=True)


def _resnapshot(trigger: Trigger, state: ConnectionState, now: str, integration_id: str) -> Apply:
    """Have folders walked, between the markers of a snapshot that has a scope and sweeps nothing."""
    folders: dict[str, list[str]] = {}
    for folder_id in dict.fromkeys(_named(folder, state) for folder in trigger.folders):
        folders.setdefault(_corpus_of(folder_id, state), []).append(folder_id)
    patches: list[Patch] = []
    records: list[OutRecord] = []
    for name, within in folders.items():
        corpus = state.corpus(name)
        if corpus is None:
            continue
        patches.append(OpenScope(name, tuple(within)))
        scope = (*corpus.scope, *within)
        data = SnapshotData(corpus.snapshot_id, SnapshotPhase.STARTED, {}, complete=False, scope=scope)
        records.append(_marker(state, corpus, RESNAPSHOT, data, now, integration_id))
    return Apply(state.connection_id, All(patches), records=tuple(records), records_partition=_partition(state))


def _partition(state: ConnectionState) -> int | None:
    """Where the connection's records go: all corpora's to one, since it is chosen by the connection's id."""
    return next((corpus.records_partition for corpus in state.corpora), None)


def _named(folder_id: str, state: ConnectionState) -> str:
    """A folder's id, also where it is called by its alias (facts A6)."""
    user = state.corpus(user_corpus(state.job)) if state.job is not None else None
    return user.root_id if folder_id == "root" and user is not None and user.root_id else folder_id


def _corpus_of(folder_id: str, state: ConnectionState) -> str:
    """The corpus that a folder is known to be of. Raises `InvalidMessageError`."""
    folder = state.folders.get(folder_id)
    if folder is not None:
        return folder.corpus
    for corpus in state.corpora:
        if corpus.root_id == folder_id:
            return corpus.corpus
    raise InvalidMessageError(
        "unknown_folder",
        f"no folder {folder_id!r} is known here; if it was made just now, an incremental trigger finds it",
        state.connection_id,
    )


def _marker(
    state: ConnectionState, corpus: CorpusState, position: str, data: SnapshotData, now: str, integration_id: str
) -> OutRecord:
    source = source_of(known_job(state), corpus.corpus, corpus.drive_id)
    writer = RecordWriter(integration_id, state.connection_id, source, corpus.snapshot_id, position, now)
    return writer.snapshot(corpus.corpus, data)
