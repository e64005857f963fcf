"""How it stands over all connections of a tenant, in a few figures.

In: a tenant and the time. Out: `Figures`. A day of quota is told from midnight in Pacific time, which is when days of
Google's APIs begin (for Drive it does not say so).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database.tables import Alert, Connection, ConnectionStatus, Corpus, MinuteCount

PACIFIC = ZoneInfo("America/Los_Angeles")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers over all connections."""

    statuses: Mapping[ConnectionStatus, int]
    items: int
    changes: int
    """In the last 24 hours."""
    units: int
    """Of quota, since its day began."""
    refused: int
    """Calls, in the same time."""
    units_per_day: int | None
    """What there is of them, if anybody has said so."""
    alerts: int

    @property
    def connections(self) -> int:
        """Those that are connected."""
        return sum(self.statuses.values()) - self.statuses.get(ConnectionStatus.DISCONNECTED, 0)

    @property
    def percent_of_day(self) -> float | None:
        """How much of the day's quota is used."""
        return None if self.units_per_day is None else self.units * 100 / self.units_per_day


def day_began(now: datetime) -> datetime:
    """When the day of quota began, in UTC."""
    there = now.astimezone(PACIFIC)
    return there.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


async def figures(session: AsyncSession, tenant_id: str, now: datetime, units_per_day: int | None) -> Figures:
    """Ask the database for all of them."""
    theirs = select(Connection.id).where(Connection.tenant_id == tenant_id)
    counted = select(Connection.status, func.count()).where(Connection.tenant_id == tenant_id)
    statuses = {row[0]: int(row[1]) for row in await session.execute(counted.group_by(Connection.status))}
    items = select(func.sum(Corpus.files)).where(Corpus.connection_id.in_(theirs), Corpus.closed_at.is_(None))
    alerts = select(func.count()).where(Alert.connection_id.in_(theirs), Alert.closed_at.is_(None))
    sums = (await session.execute(_sums(theirs, now - DAY, day_began(now)))).one()
    return Figures(
        statuses=statuses,
        items=int(await session.scalar(items) or 0),
        changes=int(sums.changes or 0),
        units=int(sums.units or 0),
        refused=int(sums.refused or 0),
        units_per_day=units_per_day,
        alerts=int(await session.scalar(alerts) or 0),
    )


def _sums(theirs: Select[str], yesterday: datetime, midnight: datetime) -> Select[Any]:
    """Changes of the last 24 hours; units and refused calls of the day of quota."""
    return select(
        func.sum(case((MinuteCount.minute >= yesterday, MinuteCount.changes), else_=0)).label("changes"),
        func.sum(case((MinuteCount.minute >= midnight, MinuteCount.units), else_=0)).label("units"),
        func.sum(case((MinuteCount.minute >= midnight, MinuteCount.refused), else_=0)).label("refused"),
    ).where(MinuteCount.connection_id.in_(theirs), MinuteCount.minute >= min(yesterday, midnight))
