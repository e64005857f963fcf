"""What a connection's page shows, read from the database.

In: a tenant, and never anybody else's rows. Out: plain values, made for templates: numbers, words, moments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.connections.progress import Progress, Stage, progress_of, stage_of
from drive_control_plane.dashboard.listing import LABELS
from drive_control_plane.database.tables import (
    Alert,
    Channel,
    Connection,
    Corpus,
    Job,
    MinuteCount,
    RecentError,
)

Row = TypeVar("Row", Corpus, Alert, RecentError, Job, Channel)

MOST_ROWS = 50
"""Of one kind; the API has more."""
MOST_JOBS = 5
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Details:
    """All that one connection's page shows."""

    connection: Connection
    label: str
    progress: Progress
    corpora: Sequence[Corpus]
    """The open ones first."""
    corpora_left_out: int
    alerts: Sequence[Alert]
    """Those that are open."""
    errors: Sequence[RecentError]
    jobs: Sequence[Job]
    channels: Sequence[Channel]
    changes: int
    """In the last 24 hours."""


async def details(session: AsyncSession, tenant_id: str, connection_id: str, now: datetime) -> Details | None:
    """One connection of a tenant; None when it is nobody's, or somebody else's."""
    connection = await session.get(Connection, connection_id)
    if connection is None or connection.tenant_id != tenant_id:
        return None
    asked = select(Corpus).where(Corpus.connection_id == connection_id)
    corpora = list(await session.scalars(asked.order_by(Corpus.closed_at.is_not(None), Corpus.corpus)))
    alerts = await _of(session, connection_id, Alert, Alert.opened_at.desc(), Alert.closed_at.is_(None))
    return Details(
        connection,
        LABELS[connection.status],
        progress_of(corpora),
        corpora[:MOST_ROWS],
        max(0, len(corpora) - MOST_ROWS),
        alerts,
        await _of(session, connection_id, RecentError, RecentError.seen_at.desc()),
        (await _of(session, connection_id, Job, Job.started_at.desc()))[:MOST_JOBS],
        await _of(session, connection_id, Channel, Channel.created_at.desc()),
        await _changes(session, connection_id, now - DAY),
    )


def standing(corpus: Corpus) -> str:
    """How a corpus stands, in words."""
    if corpus.closed_at is not None:
        return "not followed any more"
    if corpus.held:
        return f"waits: {corpus.held:,} items would be removed"
    if stage_of(corpus) is Stage.LISTING:
        ranges = f", {corpus.ranges_done:,} of {corpus.ranges_total:,} parts" if corpus.ranges_total else ""
        return f"being listed{ranges}"
    return "listed, but not all could be read" if corpus.complete is False else "in step"


async def _changes(session: AsyncSession, connection_id: str, since: datetime) -> int:
    counted = select(func.coalesce(func.sum(MinuteCount.changes), 0)).where(
        MinuteCount.connection_id == connection_id, MinuteCount.minute >= since
    )
    return int(await session.scalar(counted) or 0)


async def _of(
    session: AsyncSession, connection_id: str, table: type[Row], order: Any, *only: ColumnElement[bool]
) -> list[Row]:
    wanted = select(table).where(table.connection_id == connection_id, *only).order_by(order)
    return list(await session.scalars(wanted.limit(MOST_ROWS)))
