"""How a command runs and ends.

In: settings classes, coroutines. Out: exit codes: 0 done, 1 failed, 2 wrong settings or arguments. A user's mistake is
answered by a sentence, never by a traceback, and a sentence holds no password.
"""

import asyncio
import getpass
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import uvloop
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from clustera_toolkit import commands
from clustera_toolkit.commands import FAILED, WRONG_USE, examples, fail
from drive_control_plane.audit.log import Actor
from drive_control_plane.database import AddressError, Database, DatabaseError, migrate

__all__ = ["FAILED", "WRONG_USE", "actor", "examples", "execute", "fail", "load", "opened", "ready"]

OF_THEMSELVES = ("alembic", "uvicorn.error")
"""They tell of their own life at each start, in colours; failures of theirs are logged."""

Result = TypeVar("Result")
SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load(settings_class: type[SettingsT]) -> SettingsT:
    """Settings and logging, or a list of all that is wrong and exit code 2."""
    settings = commands.load(settings_class)
    for name in OF_THEMSELVES:
        logging.getLogger(name).setLevel(logging.WARNING)
    return settings


@asynccontextmanager
async def opened(url: SecretStr) -> AsyncIterator[Database]:
    """The database while the block runs. Raises `DatabaseError` when `DATABASE_URL` cannot be one."""
    database = Database(url.get_secret_value())
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def ready(url: SecretStr) -> AsyncIterator[Database]:
    """The same, once its schema is this program's. Raises `DatabaseError`."""
    async with opened(url) as database:
        await migrate.check(database)
        yield database


def actor() -> Actor:
    """As whom the audit log names whoever runs a command; in a container the number of a user may have no name."""
    try:
        return Actor("system", f"command line: {getpass.getuser()}")
    except (KeyError, OSError):
        return Actor("system", "command line: unnamed user")


def execute(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end; a failure that the user can do something about becomes a sentence."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except DBAPIError as error:
        cause = error.orig and (error.orig.__cause__ or error.orig)  # asyncpg's own error lies below SQLAlchemy's
        fail(f"the database refused: {_first_line(cause)}", FAILED)
    except AddressError as error:
        fail(str(error), WRONG_USE)
    except (DatabaseError, SQLAlchemyError, OSError) as error:
        fail(_first_line(error), FAILED)
    except KeyboardInterrupt:
        fail("stopped", FAILED)


def _first_line(error: BaseException | None) -> str:
    """What an error says, without the statement and its values that SQLAlchemy adds below."""
    return str(error).partition("\n")[0] or type(error).__name__
