"""Series: counts in even steps, of a tenant or of one connection, the same from SQLite and PostgreSQL."""

from datetime import timedelta

from tests.support.control_plane.context import EPOCH
from tests.support.control_plane.worker_words import CONN, TENANT, connection, populate
from tests.unit.control_plane.dashboard.charts.counting import counted

from drive_control_plane.dashboard.charts import series
from drive_control_plane.dashboard.charts.series import Point
from drive_control_plane.dashboard.charts.spans import Span, window_of
from drive_control_plane.database import Database

OTHER, FOREIGN = "conn_2", "conn_3"
NOW = EPOCH + timedelta(seconds=30)


async def _stored(database: Database) -> None:
    await populate(database, connection(), connection(OTHER), connection(FOREIGN, "tenant_2"))
    async with database.transaction() as session:
        session.add_all(
            [
                counted(0, changes=1, units=100, calls=1, waited_seconds=0.25),
                counted(20, changes=2, files=3, records=5, errors=1, units=200, refused=4, calls=2, lag_seconds=8.0),
                counted(25, changes=10, units=300, calls=3, lag_seconds=2.5, waited_seconds=1.5, limit_per_minute=700),
                counted(26, waited_seconds=2.0, limit_per_minute=600),
                counted(20, OTHER, changes=100, lag_seconds=9.0, waited_seconds=4.0, limit_per_minute=500),
                counted(20, FOREIGN, changes=1_000_000),
                counted(8 * 24 * 60, changes=1_000_000),
            ]
        )


async def test_counts_are_added_up_by_steps(databases: Database) -> None:
    """Steps without counts are zero, of lag and limit nothing is known; the longest lag counts, and the least limit."""
    await _stored(databases)
    window = window_of(Span.DAY, NOW)
    async with databases.reading() as session:
        points = await series.of_connection(session, CONN, window)
    assert [point.at for point in points] == list(window.moments())
    told = [point for point in points if point != Point(point.at)]
    assert told == [
        Point(EPOCH - timedelta(minutes=30), 12, 3, 5, 1, 5, 500, 4, 8.0, 3.5, 600),
        Point(EPOCH, changes=1, units=100, calls=1, waited_seconds=0.25),
    ]


async def test_a_tenants_connections_count_together(databases: Database) -> None:
    """And nobody else's with them."""
    await _stored(databases)
    async with databases.reading() as session:
        points = await series.of_tenant(session, TENANT, window_of(Span.WEEK, NOW))
        none = await series.of_tenant(session, "tenant_without_any", window_of(Span.WEEK, NOW))
    assert sum(point.changes for point in points) == 113
    assert max(point.lag_seconds or 0 for point in points) == 9.0
    assert sum(point.waited_seconds for point in points) == 7.75
    assert [point.limit_per_minute for point in points if point.limit_per_minute is not None] == [500]
    assert sum(point.changes for point in none) == 0


async def test_each_span_has_its_steps(databases: Database) -> None:
    """An hour in minutes, a day in quarters of an hour, a week in steps of two hours; the sums agree."""
    await _stored(databases)
    for span, steps in ((Span.HOUR, 60), (Span.DAY, 96), (Span.WEEK, 84)):
        async with databases.reading() as session:
            points = await series.of_connection(session, CONN, window_of(span, NOW))
        assert len(points) == steps
        assert sum(point.changes for point in points) == 13
