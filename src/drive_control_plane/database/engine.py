"""The connection to the database.

In: `DATABASE_URL`. Out: sessions, each a transaction, to write or only to read.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

POOL_SIZE = 10
POOL_SECONDS = 10.0
STATEMENT_MILLISECONDS = 15_000
BUSY_MILLISECONDS = 10_000
_DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
_OPTIONS = frozenset({"ssl", "host", "port"})


class DatabaseError(Exception):
    """The database cannot be used; the text says why and what to do, and holds no password."""


class AddressError(DatabaseError):
    """`DATABASE_URL` is no address of a database that is supported, whoever answers there."""


def is_away(error: BaseException) -> bool:
    """Whether the database could not be reached, or was lost: nothing is wrong with what was asked of it."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, (OperationalError, PoolTimeoutError, OSError, DatabaseError))


def cause_of(error: BaseException) -> str:
    """What the driver says, in a line: without the statement that SQLAlchemy adds below, and without its values."""
    cause = _drivers_own(error)
    return f"{type(cause).__name__}: {cause}".partition("\n")[0].removesuffix(": ")


def _drivers_own(error: BaseException) -> BaseException:
    """The error of asyncpg or sqlite3; asyncpg's lies below the one that SQLAlchemy makes of it."""
    driver = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return driver.__cause__ or driver


class Database:
    """One pool of connections. Close it at the end."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._readers = _readers(self._engine)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._reading_sessions = async_sessionmaker(self._readers, expire_on_commit=False, autoflush=False)

    @property
    def engine(self) -> AsyncEngine:
        """The engine itself, for migrations."""
        return self._engine

    @property
    def reading_engine(self) -> AsyncEngine:
        """The engine of those who only read."""
        return self._readers

    @property
    def is_postgresql(self) -> bool:
        """Whether several replicas may use it at once."""
        return self._engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed at the end of the block, all of them or none."""
        async with self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one state of the database and can write nothing: the database itself refuses.

        On SQLite it neither waits for whoever writes nor keeps anybody from writing.
        """
        async with self._reading_sessions() as session, session.begin():
            yield session

    async def check(self) -> None:
        """See that it answers. Raises `DatabaseError`."""
        try:
            if not self.is_postgresql:
                # A thread of aiosqlite that cannot open the file outlives the loop, and complains on standard error.
                await asyncio.to_thread(lambda: sqlite3.connect(self._engine.url.database or "").close())
            async with self._engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            kind = type(_drivers_own(error)).__name__
            raise DatabaseError(f"the database does not answer ({kind}): see DATABASE_URL") from None

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()
        await self._readers.dispose()


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.drivername]
    except (ArgumentError, KeyError, ValueError):  # a port that is no number: the error would show what was given
        raise AddressError(
            "DATABASE_URL is neither postgresql://user:password@host/name nor sqlite:///path/to/file"
        ) from None
    wanted = parsed.set(drivername=driver)
    # Errors go into logs: without the values of their statements, addresses and sealed secrets among them.
    if driver.startswith("postgresql"):
        return _postgresql(wanted.set(query=_options(parsed)))
    engine = create_async_engine(wanted, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_writing)
    return engine


def _postgresql(url: URL) -> AsyncEngine:
    settings = {"statement_timeout": str(STATEMENT_MILLISECONDS), "timezone": "UTC"}
    engine = create_async_engine(
        url,
        pool_size=POOL_SIZE,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"server_settings": settings, "timeout": POOL_SECONDS},
    )
    event.listen(engine.sync_engine, "do_connect", _connect)
    return engine


def _connect(dialect: Dialect, _record: object, arguments: Any, options: Any) -> DBAPIConnection:
    """Have one kind of error for all that keeps it from connecting; the network's own SQLAlchemy would pass on."""
    try:
        return dialect.connect(*arguments, **options)
    except (OSError, dialect.loaded_dbapi.Error) as error:
        raise dialect.loaded_dbapi.OperationalError(str(error)) from (error.__cause__ or error)


def _readers(engine: AsyncEngine) -> AsyncEngine:
    """The same database for whoever only reads: on PostgreSQL by the same pool, on SQLite by connections of its own."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    readers = create_async_engine(engine.url, hide_parameters=True)
    event.listen(readers.sync_engine, "connect", _prepare_sqlite)
    event.listen(readers.sync_engine, "connect", _only_reading)
    event.listen(readers.sync_engine, "begin", _begin_reading)
    return readers


def _options(url: URL) -> dict[str, str | tuple[str, ...]]:
    """Options of the address by asyncpg's names, which fails on others. Raises `AddressError`."""
    options = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    if unknown := sorted(options.keys() - _OPTIONS):
        raise AddressError(
            f"DATABASE_URL has options that are not known: {', '.join(unknown)} (known: sslmode, host, port)"
        )
    return options


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """SQLite checks foreign keys only when told to; WAL lets readers read while one writes."""
    connection.isolation_level = None  # the driver's own idea of when a transaction begins is not ours
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.close()


def _only_reading(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


def _begin_writing(connection: Any) -> None:
    """Take the right to write at once: a transaction that asks for it later may be refused without a wait."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Any) -> None:
    """Take no right at all; what is seen stays as it was when the first row was read."""
    connection.exec_driver_sql("BEGIN")
