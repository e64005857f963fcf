"""Commands: what a person types.

In: arguments and the environment. Out: exit codes: 0 done, 1 failed, 2 wrong settings or arguments, 3 fenced by a twin.
A user's mistake is answered by a sentence, never by a traceback.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NoReturn

import typer
import uvloop

from clustera_toolkit.bootstrap import SettingsError, bootstrap_environment
from clustera_toolkit.kafka import FencedError, KafkaAdmin, KafkaClientError
from clustera_toolkit.storage import StorageError
from google_drive_worker import topics
from google_drive_worker.config import WorkerSettings
from google_drive_worker.credentials import check_keys
from google_drive_worker.worker import Worker

FAILED, WRONG_USE, FENCED = 1, 2, 3

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Keep Google Drive in step into Apache Kafka.")
topics_app = typer.Typer(no_args_is_help=True, help="The worker's topics.")
app.add_typer(topics_app, name="topics")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command."""
    app(args=None if arguments is None else list(arguments), prog_name="google-drive-worker")


@app.command()
def run() -> None:
    """Run the worker until it is told to stop (SIGTERM, Ctrl-C). Settings come from the environment."""
    settings = load_settings()
    execute(serve(Worker(settings)))


@topics_app.command("create")
def create_topics() -> None:
    """Make the topics that do not exist yet, as docs/contracts.md describes them."""
    settings = load_settings()
    admin = KafkaAdmin(settings.kafka_bootstrap_servers, config=settings.kafka_client_config)
    made = execute(admin.create(topics.specifications(settings)))
    typer.echo("\n".join(f"made {name}" for name in made) or "all topics are there already")


async def serve(worker: Worker) -> None:
    """Run a worker; the first signal ends it in order."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, worker.request_stop)
    await worker.run()


def load_settings() -> WorkerSettings:
    """Settings and logging, or a list of all that is wrong and exit code 2."""
    try:
        settings = bootstrap_environment(WorkerSettings)
    except SettingsError as error:
        fail(str(error), WRONG_USE)
    if (problem := check_keys(settings.credentials_encryption_keys)) is not None:
        fail(problem, WRONG_USE)
    return settings


def execute(work: Coroutine[Any, Any, Any], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None) -> Any:
    """Run to the end; a failure that the user can do something about becomes a sentence."""
    try:
        with asyncio.Runner(loop_factory=loop_factory or uvloop.new_event_loop) as runner:
            return runner.run(work)
    except FencedError as error:
        fail(str(error), FENCED)
    except (KafkaClientError, StorageError, OSError) as error:
        fail(str(error), FAILED)
    except KeyboardInterrupt:
        fail("stopped", FAILED)


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong and end."""
    sys.stderr.write(message.rstrip() + "\n")
    raise typer.Exit(code)
