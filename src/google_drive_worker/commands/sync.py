"""`sync`: Drive into one file, once."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from google_drive_worker.client.errors import DriveError
from google_drive_worker.commands.display import Display, TroubleObserver, display_for, summary
from google_drive_worker.commands.shell import FAILED, WRONG_USE, examples, execute, fail, load
from google_drive_worker.environment_credentials import CredentialSettings, EnvironmentCredentialError
from google_drive_worker.health_checks import REMEDIES
from google_drive_worker.local_sync import LocalSync, Outcome, Wish
from google_drive_worker.sinks.local.formats import storage_for
from google_drive_worker.sinks.local.progress import Progress
from google_drive_worker.sinks.local.storage import FileRefusedError, LocalFileError, Storage

DEFAULT_CONNECTION = "local"

EXAMPLES = examples(
    "google-drive-worker sync --to drive.sqlite",
    'sqlite3 drive.sqlite "SELECT name, size_bytes FROM files ORDER BY size_bytes DESC LIMIT 10"',
    "google-drive-worker sync --to drive.jsonl --full",
)


def sync(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A *.sqlite, *.db or *.jsonl file.")],
    full: Annotated[bool, typer.Option("--full", help="List everything anew instead of replaying changes.")] = False,
    subject: Annotated[
        str | None, typer.Option(metavar="USER", help="Whose Drive a service account with delegation reads.")
    ] = None,
    connection: Annotated[
        str, typer.Option(metavar="ID", help="The connection id in the records' keys; one a file.")
    ] = DEFAULT_CONNECTION,
) -> None:
    """Copy a Drive's files, folders and permissions into a local file; no Kafka is needed.

    A first run lists everything. A later one replays what changed since, or goes on where it was interrupted: stop it
    when you like. Exit code 0 means that the file holds all there is.

    The credential comes from the environment: GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and GOOGLE_REFRESH_TOKEN, or
    GOOGLE_APPLICATION_CREDENTIALS (a service account's key file). It is never written anywhere.
    """
    settings = load(CredentialSettings)
    progress = Progress()
    try:
        storage = storage_for(to, connection)
        with display_for(progress) as display:
            outcome = execute(_run(settings, Wish(connection, full, subject), progress, display, storage))
    except (EnvironmentCredentialError, FileRefusedError) as error:
        fail(str(error), WRONG_USE)
    except LocalFileError as error:
        fail(str(error), FAILED)
    except DriveError as error:
        outcome = Outcome(error.message, error.code)
    if progress.items or outcome.problem is None:
        typer.echo(summary(progress, display.seconds))
    if outcome.problem is not None:
        fail(_reason(outcome, to), FAILED)
    typer.echo(f"complete: {to}")


async def _run(
    settings: CredentialSettings, wish: Wish, progress: Progress, display: Display, storage: Storage
) -> Outcome:
    """Sync until the end or the first signal."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    work = LocalSync(settings, wish, progress, moved=display.update, observer=TroubleObserver(display))
    return await work.run(storage, stop)


def _reason(outcome: Outcome, to: Path) -> str:
    code = f" [{outcome.code}]" if outcome.code else ""
    remedy = REMEDIES.get(outcome.code or "")
    kept = f"run it again to go on: what was read so far is kept in {to}"
    return "\n".join([f"not complete: {outcome.problem}{code}", *([remedy] if remedy else []), kept])
