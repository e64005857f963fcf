"""The questions that are asked all the time are answered by indexes: PostgreSQL's plans over thousands of rows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Executable, Select, insert, select, text, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from drive_control_plane.database import Base, Database
from drive_control_plane.database.tables import AuditEntry, Channel, Connection, ConnectionStatus, RecentError, Tenant

START = datetime(2026, 1, 1, tzinfo=UTC)
TENANTS, CONNECTIONS, CHANNELS, ERRORS, ENTRIES = 4, 4_000, 4_000, 4_000, 10_000


class Explained(Executable, ClauseElement):
    """A question that is answered by its plan; its values go as parameters, as those of the question itself do."""

    inherit_cache = False

    def __init__(self, question: Select[Any]) -> None:
        self.question = question


@compiles(Explained)
def _compile(explained: Explained, compiler: SQLCompiler, **_: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + compiler.process(explained.question)


@pytest.fixture
async def full(postgresql_database: Database) -> Database:
    """A database with the rows of 4,000 connections."""
    async with postgresql_database.transaction() as session:
        for table, number in ROWS.items():
            await session.execute(insert(table), [row(table, n) for n in range(number)])
        await session.execute(text("ANALYZE"))
    return postgresql_database


ROWS = {Tenant: TENANTS, Connection: CONNECTIONS, Channel: CHANNELS, RecentError: ERRORS, AuditEntry: ENTRIES}


def row(table: type[Base], n: int) -> dict[str, Any]:
    """The values of one row."""
    moment = START + timedelta(seconds=n)
    connection, tenant = f"conn_{n % CONNECTIONS}", f"tenant_{n % TENANTS}"
    if table is Tenant:
        return {"id": tenant, "name": "Tenant", "created_at": START}
    if table is Connection:
        return {
            "id": connection,
            "tenant_id": tenant,
            "name": "A drive",
            "account_id": str(n),
            "account_email": f"{n}@example.com",
            "status": ConnectionStatus.PAUSED if n % 10 == 0 else ConnectionStatus.ACTIVE,
            "settings": {},
            "created_at": moment,
            "updated_at": moment,
            "schedule": {},
            "next_run_at": moment,
            "push_due_at": moment,
        }
    if table is Channel:
        ends = {"created_at": moment, "expires_at": moment}
        return {"id": f"channel_{n}", "connection_id": connection, "corpus": "user", "token_hash": "hash", **ends}
    if table is RecentError:
        seen = {"stage": "fetch", "message": "message", "retryable": True, "first_at": START, "seen_at": moment}
        return {"connection_id": f"conn_{n % 40}", "code": f"code_{n}", **seen}
    deed = {"actor_kind": "system", "actor": "scheduler", "action": "trigger.sent", "outcome": "done", "details": {}}
    return {"at": moment, "tenant_id": f"tenant_{n % 200}", "target": connection, **deed}


async def plan(database: Database, question: Select[Any]) -> list[dict[str, Any]]:
    """The steps by which PostgreSQL would answer."""
    async with database.engine.connect() as connection:
        found = await connection.scalar(Explained(question))
    return list(_steps((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]))


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for below in step.get("Plans", []):
        yield from _steps(below)


QUESTIONS = {
    "due connections": (
        "ix_connections_due",
        select(Connection)
        .where(Connection.status == ConnectionStatus.ACTIVE, Connection.next_run_at <= START + timedelta(minutes=10))
        .order_by(Connection.next_run_at, Connection.id)
        .limit(200)
        .with_for_update(skip_locked=True),
    ),
    "connections whose channels are due": (
        "ix_connections_push_due",
        select(Connection)
        .where(Connection.push_due_at <= START + timedelta(minutes=10))
        .order_by(Connection.push_due_at)
        .limit(200)
        .with_for_update(skip_locked=True),
    ),
    "a tenant's connections": (
        "ix_connections_tenant_id_created_at_id",
        select(Connection)
        .where(
            Connection.tenant_id == "tenant_3",
            tuple_(Connection.created_at, Connection.id) < (START + timedelta(minutes=40), "conn_2407"),
        )
        .order_by(Connection.created_at.desc(), Connection.id.desc())
        .limit(50),
    ),
    "a channel": ("pk_channels", select(Channel).where(Channel.id == "channel_77")),
    "channels of a log": (
        "ix_channels_connection_id_corpus",
        select(Channel).where(Channel.connection_id == "conn_77", Channel.corpus == "user"),
    ),
    "recent errors": (
        "ix_recent_errors_connection_id_seen_at",
        select(RecentError).where(RecentError.connection_id == "conn_7").order_by(RecentError.seen_at.desc()).limit(20),
    ),
    "a page of the audit log": (
        "ix_audit_log_tenant_id_id",
        select(AuditEntry)
        .where(AuditEntry.tenant_id == "tenant_3", AuditEntry.id < 7_000)
        .order_by(AuditEntry.id.desc())
        .limit(20),
    ),
}


async def test_indexes_answer(full: Database) -> None:
    """Each question reads its own index in the order asked for: no table is read through, nor sorted as a whole.

    An incremental sort puts those of one moment in order, while the index gives the moments.
    """
    for name, (index, question) in QUESTIONS.items():
        steps = await plan(full, question)
        kinds = {step["Node Type"] for step in steps}
        assert {step["Index Name"] for step in steps if "Index Name" in step} == {index}, f"{name}: {steps}"
        assert not kinds & {"Seq Scan", "Sort"}, f"{name}: {steps}"


async def test_without_its_index_a_table_is_read_through(full: Database) -> None:
    """The plans above would look otherwise without the index: so many rows are enough for PostgreSQL to care."""
    async with full.transaction() as session:
        await session.execute(text("DROP INDEX ix_connections_due"))
    kinds = {step["Node Type"] for step in await plan(full, QUESTIONS["due connections"][1])}
    assert {"Seq Scan", "Sort"} <= kinds
