"""What is long over is added up once in a while, the present at once."""

from tests.support.control_plane.context import EPOCH, ManualTime, context_over
from tests.support.control_plane.worker_words import TENANT, connection, populate
from tests.unit.control_plane.dashboard.charts.counting import counted

from drive_control_plane.cache import LocalCache
from drive_control_plane.context import Context
from drive_control_plane.dashboard.charts import kept
from drive_control_plane.dashboard.charts.spans import Span
from drive_control_plane.database import Database

LONG_AGO, OF_LATE = 3 * 24 * 60, 1


async def _add(database: Database, minutes_ago: int, changes: int, name: str = "conn_1") -> None:
    async with database.transaction() as session:
        session.add(counted(minutes_ago, name, changes=changes))


async def _changes(context: Context, span: Span, tenant: str = TENANT) -> int:
    window, points = await kept.of_tenant(context, tenant, span)
    assert [point.at for point in points] == list(window.moments())
    return sum(point.changes for point in points)


async def test_a_weeks_past_is_read_once_in_five_minutes(database: Database) -> None:
    """What comes late of days ago shows then; what is of this hour shows at once; each tenant has its own."""
    await populate(database, connection(), connection("conn_2", "tenant_2"))
    time = ManualTime()
    async with context_over(database, clock=time.clock) as made:
        context = Context(
            made.settings, database, made.vault, made.publisher, made.http, time.clock, cache=LocalCache(time.clock)
        )
        await _add(database, LONG_AGO, 1)
        await _add(database, OF_LATE, 10)
        assert await _changes(context, Span.WEEK) == 11
        await _add(database, LONG_AGO + 1, 100)
        await _add(database, OF_LATE + 1, 1_000)
        await _add(database, OF_LATE, 5, "conn_2")
        assert await _changes(context, Span.WEEK) == 1_011
        assert await _changes(context, Span.WEEK, "tenant_2") == 5
        time.advance(minutes=6)
        assert await _changes(context, Span.WEEK) == 1_111


async def test_shorter_spans_are_read_anew(database: Database) -> None:
    """They are few rows, whoever looks."""
    await populate(database)
    seen: list[int] = []
    async with context_over(database, clock=ManualTime(EPOCH).clock) as context:
        for span in (Span.HOUR, Span.DAY):
            seen.append(await _changes(context, span))
            await _add(database, len(seen), 1)
            seen.append(await _changes(context, span))
    assert seen == [0, 1, 1, 2]
