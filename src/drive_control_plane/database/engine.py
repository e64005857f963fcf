"""The connection to the database.

In: `DATABASE_URL`. Out: sessions, each a transaction; the schema checked at the start.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
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


class Database:
    """One pool of connections. Close it at the end."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @property
    def engine(self) -> AsyncEngine:
        """The engine itself, for migrations."""
        return self._engine

    @property
    def is_postgresql(self) -> bool:
        """Whether several replicas may use it at once."""
        return self._engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed at the end of the block, all of them or none."""
        async with self._sessions() as session, session.begin():
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
            driver = error.orig if isinstance(error, DBAPIError) else error
            cause = (driver and driver.__cause__) or driver  # asyncpg's own error lies below SQLAlchemy's
            raise DatabaseError(f"the database does not answer ({type(cause).__name__}): see DATABASE_URL") from None

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.drivername]
    except (ArgumentError, KeyError, ValueError):  # a port that is no number: the error would show what was given
        raise DatabaseError(
            "DATABASE_URL is neither postgresql://user:password@host/name nor sqlite:///path/to/file"
        ) from None
    wanted = parsed.set(drivername=driver)
    if driver.startswith("postgresql"):
        wanted = wanted.set(query=_options(parsed))
        settings = {"statement_timeout": str(STATEMENT_MILLISECONDS), "timezone": "UTC"}
        return create_async_engine(
            wanted,
            pool_size=POOL_SIZE,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,
            connect_args={"server_settings": settings, "timeout": POOL_SECONDS},
        )
    engine = create_async_engine(wanted)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _options(url: URL) -> dict[str, str | tuple[str, ...]]:
    """Options of the address by asyncpg's names, which fails on others. Raises `DatabaseError`."""
    options = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    if unknown := sorted(options.keys() - _OPTIONS):
        raise DatabaseError(
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


def _begin_sqlite(connection: Any) -> None:
    """Take the right to write at once: a transaction that asks for it later may be refused without a wait."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
