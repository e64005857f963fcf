"""Alerts that only time brings: a connection fell silent, or a lag is told no more.

In: all connections, a page at a time. Out: their alerts as they should be now. Connections are locked only where an
alert changes, so the sweeps of several replicas cost and harm nothing.
"""

from collections.abc import Sequence

from sqlalchemy import select

from drive_control_plane.clock import Clock
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection
from drive_control_plane.events import alerts
from drive_control_plane.events.rows import load_connections

PAGE = 200


class AlertSweep:
    """Looks at every connection when told to."""

    def __init__(self, database: Database, clock: Clock, limits: alerts.Limits | None = None) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits or alerts.Limits()

    async def sweep(self) -> int:
        """Open and close what is due; how many connections that changed."""
        changed, after = 0, ""
        while page := await self._page(after):
            after = page[-1]
            changed += await self._settle(await self._different(page))
        return changed

    async def _page(self, after: str) -> Sequence[str]:
        asked = select(Connection.id).where(Connection.id > after).order_by(Connection.id).limit(PAGE)
        async with self._database.reading() as session:
            return (await session.scalars(asked)).all()

    async def _different(self, ids: Sequence[str]) -> list[str]:
        now = self._clock.now()
        async with self._database.reading() as session:
            rows = await load_connections(session, ids, lock=False)
            known = rows.connections.values()
            return [each.id for each in known if alerts.differ(rows, each, now, self._limits)]

    async def _settle(self, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        now = self._clock.now()
        async with self._database.transaction() as session:
            rows = await load_connections(session, ids)
            judged = [each for each in rows.connections.values() if alerts.judge(rows, each, now, self._limits)]
            for connection in judged:
                connection.updated_at = now
            session.add_all(rows.made)
        return len(judged)
