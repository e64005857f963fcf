"""Migrations: the schema as this version of the program wants it.

In: a database. Out: the same at a revision. Alembic's scripts lie in `migrations/versions`.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from drive_control_plane.database.engine import Database, DatabaseError

_SCRIPTS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to a revision; nothing happens when it is there. Replicas that start at once take turns."""
    await database.check()
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), revision))


async def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to a revision; `base` is an empty database."""
    await database.check()
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(_config(sync), revision))


async def current(database: Database) -> str | None:
    """The revision that the database is at; None when it is empty."""
    await database.check()
    async with database.engine.connect() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def check(database: Database) -> None:
    """See that the schema is this program's. Raises `DatabaseError`."""
    newest, found = ScriptDirectory.from_config(_config()).get_current_head(), await current(database)
    if found != newest:
        raise DatabaseError(
            f"the database's schema is at {found or 'nothing'}, this program's at {newest}: "
            "run `google-drive-control-plane database upgrade`"
        )
