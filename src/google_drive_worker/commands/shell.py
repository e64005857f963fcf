"""How a command runs and ends.

In: settings classes, coroutines. Out: exit codes: 0 done, 1 failed, 2 wrong settings or arguments, 3 fenced by a twin.
A user's mistake is answered by a sentence, never by a traceback.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from clustera_toolkit.commands import FAILED, WRONG_USE, examples, fail, load
from clustera_toolkit.kafka import FencedError, KafkaClientError
from clustera_toolkit.storage import StorageError
from google_drive_worker.config import WorkerSettings
from google_drive_worker.credentials import check_keys

__all__ = ["FAILED", "FENCED", "WRONG_USE", "examples", "execute", "fail", "load", "load_worker_settings"]

FENCED = 3

Result = TypeVar("Result")
WorkerT = TypeVar("WorkerT", bound=WorkerSettings)


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
