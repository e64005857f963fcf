"""Counts in even steps, added up by the database.

In: a window, and whose counts (a tenant's, or one connection's). Out: one `Point` for each step, those without a count
too. However many minutes and connections there are, the database answers with a row a step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.dashboard.charts.spans import Window
from drive_control_plane.database.tables import Connection, MinuteCount

COUNTS = ("changes", "files", "records", "errors", "calls", "units", "refused")
WAITED, LAG, LIMIT = "waited_seconds", "lag_seconds", "limit_per_minute"
ALL = (*COUNTS, WAITED, LAG, LIMIT)


@dataclass(frozen=True, slots=True)
class Point:
    """What was counted in one step. The worker tells of what it did, so a step that it told nothing of counts zero."""

    at: datetime
    changes: int = 0
    files: int = 0
    """Items that a listing found."""
    records: int = 0
    errors: int = 0
    calls: int = 0
    units: int = 0
    refused: int = 0
    lag_seconds: float | None = None
    """The longest; None when no change came, for then nothing is known of it."""
    waited_seconds: float = 0.0
    """For quota: the waits of all calls together."""
    limit_per_minute: int | None = None
    """Units that the project may use, the least that a worker believed; None when none told of any."""


async def of_tenant(session: AsyncSession, tenant_id: str, window: Window) -> Sequence[Point]:
    """All connections of a tenant together."""
    theirs = MinuteCount.connection_id.in_(select(Connection.id).where(Connection.tenant_id == tenant_id))
    return await _read(session, theirs, window)


async def of_connection(session: AsyncSession, connection_id: str, window: Window) -> Sequence[Point]:
    """One connection."""
    return await _read(session, MinuteCount.connection_id == connection_id, window)


async def _read(session: AsyncSession, whose: ColumnElement[bool], window: Window) -> Sequence[Point]:
    found = {int(row.step): row for row in await session.execute(question(whose, window))}
    return [_point(at, found.get(int(at.timestamp()))) for at in window.moments()]


def question(whose: ColumnElement[bool], window: Window) -> Select[Any]:
    """A row for each step that has counts: its beginning in seconds since 1970, sums, the longest lag, the least limit.

    First by minute, then by step: what a minute's rows have in common is worked out once, which halves the time.
    """
    of_window = (whose, MinuteCount.minute >= window.since, MinuteCount.minute < window.until)
    minutes = select(MinuteCount.minute, *_together(MinuteCount)).where(*of_window).group_by(MinuteCount.minute)
    each = minutes.subquery().c
    epoch = cast(extract("epoch", each.minute), BigInteger)
    begins = (epoch - epoch % int(window.step.total_seconds())).label("step")
    steps = select(begins, *(each[name] for name in ALL)).subquery()
    return select(steps.c.step, *_together(steps.c)).group_by(steps.c.step)


def _together(columns: Any) -> list[ColumnElement[Any]]:
    sums: list[ColumnElement[Any]] = [func.sum(getattr(columns, name)).label(name) for name in (*COUNTS, WAITED)]
    return [*sums, func.max(getattr(columns, LAG)).label(LAG), func.min(getattr(columns, LIMIT)).label(LIMIT)]


def _point(at: datetime, row: Any) -> Point:
    if row is None:
        return Point(at)
    counts = {name: int(getattr(row, name)) for name in COUNTS}
    return Point(at, **counts, **{name: getattr(row, name) for name in (LAG, WAITED, LIMIT)})
