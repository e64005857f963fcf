"""Replicas that start at the same moment, on PostgreSQL."""

import asyncio

import pytest
from sqlalchemy import text
from tests.support.control_plane.command import run_process
from tests.support.control_plane.databases import url_of
from tests.support.control_plane.waiting import until_waiting

from drive_control_plane.database import Database, engine, migrate


async def test_replicas_that_upgrade_at_once_take_turns(unmigrated_postgresql_database: Database) -> None:
    """Three wait while another holds the lock of migrations; then all of them end well, one after the other."""
    database = unmigrated_postgresql_database
    async with database.engine.connect() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(7340551273)"))
        replicas = [
            asyncio.create_task(run_process("database", "upgrade", DATABASE_URL=url_of(database))) for _ in range(3)
        ]
        await until_waiting(database, sessions=len(replicas))
        await holder.rollback()
        said = await asyncio.gather(*replicas)
    assert [(each.code, each.err) for each in said] == [(0, "")] * len(said)
    await migrate.check(database)


async def test_the_wait_for_another_migration_is_not_cut_short(
    unmigrated_postgresql_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for another's migration waits longer than any statement of a request may take."""
    holder = unmigrated_postgresql_database
    monkeypatch.setattr(engine, "STATEMENT_MILLISECONDS", 500)
    replica = Database(url_of(holder))
    async with holder.engine.connect() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(7340551273)"))
        upgrade = asyncio.create_task(migrate.upgrade(replica))
        await until_waiting(holder, sessions=1, seconds=1.0)
        await connection.rollback()
        await upgrade
    await migrate.check(replica)
    await replica.close()
