"""What charts ask of PostgreSQL: rows of the window and no others, added up there."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text
from tests.integration.control_plane.database.test_indexes import plan
from tests.support.control_plane.context import EPOCH
from tests.support.control_plane.worker_words import TENANT, connection, populate

from drive_control_plane.dashboard.charts import series
from drive_control_plane.dashboard.charts.spans import Span, window_of
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection, MinuteCount

CONNECTIONS, MINUTES = 20, 3_000


@pytest.fixture
async def filled(postgresql_database: Database) -> Database:
    """Provide two days of minutes of each of twenty connections."""
    ids = [f"conn_{n}" for n in range(CONNECTIONS)]
    await populate(postgresql_database, *(connection(each) for each in ids))
    async with postgresql_database.transaction() as session:
        for each in ids:
            rows = [
                {"connection_id": each, "minute": EPOCH - timedelta(minutes=n), "changes": 1, "files": 0, "errors": 0}
                for n in range(MINUTES)
            ]
            await session.execute(insert(MinuteCount), rows)
        await session.execute(text("ANALYZE"))
    return postgresql_database


async def test_of_all_minutes_only_those_of_the_window_are_read(filled: Database) -> None:
    """The last hour of all connections by the index of minutes, a connection's by its own key."""
    window = window_of(Span.HOUR, EPOCH)
    theirs = MinuteCount.connection_id.in_(select(Connection.id).where(Connection.tenant_id == TENANT))
    for whose, index in (
        (theirs, "ix_minute_counts_minute"),
        (MinuteCount.connection_id == "conn_3", "pk_minute_counts"),
    ):
        steps = await plan(filled, series.question(whose, window))
        assert index in {step.get("Index Name") for step in steps}, steps
        assert "minute_counts" not in {step.get("Relation Name") for step in steps if step["Node Type"] == "Seq Scan"}


async def test_however_many_minutes_a_row_a_step_comes_back(filled: Database) -> None:
    """A day of 20 connections is 28,800 rows in the database and 96 in the answer."""
    window = window_of(Span.DAY, EPOCH)
    theirs = MinuteCount.connection_id.in_(select(Connection.id).where(Connection.tenant_id == TENANT))
    async with filled.reading() as session:
        rows = (await session.execute(series.question(theirs, window))).all()
    assert len(rows) == 96
    assert sum(row.changes for row in rows) == CONNECTIONS * (24 * 60 - 14)
