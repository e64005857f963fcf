"""How a command runs and ends.

In: settings classes, coroutines. Out: exit codes: 0 done, 1 failed, 2 wrong settings or arguments, 3 fenced by a twin.
A user's mistake is answered by a sentence, never by a traceback.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

import typer
import uvloop
from pydantic_settings import BaseSettings

from clustera_toolkit.bootstrap import SettingsError, bootstrap_environment
from clustera_toolkit.kafka import FencedError, KafkaClientError
from clustera_toolkit.storage import StorageError
from google_drive_worker.config import WorkerSettings
from google_drive_worker.credentials import check_keys

FAILED, WRONG_USE, FENCED = 1, 2, 3

Result = TypeVar("Result")
SettingsT = TypeVar("SettingsT", bound=BaseSettings)
WorkerT = TypeVar("WorkerT", bound=WorkerSettings)


def load(settings_class: type[SettingsT]) -> SettingsT:
    """Settings and logging, or a list of all that is wrong and exit code 2."""
    try:
        return bootstrap_environment(settings_class)
    except SettingsError as error:
        fail(str(error), WRONG_USE)


def load_worker_settings(settings_class: type[WorkerT]) -> WorkerT:
    """The worker's settings, with its keys checked."""
    settings = load(settings_class)
    if (problem := check_keys(settings.credentials_encryption_keys)) is not None:
        fail(problem, WRONG_USE)
    return settings


def execute(
    work: Coroutine[Any, Any, Result], loop_factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
) -> Result:
    """Run to the end; a failure that the user can do something about becomes a sentence."""
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(work)
    except FencedError as error:
        fail(str(error), FENCED)
    except (KafkaClientError, StorageError, OSError) as error:
        fail(str(error), FAILED)
    except KeyboardInterrupt:
        fail("stopped", FAILED)


def examples(*lines: str) -> str:
    """Lines for the end of a help text, each kept on a line of its own."""
    return "\n\n".join(["Examples:", *lines])


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong and end."""
    sys.stderr.write(message.rstrip() + "\n")
    raise typer.Exit(code)
