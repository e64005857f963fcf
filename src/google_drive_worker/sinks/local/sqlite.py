"""The SQLite file.

In: records and states. Out: a database with one row a resource and the checkpoint, changed in one transaction a batch.

It keeps SQLite's rollback journal: it was measured no slower than the write-ahead log for a page a transaction, and
between two runs the file is whole by itself and can be copied.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import ConnectionState, UnreadableStateError, encode_part
from google_drive_worker.sinks.local import schema
from google_drive_worker.sinks.local.lock import FileLock
from google_drive_worker.sinks.local.rows import apply
from google_drive_worker.sinks.local.storage import FileRefusedError, LocalFileError, loaded
from google_drive_worker.sinks.local.views import VIEWS

BUSY_SECONDS = 30.0
"""How long a commit waits for somebody who reads the file."""

CACHE_KIB = 65_536


class SqliteFile:
    """A `Storage` in a SQLite database."""

    def __init__(self, path: Path, connection_id: str) -> None:
        self._path = path
        self._connection_id = connection_id
        self._lock = FileLock(path)
        self._database: sqlite3.Connection | None = None

    def open(self) -> ConnectionState:
        """Take the database, or make it. Raises `FileRefusedError` for one that is not ours, `LocalFileError`."""
        self._lock.acquire()
        try:
            self._database = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            if self._is_new():
                self._create()
            else:
                self._check()
                self._upgrade()
            return self._load()
        except sqlite3.Error as error:
            raise _failure(self._path, error) from error

    def write(self, before: ConnectionState, after: ConnectionState, records: Sequence[OutRecord]) -> None:
        """Commit a batch: rows, sweeps and checkpoint, or nothing. Raises `LocalFileError`."""
        try:
            with _transaction(self._open) as database:
                apply(database, records)
                self._save(before, after)
        except sqlite3.Error as error:
            raise _failure(self._path, error) from error

    def close(self) -> None:
        """Close the database and give the lock back."""
        if self._database is not None:
            self._database.close()
            self._database = None
        self._lock.release()

    @property
    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            raise LocalFileError(f"{self._path} is not open")
        return self._database

    def _is_new(self) -> bool:
        return _pragma(self._open, "page_count") == 0

    def _create(self) -> None:
        with _transaction(self._open) as database:
            for statement in schema.TABLES:
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            _make_views(database)

    def _upgrade(self) -> None:
        """Bring a file of an older format to this one: they differ in their views."""
        if _pragma(self._open, "user_version") < schema.FORMAT:
            with _transaction(self._open) as database:
                _make_views(database)

    def _check(self) -> None:
        if _pragma(self._open, "application_id") != schema.APPLICATION_ID:
            raise FileRefusedError(
                f"{self._path} is a database of something else: nothing was changed in it; use another file name"
            )
        if _pragma(self._open, "user_version") > schema.FORMAT:
            raise FileRefusedError(
                f"{self._path} was written by a newer version of this program: use that version, or another file name"
            )

    def _load(self) -> ConnectionState:
        self._open.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        try:
            with closing(self._open.execute(schema.LOAD_PARTS)) as rows:
                return loaded(self._connection_id, map(self._part, rows))
        except UnreadableStateError as error:
            raise FileRefusedError(
                f"the checkpoint in {self._path} cannot be used: {error}; use another file name"
            ) from error

    def _part(self, row: tuple[str, str, str]) -> tuple[str, bytes]:
        connection_id, name, value = row
        if connection_id != self._connection_id:
            raise FileRefusedError(
                f"{self._path} holds the connection {connection_id!r}, not {self._connection_id!r}: "
                f"give each connection a file of its own, or run with --connection {connection_id}"
            )
        return name, value.encode()

    def _save(self, before: ConnectionState, after: ConnectionState) -> None:
        changed, connection = after.changes_since(before), self._connection_id
        kept = [(connection, name, encode_part(part).decode()) for name, part in changed.items() if part is not None]
        self._open.executemany(schema.SAVE_PART, kept)
        gone = [(connection, name) for name, part in changed.items() if part is None]
        self._open.executemany(schema.DROP_PART, gone)


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing, whatever is raised."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield database
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # SQLite itself rolls back for some errors
            database.rollback()
        raise


def _make_views(database: sqlite3.Connection) -> None:
    for name, select in VIEWS.items():
        database.execute(f"DROP VIEW IF EXISTS {name}")
        database.execute(f"CREATE VIEW {name} AS {select}")
    database.execute(f"PRAGMA user_version = {schema.FORMAT}")


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _failure(path: Path, error: sqlite3.Error) -> LocalFileError:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return FileRefusedError(f"{path} is not a SQLite database: nothing was changed in it; use another file name")
    return LocalFileError(f"{path} cannot be written: {error}")
