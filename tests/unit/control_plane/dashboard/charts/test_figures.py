"""Figures over all connections of a tenant."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.control_plane.context import EPOCH
from tests.support.control_plane.worker_words import CONN, TENANT, connection, populate
from tests.unit.control_plane.dashboard.charts.counting import counted

from drive_control_plane.dashboard.charts.figures import day_began, figures
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Alert, ConnectionStatus, Corpus

MIDNIGHT_MINUTES_AGO = 16 * 60
"""At the epoch, midnight in UTC, it is four in the afternoon in California."""


@pytest.mark.parametrize(
    ("now", "began"),
    [
        (datetime(2026, 1, 1, 7, 59, tzinfo=UTC), datetime(2025, 12, 31, 8, tzinfo=UTC)),
        (datetime(2026, 1, 1, 8, 0, tzinfo=UTC), datetime(2026, 1, 1, 8, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), datetime(2026, 7, 1, 7, tzinfo=UTC)),
        (datetime(2026, 11, 2, 7, 30, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)),
    ],
)
def test_a_day_of_quota_begins_at_midnight_in_california(now: datetime, began: datetime) -> None:
    """In winter, in summer, and on the day of 25 hours between."""
    assert day_began(now) == began


async def test_figures_are_of_one_tenants_connections(databases: Database) -> None:
    """By status, with open alerts and open corpora; counts since yesterday and since the day of quota began."""
    paused, foreign = connection("conn_2", status=ConnectionStatus.PAUSED), connection("conn_3", "tenant_2")
    ended = connection("conn_4", status=ConnectionStatus.DISCONNECTED)
    await populate(databases, connection(), paused, foreign, ended)
    heard = {"opened_at": EPOCH, "heard_at": EPOCH}
    alert = {"kind": "failing", "message": "It fails.", "opened_at": EPOCH}
    async with databases.transaction() as session:
        session.add_all(
            [
                Corpus(connection_id=CONN, corpus="user:me", files=7, **heard),
                Corpus(connection_id="conn_2", corpus="user:me", files=5, **heard),
                Corpus(connection_id="conn_2", corpus="drive:0A", files=1_000, closed_at=EPOCH, **heard),
                Corpus(connection_id="conn_3", corpus="user:me", files=1_000, **heard),
                Alert(id="alert_1", connection_id=CONN, **alert),
                Alert(id="alert_2", connection_id=CONN, closed_at=EPOCH, **alert),
                Alert(id="alert_3", connection_id="conn_3", **alert),
                counted(1, changes=1, units=10, refused=3),
                counted(MIDNIGHT_MINUTES_AGO, changes=2, units=20),
                counted(MIDNIGHT_MINUTES_AGO + 1, "conn_2", changes=4, units=1_000),
                counted(25 * 60, changes=1_000),
                counted(1, "conn_3", changes=1_000, units=1_000),
            ]
        )
    async with databases.reading() as session:
        found = await figures(session, TENANT, EPOCH, 3_000)
        nothing = await figures(session, "tenant_without_any", EPOCH, None)
    assert found.connections == 2
    assert found.statuses == {
        ConnectionStatus.ACTIVE: 1,
        ConnectionStatus.PAUSED: 1,
        ConnectionStatus.DISCONNECTED: 1,
    }
    assert (found.items, found.changes, found.units, found.refused, found.alerts) == (12, 7, 30, 3, 1)
    assert found.percent_of_day == 1.0
    assert (nothing.connections, nothing.items, nothing.changes, nothing.units) == (0, 0, 0, 0)
    assert nothing.percent_of_day is None


async def test_of_a_day_of_25_hours_all_is_counted(databases: Database) -> None:
    """The last 24 hours are not all of it."""
    await populate(databases)
    now = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)
    row = counted(0, changes=1, units=5)
    row.minute = now - timedelta(hours=24, minutes=20)
    async with databases.transaction() as session:
        session.add(row)
    async with databases.reading() as session:
        found = await figures(session, TENANT, now, None)
    assert (found.units, found.changes) == (5, 0)
