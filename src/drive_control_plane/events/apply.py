"""What one notice changes.

In: a notice and the rows it may touch. Out: the rows, changed. Nothing here asks the database, and nothing goes
backwards: late and repeated notices find that their moment (`at`) has passed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from drive_control_plane.database.tables import Connection, ConnectionStatus, JobStatus, RecentError
from drive_control_plane.events import advice, alerts, corpora
from drive_control_plane.events.messages import (
    RESOURCE_ID_LENGTH,
    RESOURCE_TYPE_LENGTH,
    ErrorRecord,
    Notice,
    SyncEvent,
    text_of,
)
from drive_control_plane.events.rows import Rows

Handler = Callable[[Rows, Connection, SyncEvent], None]


def apply(rows: Rows, notice: Notice) -> str:
    """Change what a notice says; what became of it in a word, for a counter."""
    connection = rows.connections.get(notice.integration_connection_id or "")
    if connection is None:
        return "unknown_connection"
    if isinstance(notice, ErrorRecord):
        _count_error(rows, connection, notice)
    elif notice.event not in HANDLERS:
        return "unknown_event"
    else:
        HANDLERS[notice.event](rows, connection, notice)
    rows.touched.add(connection.id)
    return "applied"


def _accepted(rows: Rows, connection: Connection, event: SyncEvent) -> None:
    """A trigger was taken up.

    The worker tells nothing of a poll that found nothing: so the run before went well when no failure came between.
    Of a snapshot that is under way this is not known; its own events say how it does.
    """
    before, failed = connection.accepted_at, connection.last_failure_at
    if before is not None and event.at <= before:
        return
    if before is not None and (failed is None or failed < before) and not _is_listing(rows, connection):
        _succeed(connection, before)
    _unpark(rows, connection, event.at)
    if connection.status is ConnectionStatus.REAUTHORIZATION_REQUIRED:
        _change_status(rows, connection, ConnectionStatus.ACTIVE, event.at)


def _is_listing(rows: Rows, connection: Connection) -> bool:
    return any(job.status is JobStatus.RUNNING for job in rows.open_jobs_of(connection.id))


def _resumed(rows: Rows, connection: Connection, event: SyncEvent) -> None:
    _unpark(rows, connection, event.at)
    if connection.status in {ConnectionStatus.PAUSED, ConnectionStatus.REAUTHORIZATION_REQUIRED}:
        _change_status(rows, connection, ConnectionStatus.ACTIVE, event.at)


def _paused(rows: Rows, connection: Connection, event: SyncEvent) -> None:
    if connection.status is ConnectionStatus.ACTIVE:
        _change_status(rows, connection, ConnectionStatus.PAUSED, event.at)


def _unpark(rows: Rows, connection: Connection, at: datetime) -> None:
    """Whoever made the worker take up a stopped connection has acted on what was to be done."""
    parked = rows.alerts.get((connection.id, alerts.PARKED))
    if parked is not None and at > parked.opened_at:
        connection.status_reason = None
    connection.accepted_at = _later(connection.accepted_at, at)


def _failed(rows: Rows, connection: Connection, event: SyncEvent) -> None:
    if connection.last_failure_at is not None and event.at <= connection.last_failure_at:
        return
    connection.last_failure_at = event.at
    if connection.last_success_at is None or event.at >= connection.last_success_at:
        connection.consecutive_failures += 1
    todo = advice.when_stopped(event.code)
    if todo is not None and connection.status is ConnectionStatus.ACTIVE and not _is_over(connection, event.at):
        connection.status_reason = todo
        alerts.open_alert(rows, connection.id, alerts.PARKED, todo, event.at)


def _consent_is_gone(rows: Rows, connection: Connection, event: SyncEvent) -> None:
    granted_at = rows.granted_at.get(connection.id)
    is_of_another_grant = granted_at is not None and event.at < granted_at
    if is_of_another_grant or _is_over(connection, event.at):
        return
    if connection.status is ConnectionStatus.ACTIVE:
        _change_status(rows, connection, ConnectionStatus.REAUTHORIZATION_REQUIRED, event.at, advice.CONSENT)
    _failed(rows, connection, event)


def _is_over(connection: Connection, at: datetime) -> bool:
    """Whether the worker has taken the connection up again since."""
    return connection.accepted_at is not None and at < connection.accepted_at


def _forgotten(rows: Rows, connection: Connection, event: SyncEvent) -> None:
    for corpus in rows.corpora_of(connection.id):
        corpora.close(rows, corpus, event.at)


def _of_corpus(change: Callable[[Rows, SyncEvent, str], bool]) -> Handler:
    """What changes a corpus; when it says so, something was read, so the run goes well."""

    def handle(rows: Rows, connection: Connection, event: SyncEvent) -> None:
        if event.corpus is not None and change(rows, event, event.corpus):
            _succeed(connection, event.at)

    return handle


def _changes(rows: Rows, connection: Connection, event: SyncEvent) -> None:
    if event.corpus is None or not corpora.changed(rows, event, event.corpus):
        return
    _succeed(connection, event.at)
    if event.count > 0:
        connection.last_change_at = _later(connection.last_change_at, event.at)
        rows.active.add(connection.id)


def _used(rows: Rows, connection: Connection, event: SyncEvent) -> None:
    """Some seconds' use of Drive's quota, and what came of it, counted in the minute in which they ended.

    No earlier event is told again, and two workers may tell of one connection, each of its own part: so all count,
    also those whose moment has passed, and of limits the least does. A call may fail, so nothing here says that the run
    goes well.
    """
    counts = rows.minute(connection.id, event.at)
    counts.calls += event.calls
    counts.units += event.units
    counts.refused += event.refused
    counts.records += event.records
    counts.waited_seconds += event.waited_seconds
    counts.limit_per_minute = _least(counts.limit_per_minute, event.limit_per_minute)


def _succeed(connection: Connection, at: datetime) -> None:
    connection.last_success_at = _later(connection.last_success_at, at)
    if connection.last_failure_at is None or at > connection.last_failure_at:
        connection.consecutive_failures = 0


def _change_status(
    rows: Rows, connection: Connection, status: ConnectionStatus, at: datetime, reason: str | None = None
) -> None:
    """Unless somebody has changed it since; an operator's word stands above an event that was on its way."""
    if connection.status_at is not None and at < connection.status_at:
        return
    connection.status, connection.status_reason, connection.status_at = status, reason, at
    rows.statuses.append(connection)


def _count_error(rows: Rows, connection: Connection, error: ErrorRecord) -> None:
    rows.minute(connection.id, error.at).errors += 1
    known = rows.errors.get((connection.id, error.code))
    if known is None:
        new = RecentError(connection_id=connection.id, code=error.code, count=1, first_at=error.at, seen_at=error.at)
        _describe(new, error)
        rows.add_error(new)
        return
    known.count += 1
    known.first_at = min(known.first_at, error.at)
    if error.at >= known.seen_at:
        known.seen_at = error.at
        _describe(known, error)


def _describe(row: RecentError, error: ErrorRecord) -> None:
    row.stage, row.message, row.retryable = text_of(error.stage), text_of(error.message), error.retryable
    row.resource_type = error.resource_type and text_of(error.resource_type, RESOURCE_TYPE_LENGTH)
    row.resource_id = error.resource_id and text_of(error.resource_id, RESOURCE_ID_LENGTH)


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


HANDLERS: Mapping[str, Handler] = {
    "job_accepted": _accepted,
    "corpus_opened": _of_corpus(corpora.opened),
    "corpus_closed": _of_corpus(corpora.closed),
    "snapshot_started": _of_corpus(corpora.started),
    "snapshot_progress": _of_corpus(corpora.progressed),
    "snapshot_completed": _of_corpus(corpora.completed),
    "snapshot_held": _of_corpus(corpora.held),
    "changes_applied": _changes,
    "job_failed": _failed,
    "reauthorization_required": _consent_is_gone,
    "paused": _paused,
    "resumed": _resumed,
    "forgotten": _forgotten,
    "usage": _used,
}
"""By the event's name; names that a newer worker may send are passed over."""
