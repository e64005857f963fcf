"""What a person should look at.

In: a connection with its corpora and open alerts. Out: alerts opened and closed, never two of one kind at a time, each
with a sentence that says what to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from drive_control_plane.database.base import new_id
from drive_control_plane.database.tables import Alert, Connection, ConnectionStatus, Corpus
from drive_control_plane.events import advice
from drive_control_plane.events.rows import Rows

FAILING = "failing"
CONSENT = "reauthorization_required"
PARKED = "parked"
HELD = "snapshot_held"
LAGGING = "lagging"
SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is worth a person's time."""

    failures: int = 3
    lag_for: timedelta = timedelta(minutes=10)
    lag_told_within: timedelta = timedelta(minutes=30)
    """A lag that nobody has reported for longer is over: there was nothing more to apply."""
    silent_intervals: int = 3
    interval: timedelta = timedelta(minutes=5)
    """Of a connection that has not run twice yet."""
    grace: timedelta = timedelta(minutes=2)


def judge(rows: Rows, connection: Connection, now: datetime, limits: Limits) -> bool:
    """Open what is due and close what is over; whether anything changed."""
    due = dict(_due(rows, connection, now, limits))
    is_open = {kind for id_, kind in rows.alerts if id_ == connection.id}
    for kind in is_open - due.keys():
        rows.alerts.pop((connection.id, kind)).closed_at = now
    changed = [open_alert(rows, connection.id, kind, message, now) for kind, message in due.items()]
    return any(changed) or bool(is_open - due.keys())


def differ(rows: Rows, connection: Connection, now: datetime, limits: Limits) -> bool:
    """Whether `judge` would change anything."""
    is_open = {kind: alert.message for (id_, kind), alert in rows.alerts.items() if id_ == connection.id}
    return dict(_due(rows, connection, now, limits)) != is_open


def open_alert(rows: Rows, connection_id: str, kind: str, message: str, at: datetime) -> bool:
    """Open an alert, or renew the words of one that is open; whether anything changed."""
    known = rows.alerts.get((connection_id, kind))
    if known is None:
        rows.add_alert(Alert(id=new_id("alert"), connection_id=connection_id, kind=kind, message=message, opened_at=at))
    elif known.message == message:
        return False
    else:
        known.message = message
    return True


def _due(rows: Rows, connection: Connection, now: datetime, limits: Limits) -> Iterator[tuple[str, str]]:
    if connection.status is ConnectionStatus.DISCONNECTED:
        return
    if connection.status is ConnectionStatus.REAUTHORIZATION_REQUIRED:
        yield CONSENT, advice.CONSENT
    parked = rows.alerts.get((connection.id, PARKED))
    if parked is not None and not _acted_since(connection, parked):
        yield PARKED, parked.message
    if connection.consecutive_failures >= limits.failures:
        yield FAILING, _failing(connection)
    corpora = [corpus for corpus in rows.corpora_of(connection.id) if corpus.closed_at is None]
    if any(corpus.held is not None for corpus in corpora):
        yield HELD, _held(corpora)
    late = [corpus for corpus in corpora if _is_late(corpus, now, limits)]
    if late:
        yield LAGGING, _lagging(late)
    if parked is None and _is_silent(connection, now, limits):
        yield SILENT, _silent(connection)


def _acted_since(connection: Connection, parked: Alert) -> bool:
    """Whether the worker has taken the connection up again, or goes on with it all the same."""
    moments = (connection.accepted_at, connection.last_success_at)
    return any(moment is not None and moment > parked.opened_at for moment in moments)


def _is_late(corpus: Corpus, now: datetime, limits: Limits) -> bool:
    since, told = corpus.lag_above_since, corpus.changes_at
    if since is None or told is None:
        return False
    return told - since >= limits.lag_for and now - told <= limits.lag_told_within


def _is_silent(connection: Connection, now: datetime, limits: Limits) -> bool:
    return connection.status is ConnectionStatus.ACTIVE and now - _heard(connection) > _patience(connection, limits)


def _heard(connection: Connection) -> datetime:
    """When the worker last told anything of it, good or bad, or when it was last made to begin."""
    moments = (
        connection.accepted_at,
        connection.last_success_at,
        connection.last_failure_at,
        connection.status_at,
        connection.created_at,
    )
    return max(moment for moment in moments if moment is not None)


def _patience(connection: Connection, limits: Limits) -> timedelta:
    """Some intervals of its schedule, whichever kind it is; what runs by hand only is never silent."""
    if connection.next_run_at is None:
        return timedelta.max
    interval = limits.interval
    if connection.last_run_at is not None:
        interval = max(connection.next_run_at - connection.last_run_at, timedelta(minutes=1))
    return limits.silent_intervals * interval + limits.grace


def _failing(connection: Connection) -> str:
    return (
        f"The last {connection.consecutive_failures} tries failed. It is tried again with every run; its newest error "
        "says why, and what to do if it does not pass by itself."
    )


def _held(corpora: list[Corpus]) -> str:
    parts = [f"{corpus.held} items of {corpus.corpus}" for corpus in corpora if corpus.held is not None]
    return (
        f"{' and '.join(parts)} were not there any more when everything was listed, and would be removed. If they were "
        "deleted on purpose, press Confirm; if not, press Full sync to list again. Changes go on meanwhile."
    )


def _lagging(corpora: list[Corpus]) -> str:
    parts = [f"{corpus.corpus} {round((corpus.lag_seconds or 0.0) / 60)} minutes" for corpus in corpora]
    return (
        f"Changes arrive late ({', '.join(parts)}). Look at the quota that is left and at the load of the workers; "
        "more replicas share the connections among them."
    )


def _silent(connection: Connection) -> str:
    return (
        f"Nothing was heard of the worker since {_heard(connection):%Y-%m-%d %H:%M} UTC, though the schedule has asked "
        "several times. See that a worker runs and reaches Kafka: `google-drive-worker doctor` says what is wrong."
    )
