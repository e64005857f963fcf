"""What is not kept for ever.

In: how many days each kind is kept. Out: older rows deleted, some at a time, so that no lock is held for long. Jobs and
alerts go only once they have ended; the audit log is kept.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_

from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Base, Database
from drive_control_plane.database.tables import (
    Alert,
    ConnectFlow,
    FailedAttempt,
    Job,
    MinuteCount,
    OperatorSession,
    RecentError,
    SetupLink,
)

ROWS = 1_000


async def clean(database: Database, now: datetime, settings: ControlPlaneSettings, rows: int = ROWS) -> int:
    """Delete what is older than the settings say; how many rows that were. Raises what the database raises."""
    deleted = 0
    for table, is_old in _old(now, settings):
        while (some := await _delete(database, table, is_old, rows)) > 0:
            deleted += some
    return deleted


def _old(now: datetime, settings: ControlPlaneSettings) -> Iterator[tuple[type[Base], ColumnElement[bool]]]:
    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    ended = before(settings.retention_sessions_days)
    yield MinuteCount, MinuteCount.minute < before(settings.retention_minute_counts_days)
    yield RecentError, RecentError.seen_at < before(settings.retention_errors_days)
    yield Job, Job.ended_at < before(settings.retention_jobs_days)
    yield Alert, Alert.closed_at < before(settings.retention_alerts_days)
    yield ConnectFlow, ConnectFlow.expires_at < ended
    yield OperatorSession, OperatorSession.expires_at < ended
    yield SetupLink, SetupLink.expires_at < ended
    yield FailedAttempt, FailedAttempt.at < ended


async def _delete(database: Database, table: type[Base], is_old: ColumnElement[bool], rows: int) -> int:
    key: tuple[Any, ...] = inspect(table).primary_key
    some = select(*key).where(is_old).limit(rows)
    async with database.transaction() as session:
        result = await session.execute(delete(table).where(tuple_(*key).in_(some)))
        return int(getattr(result, "rowcount", 0))
