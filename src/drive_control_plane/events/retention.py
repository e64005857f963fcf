"""What is not kept for ever.

In: how many days each kind is kept. Out: older rows deleted, some at a time, so that no lock is held for long. Jobs and
alerts go only once they have ended; the audit log is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_

from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Base, Database
from drive_control_plane.database.tables import (
    Alert,
    ConnectFlow,
    Job,
    MinuteCount,
    OperatorSession,
    RecentError,
    SetupLink,
)

ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Retention:
    """Days."""

    minute_counts: int = 30
    recent_errors: int = 30
    jobs: int = 90
    alerts: int = 90
    sessions: int = 1
    """Of signed-in browsers; also consents and set-up links whose time is over."""


def retention_of(settings: ControlPlaneSettings) -> Retention:
    """What the settings say."""
    return Retention(
        minute_counts=settings.retention_minute_counts_days,
        recent_errors=settings.retention_errors_days,
        jobs=settings.retention_jobs_days,
        alerts=settings.retention_alerts_days,
        sessions=settings.retention_sessions_days,
    )


async def clean(database: Database, now: datetime, retention: Retention | None = None, rows: int = ROWS) -> int:
    """Delete what is older; how many rows that were. Raises what the database raises."""
    deleted = 0
    for table, is_old in _old(now, retention or Retention()):
        while (some := await _delete(database, table, is_old, rows)) > 0:
            deleted += some
    return deleted


def _old(now: datetime, kept: Retention) -> Iterator[tuple[type[Base], ColumnElement[bool]]]:
    ended = now - timedelta(days=kept.sessions)
    yield MinuteCount, MinuteCount.minute < now - timedelta(days=kept.minute_counts)
    yield RecentError, RecentError.seen_at < now - timedelta(days=kept.recent_errors)
    yield Job, Job.ended_at < now - timedelta(days=kept.jobs)
    yield Alert, Alert.closed_at < now - timedelta(days=kept.alerts)
    yield ConnectFlow, ConnectFlow.expires_at < ended
    yield OperatorSession, OperatorSession.expires_at < ended
    yield SetupLink, SetupLink.expires_at < ended


async def _delete(database: Database, table: type[Base], is_old: ColumnElement[bool], rows: int) -> int:
    key: tuple[Any, ...] = inspect(table).primary_key
    some = select(*key).where(is_old).limit(rows)
    async with database.transaction() as session:
        result = await session.execute(delete(table).where(tuple_(*key).in_(some)))
        return int(getattr(result, "rowcount", 0))
