"""Migrations, on SQLite and on PostgreSQL."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from tests.integration.control_plane.database.schema import described, names

from drive_control_plane.clock import REAL_CLOCK
from drive_control_plane.database import Base, Database, DatabaseError, migrate, migrations, new_id
from drive_control_plane.database.tables import Tenant

SCRIPTS = ScriptDirectory(str(Path(migrations.__path__[0])))
NEWEST = SCRIPTS.get_current_head()


def differences(connection: Connection) -> list[Any]:
    """What alembic would put into a migration now."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


async def test_an_empty_database_gets_all_tables(unmigrated_databases: Database) -> None:
    """After an upgrade every table of the models is there, and the revision is the newest."""
    assert await migrate.current(unmigrated_databases) is None
    await migrate.upgrade(unmigrated_databases)
    assert await migrate.current(unmigrated_databases) == NEWEST
    assert set(await described(unmigrated_databases)) == set(Base.metadata.tables)
    await migrate.check(unmigrated_databases)


async def test_the_models_need_no_further_migration(databases: Database) -> None:
    """Alembic finds nothing to do between the migrated database and the models."""
    async with databases.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrations_make_what_the_models_say(unmigrated_databases: Database) -> None:
    """Checks, conditions of indexes and defaults too are those that the models would make themselves."""
    await migrate.upgrade(unmigrated_databases)
    migrated = await described(unmigrated_databases)
    await migrate.downgrade(unmigrated_databases, "base")
    async with unmigrated_databases.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    assert await described(unmigrated_databases) == migrated


async def test_every_migration_goes_down_and_up_again(unmigrated_databases: Database) -> None:
    """Each one taken back leaves exactly what was there before it."""
    revisions = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]
    before: set[str] = set()
    for number, revision in enumerate(revisions):
        await migrate.upgrade(unmigrated_databases, revision)
        after = await names(unmigrated_databases)
        await migrate.downgrade(unmigrated_databases, revisions[number - 1] if number else "base")
        assert await names(unmigrated_databases) == before
        await migrate.upgrade(unmigrated_databases, revision)
        assert await names(unmigrated_databases) == after
        before = after


async def test_the_way_to_base_leaves_nothing(unmigrated_databases: Database) -> None:
    """No table, index, sequence, trigger, function or type of ours stays behind."""
    await migrate.upgrade(unmigrated_databases)
    assert await names(unmigrated_databases)
    await migrate.downgrade(unmigrated_databases, "base")
    assert await names(unmigrated_databases) == set()
    assert await migrate.current(unmigrated_databases) is None


async def test_an_upgrade_of_what_is_upgraded_changes_nothing(databases: Database) -> None:
    """Every start of a replica may ask for it: rows stay."""
    async with databases.transaction() as session:
        session.add(Tenant(id=new_id("tenant"), name="Ada", created_at=REAL_CLOCK.now()))
    before = await described(databases)
    await migrate.upgrade(databases)
    assert await described(databases) == before
    async with databases.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Tenant)) == 1


async def test_an_old_schema_is_told_with_what_to_do(unmigrated_databases: Database) -> None:
    """A program that finds another schema than its own says which command brings it there."""
    with pytest.raises(DatabaseError, match="google-drive-control-plane database upgrade"):
        await migrate.check(unmigrated_databases)
