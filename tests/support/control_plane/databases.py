"""Databases for tests: each test has its own, and gets it in milliseconds.

In: a test that asks for a fixture. Out: a `Database`, migrated, empty:

- `database`: SQLite.
- `databases`: on SQLite and on PostgreSQL, in turn. `postgresql_database`: on PostgreSQL alone.
- `unmigrated_databases`, `unmigrated_postgresql_database`: the same before any migration.

`url_of` says what `DATABASE_URL` of one is, for another `Database` on it (a second replica) or for a program.
Without PostgreSQL its tests are skipped with a line that says how to get it; `REQUIRE_SERVICES=1` makes that a failure.
"""

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from tests.support.control_plane.postgresql_server import MISSING, PASSWORD, PostgresqlServer, programs

from drive_control_plane.database import Database, migrate

OWNER = "control_plane"
"""Not a superuser: what the program does must not need one."""
TEMPLATE = "migrated"


def url_of(database: Database) -> str:
    """`DATABASE_URL` of a database, with its password."""
    return database.engine.url.render_as_string(hide_password=False)


class Sqlite:
    """Files of SQLite; migrated ones are copies of one that was migrated once."""

    def __init__(self, directory: Path) -> None:
        self._template = directory / "migrated.sqlite"

    async def make(self, path: Path, *, migrated: bool) -> str:
        """Make a file; its URL."""
        url = f"sqlite:///{path}"
        if migrated:
            if not self._template.exists():
                await _migrate(f"sqlite:///{self._template}")
            shutil.copyfile(self._template, path)
        return url


class Postgresql:
    """Databases of one server; migrated ones are clones of one that was migrated once."""

    def __init__(self, server: PostgresqlServer) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._has_owner = self._has_template = False

    @asynccontextmanager
    async def made(self, *, migrated: bool) -> AsyncIterator[str]:
        """A database that goes away after the block; its URL."""
        name = f"test_{next(self._numbers)}"
        async with self._administrator() as administrator:
            await self._prepare(administrator, migrated=migrated)
            template = TEMPLATE if migrated else "template1"
            await administrator.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}"))
        try:
            yield self._url(name)
        finally:
            async with self._administrator() as administrator:
                await administrator.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    async def _prepare(self, administrator: AsyncConnection, *, migrated: bool) -> None:
        if not self._has_owner:
            await administrator.execute(text(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}'"))
            self._has_owner = True
        if migrated and not self._has_template:
            await administrator.execute(text(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}"))
            await _migrate(self._url(TEMPLATE))
            self._has_template = True

    @asynccontextmanager
    async def _administrator(self) -> AsyncIterator[AsyncConnection]:
        url = self._server.url("postgres").set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        async with engine.connect() as connection:
            yield connection

    def _url(self, name: str) -> str:
        return self._server.url(name, OWNER).render_as_string(hide_password=False)


async def _migrate(url: str) -> None:
    async with _opened(url) as database:
        await migrate.upgrade(database)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    """Provide SQLite, with one template for the session."""
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """Provide a PostgreSQL, one for the session; skips where it cannot run."""
    found = programs()
    if found is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(f"REQUIRE_SERVICES=1, but {MISSING}", pytrace=False)
        pytest.skip(MISSING)
    server = PostgresqlServer(found)
    try:
        server.start()
        yield Postgresql(server)
    finally:
        server.stop()


@pytest.fixture
async def database(sqlite_files: Sqlite, tmp_path: Path) -> AsyncIterator[Database]:
    """Provide a migrated SQLite database of the test's own."""
    async with _opened(await sqlite_files.make(tmp_path / "database.sqlite", migrated=True)) as database:
        yield database


@pytest.fixture
async def postgresql_database(postgresql: Postgresql) -> AsyncIterator[Database]:
    """Provide a migrated PostgreSQL database of the test's own."""
    async with postgresql.made(migrated=True) as url, _opened(url) as database:
        yield database


@pytest.fixture
async def unmigrated_sqlite_database(sqlite_files: Sqlite, tmp_path: Path) -> AsyncIterator[Database]:
    """Provide an empty SQLite database of the test's own."""
    async with _opened(await sqlite_files.make(tmp_path / "unmigrated.sqlite", migrated=False)) as database:
        yield database


@pytest.fixture
async def unmigrated_postgresql_database(postgresql: Postgresql) -> AsyncIterator[Database]:
    """Provide an empty PostgreSQL database of the test's own."""
    async with postgresql.made(migrated=False) as url, _opened(url) as database:
        yield database


@pytest.fixture(params=["database", "postgresql_database"], ids=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Database:
    """Provide a migrated database on each system in turn: what a test asserts must hold on both."""
    database: Database = request.getfixturevalue(request.param)
    return database


@pytest.fixture(params=["unmigrated_sqlite_database", "unmigrated_postgresql_database"], ids=["sqlite", "postgresql"])
def unmigrated_databases(request: pytest.FixtureRequest) -> Database:
    """Provide an empty database on each system in turn."""
    database: Database = request.getfixturevalue(request.param)
    return database
