"""Connections as the API shows them.

In: rows. Out: models; no credential is in them, nor anything of which one could be made.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from drive_control_plane.connections.progress import progress_of
from drive_control_plane.database.tables import Alert, Connection, ConnectionStatus, Corpus, JobStatus, RecentError


class _FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ProgressView(_FromRow):
    """How far all corpora are, together."""

    files: int
    percent: int | None
    """None while nothing is being listed."""
    eta_seconds: float | None
    lag_seconds: float | None
    held: int | None
    """So many items would be removed: confirm, or list again."""


class ConnectionView(_FromRow):
    """A connection."""

    id: str
    name: str
    account_email: str
    status: ConnectionStatus
    status_reason: str | None
    push_off_reason: str | None
    settings: dict[str, Any]
    schedule: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_success_at: datetime | None
    last_change_at: datetime | None
    consecutive_failures: int
    progress: ProgressView


class CorpusView(_FromRow):
    """A change log that is followed."""

    corpus: str
    snapshot_id: str | None
    files: int
    ranges_done: int
    ranges_total: int
    eta_seconds: float | None
    complete: bool | None
    held: int | None
    lag_seconds: float | None
    opened_at: datetime
    closed_at: datetime | None
    heard_at: datetime


class JobView(_FromRow):
    """A snapshot of a corpus."""

    corpus: str
    snapshot_id: str
    status: JobStatus
    counts: dict[str, int]
    complete: bool | None
    started_at: datetime
    ended_at: datetime | None


class ErrorView(_FromRow):
    """Errors of one code."""

    code: str
    stage: str
    message: str
    retryable: bool
    resource_type: str | None
    resource_id: str | None
    count: int
    first_at: datetime
    seen_at: datetime


class AlertView(_FromRow):
    """Something that a person should look at."""

    kind: str
    message: str
    opened_at: datetime


class ConnectionDetails(ConnectionView):
    """A connection with what is known of it: open alerts, the newest errors and jobs."""

    corpora: list[CorpusView]
    alerts: list[AlertView]
    errors: list[ErrorView]
    jobs: list[JobView]


class ConnectionPage(BaseModel):
    """Some connections, the newest first."""

    connections: list[ConnectionView]
    next_cursor: str | None
    """What to ask for the next page with; None: this was the last one."""


def view_of(connection: Connection, corpora: Iterable[Corpus]) -> ConnectionView:
    """A connection with its progress."""
    return ConnectionView.model_validate(_values(connection, corpora))


def details_of(
    connection: Connection, corpora: list[Corpus], alerts: list[Alert], errors: list[RecentError], jobs: list[Any]
) -> ConnectionDetails:
    """A connection with all that is shown of one."""
    values = _values(connection, corpora)
    return ConnectionDetails.model_validate(
        {**values, "corpora": corpora, "alerts": alerts, "errors": errors, "jobs": jobs}, from_attributes=True
    )


def _values(connection: Connection, corpora: Iterable[Corpus]) -> dict[str, Any]:
    shown = {name: getattr(connection, name) for name in ConnectionView.model_fields if name != "progress"}
    return {**shown, "progress": ProgressView.model_validate(progress_of(corpora))}
