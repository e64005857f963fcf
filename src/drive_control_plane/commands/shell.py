"""How a command runs and ends.

In: settings classes, coroutines. Out: exit codes: 0 done, 1 failed, 2 wrong settings or arguments. A user's mistake is
answered by a sentence, never by a traceback, and a sentence holds no password.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

import typer
import uvloop
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from clustera_toolkit.bootstrap import SettingsError, bootstrap_environment
from drive_control_plane.database import Database, DatabaseError

FAILED, WRONG_USE = 1, 2

Result = TypeVar("Result")
SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load(settings_class: type[SettingsT]) -> SettingsT:
    """Settings and logging, or a list of all that is wrong and exit code 2."""
    try:
        return bootstrap_environment(settings_class)
    except SettingsError as error:
        fail(str(error), WRONG_USE)


@asynccontextmanager
async def opened(url: SecretStr) -> AsyncIterator[Database]:
    """The database while the block runs. Raises `DatabaseError` when `DATABASE_URL` cannot be one."""
    database = Database(url.get_secret_value())
    try:
        yield database
    finally:
        await database.close()


def execute(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end; a failure that the user can do something about becomes a sentence."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except DBAPIError as error:
        cause = error.orig and (error.orig.__cause__ or error.orig)  # asyncpg's own error lies below SQLAlchemy's
        fail(f"the database refused: {_first_line(cause)}", FAILED)
    except (DatabaseError, SQLAlchemyError, OSError) as error:
        fail(_first_line(error), FAILED)
    except KeyboardInterrupt:
        fail("stopped", FAILED)


def examples(*lines: str) -> str:
    """Lines for the end of a help text, each kept on a line of its own."""
    return "\n\n".join(["Examples:", *lines])


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong and end."""
    sys.stderr.write(message.rstrip() + "\n")
    raise typer.Exit(code)


def _first_line(error: BaseException | None) -> str:
    """What an error says, without the statement and its values that SQLAlchemy adds below."""
    return str(error).partition("\n")[0] or type(error).__name__
