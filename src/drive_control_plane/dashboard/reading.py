"""What the pages show, read from the database.

In: a tenant, and never anybody else's rows. Out: plain values, made for templates: numbers, words, moments.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database.tables import (
    Alert,
    AuditEntry,
    Channel,
    Connection,
    ConnectionStatus,
    Corpus,
    Job,
    MinuteCount,
    RecentError,
)

Row = TypeVar("Row", Corpus, Alert, RecentError, Job, Channel)

MOST_CONNECTIONS = 200
"""On one page; beyond that, the API has pages."""
MOST_ROWS = 50
DAY = timedelta(days=1)

LABELS = {
    ConnectionStatus.ACTIVE: "Active",
    ConnectionStatus.PAUSED: "Paused",
    ConnectionStatus.REAUTHORIZATION_REQUIRED: "Consent needed",
    ConnectionStatus.DISCONNECTED: "Disconnected",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the corpora of a connection are, together."""

    files: int
    percent: int | None
    """None while nothing is being listed."""
    eta_seconds: float | None
    lag_seconds: float | None
    held: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A connection in the overview."""

    connection: Connection
    label: str
    progress: Progress
    alerts: int


@dataclass(frozen=True, slots=True)
class Details:
    """All that one connection's page shows."""

    connection: Connection
    label: str
    progress: Progress
    corpora: Sequence[Corpus]
    alerts: Sequence[Alert]
    errors: Sequence[RecentError]
    jobs: Sequence[Job]
    channels: Sequence[Channel]
    changes: int
    """In the last 24 hours."""


async def overview(session: AsyncSession, tenant_id: str) -> list[Line]:
    """The connections of a tenant, those that need somebody first, then the newest."""
    listed = select(Connection).where(
        Connection.tenant_id == tenant_id, Connection.status != ConnectionStatus.DISCONNECTED
    )
    newest = listed.order_by(Connection.created_at.desc(), Connection.id).limit(MOST_CONNECTIONS)
    connections = (await session.scalars(newest)).all()
    ids = [connection.id for connection in connections]
    corpora: defaultdict[str, list[Corpus]] = defaultdict(list)
    for corpus in await session.scalars(select(Corpus).where(Corpus.connection_id.in_(ids))):
        corpora[corpus.connection_id].append(corpus)
    alerts: defaultdict[str, int] = defaultdict(int)
    open_alerts = select(Alert.connection_id).where(Alert.connection_id.in_(ids), Alert.closed_at.is_(None))
    for connection_id in await session.scalars(open_alerts):
        alerts[connection_id] += 1
    lines = [
        Line(connection, LABELS[connection.status], progress_of(corpora[connection.id]), alerts[connection.id])
        for connection in connections
    ]
    return sorted(lines, key=lambda line: line.alerts == 0)


async def details(session: AsyncSession, tenant_id: str, connection_id: str, now: datetime) -> Details | None:
    """One connection of a tenant; None when it is nobody's, or somebody else's."""
    connection = await session.get(Connection, connection_id)
    if connection is None or connection.tenant_id != tenant_id:
        return None
    corpora = await _of(session, connection_id, Corpus, Corpus.corpus)
    return Details(
        connection,
        LABELS[connection.status],
        progress_of(corpora),
        corpora,
        await _of(session, connection_id, Alert, Alert.opened_at.desc()),
        await _of(session, connection_id, RecentError, RecentError.seen_at.desc()),
        await _of(session, connection_id, Job, Job.started_at.desc()),
        await _of(session, connection_id, Channel, Channel.created_at.desc()),
        await _changes(session, connection_id, now - DAY),
    )


async def audit_page(session: AsyncSession, tenant_id: str, before: int | None) -> list[AuditEntry]:
    """Entries of a tenant, the newest first, older than the one with that number."""
    wanted = select(AuditEntry).where(AuditEntry.tenant_id == tenant_id)
    if before is not None:
        wanted = wanted.where(AuditEntry.id < before)
    return list(await session.scalars(wanted.order_by(AuditEntry.id.desc()).limit(MOST_ROWS)))


def progress_of(corpora: Iterable[Corpus]) -> Progress:
    """Add corpora up: ranges that are done of all ranges, the longest time left, the longest lag."""
    open_ones = [corpus for corpus in corpora if corpus.closed_at is None]
    scanning = [corpus for corpus in open_ones if corpus.ranges_total > corpus.ranges_done]
    total = sum(corpus.ranges_total for corpus in scanning)
    held = sum(corpus.held or 0 for corpus in open_ones)
    return Progress(
        sum(corpus.files for corpus in open_ones),
        sum(corpus.ranges_done for corpus in scanning) * 100 // total if total else None,
        max((corpus.eta_seconds for corpus in scanning if corpus.eta_seconds is not None), default=None),
        max((corpus.lag_seconds for corpus in open_ones if corpus.lag_seconds is not None), default=None),
        held or None,
    )


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, as people say it."""
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment).total_seconds()))
    return "just now" if seconds < 10 else f"{span(seconds)} ago"


def span(seconds: float) -> str:
    """A length of time in its largest unit that fits."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


async def _changes(session: AsyncSession, connection_id: str, since: datetime) -> int:
    counted = select(func.coalesce(func.sum(MinuteCount.changes), 0)).where(
        MinuteCount.connection_id == connection_id, MinuteCount.minute >= since
    )
    return int(await session.scalar(counted) or 0)


async def _of(session: AsyncSession, connection_id: str, table: type[Row], order: Any) -> list[Row]:
    wanted = select(table).where(table.connection_id == connection_id).order_by(order)
    return list(await session.scalars(wanted.limit(MOST_ROWS)))
