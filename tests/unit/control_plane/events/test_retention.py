"""What is old goes, some at a time; what is not over stays."""

from datetime import datetime, timedelta

from tests.support.control_plane.context import EPOCH, make_settings
from tests.support.control_plane.worker_words import CONN, TENANT, all_of, populate

from drive_control_plane.database import Base, Database
from drive_control_plane.database.tables import (
    Alert,
    ConnectFlow,
    FailedAttempt,
    Job,
    JobStatus,
    MinuteCount,
    Operator,
    OperatorSession,
    RecentError,
    Role,
    SetupLink,
)
from drive_control_plane.events.retention import clean

DAY = timedelta(days=1)
TABLES: tuple[type[Base], ...] = (
    MinuteCount,
    RecentError,
    Job,
    Alert,
    ConnectFlow,
    OperatorSession,
    SetupLink,
    FailedAttempt,
)


def remembered(name: str, when: datetime, *, over: bool = True) -> list[Base]:
    """One of each kind, that ended then, or has not ended."""
    end = when if over else None
    words = {"stage": "sync", "message": "", "retryable": True}
    life = {"created_at": when, "expires_at": when}
    return [
        MinuteCount(connection_id=CONN, minute=when),
        RecentError(connection_id=CONN, code=name, first_at=when, seen_at=when, **words),
        Job(
            id=name,
            connection_id=CONN,
            corpus="user:me",
            snapshot_id=name,
            status=JobStatus.DONE if over else JobStatus.RUNNING,
            counts={},
            started_at=when,
            ended_at=end,
        ),
        Alert(id=name, connection_id=CONN, kind="failing", message="", opened_at=when, closed_at=end),
        ConnectFlow(state_hash=name, browser_hash="", tenant_id=TENANT, settings={}, code_verifier=b"", **life),
        OperatorSession(secret_hash=name, operator_id="op", seen_at=when, address="", **life),
        SetupLink(secret_hash=name, tenant_id=TENANT, role=Role.VIEWER, **life),
        FailedAttempt(key=name, at=when),
    ]


async def remember(database: Database, rows: list[Base]) -> None:
    async with database.transaction() as session:
        session.add_all(rows)


async def test_what_is_old_goes(databases: Database) -> None:
    """In several rounds where there is more than one round's worth; what is newer is not touched."""
    await populate(databases)
    await remember(
        databases, [Operator(id="op", tenant_id=TENANT, email="a@example.com", role=Role.VIEWER, created_at=EPOCH)]
    )
    for number in range(5):
        await remember(databases, remembered(f"old{number}", EPOCH + number * timedelta(hours=1)))
    await remember(databases, remembered("new", EPOCH + 365 * DAY))
    assert await clean(databases, EPOCH + 365 * DAY, make_settings(), rows=2) == 5 * len(TABLES)
    assert [len(await all_of(databases, table)) for table in TABLES] == [1] * len(TABLES)
    assert await clean(databases, EPOCH + 365 * DAY, make_settings(), rows=2) == 0


async def test_how_long_each_kind_is_kept_is_a_setting(database: Database) -> None:
    """A day before its time nothing of a kind goes, a moment after it all of it."""
    await populate(database)
    await remember(
        database, [Operator(id="op", tenant_id=TENANT, email="a@example.com", role=Role.VIEWER, created_at=EPOCH)]
    )
    await remember(database, remembered("old", EPOCH))
    kinds = ("minute_counts", "errors", "jobs", "alerts", "sessions")
    kept = make_settings(**{f"retention_{kind}_days": 10 + i for i, kind in enumerate(kinds)})
    moment = timedelta(seconds=1)
    going = [await clean(database, EPOCH + (9 + i) * DAY + moment, kept) for i in range(len(kinds) + 1)]
    assert going == [0, 1, 1, 1, 1, 4]


async def test_what_has_not_ended_stays(databases: Database) -> None:
    """A job that runs and an alert that is open, however old they are."""
    await populate(databases)
    unfinished = [row for row in remembered("open", EPOCH, over=False) if isinstance(row, Job | Alert)]
    await remember(databases, list(unfinished))
    assert await clean(databases, EPOCH + 3650 * DAY, make_settings()) == 0
