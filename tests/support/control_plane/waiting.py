"""Who waits for whom on PostgreSQL.

In: a database. Out: the moment at which others wait for a lock of it, so that a test knows that they do.
"""

import asyncio

from sqlalchemy import text

from drive_control_plane.database import Database

WAIT_SECONDS = 30.0
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND clock_timestamp() - query_start >= make_interval(secs => :seconds)"
)


async def until_waiting(database: Database, sessions: int, seconds: float = 0.0) -> None:
    """Return when so many sessions have waited for a lock so long. Raises `TimeoutError`."""
    async with asyncio.timeout(WAIT_SECONDS), database.engine.connect() as connection:
        while await connection.scalar(_WAITING, {"seconds": seconds}) != sessions:
            await connection.rollback()  # what a transaction saw of others' activity once, it goes on seeing
            await asyncio.sleep(0.02)
