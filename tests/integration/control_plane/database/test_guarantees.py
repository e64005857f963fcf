"""What the database itself sees to, on SQLite and on PostgreSQL."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Executable, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.database import Database
from drive_control_plane.database.tables import AuditEntry, Operator, Role, Tenant

NOON_IN_INDIA = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))


@pytest.fixture
async def entries(databases: Database) -> Database:
    """A database whose audit log has two entries."""
    async with databases.transaction() as session:
        for action in ("connection.paused", "connection.resumed"):
            record(session, NOON_IN_INDIA, Actor("operator", "ada@example.com", "tenant_1"), action)
    return databases


async def actions(database: Database) -> list[str]:
    """What the audit log says was done."""
    async with database.transaction() as session:
        return list(await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.mark.parametrize(
    "change",
    [
        update(AuditEntry).values(actor="somebody else"),
        update(AuditEntry).where(AuditEntry.action == "connection.paused").values(action="nothing"),
        delete(AuditEntry),
        delete(AuditEntry).where(AuditEntry.action == "connection.paused"),
    ],
    ids=["update all", "update one", "delete all", "delete one"],
)
async def test_the_audit_log_refuses_to_be_changed(entries: Database, change: Executable) -> None:
    """Entries cannot be changed or deleted, one or all, by whoever has the program's rights."""
    with pytest.raises(DBAPIError, match="append-only"):
        async with entries.transaction() as session:
            await session.execute(change)
    assert await actions(entries) == ["connection.paused", "connection.resumed"]


async def test_the_audit_log_refuses_truncation(postgresql_database: Database) -> None:
    """TRUNCATE, which fires no trigger of rows, is refused as well."""
    async with postgresql_database.transaction() as session:
        record(session, NOON_IN_INDIA, Actor("system", "scheduler"), "trigger.sent")
    with pytest.raises(DBAPIError, match="append-only"):
        async with postgresql_database.transaction() as session:
            await session.execute(text("TRUNCATE audit_log"))
    assert await actions(postgresql_database) == ["trigger.sent"]


async def test_the_audit_log_refuses_replacement(database: Database) -> None:
    """SQLite's INSERT OR REPLACE, which fires no trigger of deletion, is refused where it would replace an entry."""
    async with database.transaction() as session:
        record(session, NOON_IN_INDIA, Actor("system", "scheduler"), "trigger.sent")
    values = {"id": 1, "at": NOON_IN_INDIA, "actor_kind": "system", "actor": "nobody", "action": "none.such"}
    replacement = insert(AuditEntry).prefix_with("OR REPLACE").values(**values, outcome="done", details={})
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(replacement)
    assert await actions(database) == ["trigger.sent"]


async def test_a_deed_that_is_rolled_back_has_no_entry(databases: Database) -> None:
    """An entry stands or falls with the transaction of its deed."""
    with suppress(LookupError):
        async with databases.transaction() as session:
            record(session, NOON_IN_INDIA, Actor("system", "scheduler"), "trigger.sent")
            await session.flush()
            raise LookupError
    assert await actions(databases) == []


async def test_a_time_keeps_its_moment(databases: Database) -> None:
    """What went in with India's zone comes out as the same moment in UTC, to the microsecond."""
    await store(databases, NOON_IN_INDIA)
    async with databases.transaction() as session:
        found = (await session.scalars(select(Tenant.created_at))).one()
    assert found == NOON_IN_INDIA
    assert found.tzinfo is UTC


@pytest.mark.parametrize(("minutes", "found"), [(-1, 0), (0, 1), (1, 1)])
async def test_times_are_compared_as_moments(databases: Database, minutes: int, found: int) -> None:
    """A question in UTC finds what was stored in another zone, by the moment and not by the hands of the clock."""
    await store(databases, NOON_IN_INDIA)
    until = NOON_IN_INDIA.astimezone(UTC) + timedelta(minutes=minutes)
    async with databases.transaction() as session:
        rows = (await session.scalars(select(Tenant.id).where(Tenant.created_at <= until))).all()
    assert len(rows) == found


async def test_a_time_without_a_zone_is_refused(databases: Database) -> None:
    """It would mean another moment on each machine."""
    with pytest.raises(StatementError, match="a time without a zone"):
        await store(databases, NOON_IN_INDIA.replace(tzinfo=None))


async def test_foreign_keys_hold(databases: Database) -> None:
    """SQLite checks them as PostgreSQL does: a tenant with operators cannot be deleted."""
    await store(databases, NOON_IN_INDIA)
    async with databases.transaction() as session:
        session.add(operator())
    with pytest.raises(IntegrityError):
        async with databases.transaction() as session:
            await session.execute(delete(Tenant))


async def test_words_are_checked(databases: Database) -> None:
    """A role that there is not is refused by the database, whoever writes it."""
    await store(databases, NOON_IN_INDIA)
    async with databases.transaction() as session:
        session.add(operator())
    with pytest.raises(IntegrityError):
        async with databases.transaction() as session:
            await session.execute(text("UPDATE operators SET role = 'emperor'"))


async def store(database: Database, moment: datetime) -> None:
    """Keep a tenant that was made at a moment."""
    async with database.transaction() as session:
        session.add(Tenant(id="tenant_1", name="Ada", created_at=moment))


def operator() -> Operator:
    """An operator of that tenant."""
    return Operator(
        id="operator_1", tenant_id="tenant_1", email="ada@example.com", role=Role.VIEWER, created_at=NOON_IN_INDIA
    )
