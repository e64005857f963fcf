"""`sync`: Drive into one file, once."""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from google_drive_worker.client.errors import DriveError
from google_drive_worker.commands.consent import ask, can_ask
from google_drive_worker.commands.display import Display, TroubleObserver, display_for, summary
from google_drive_worker.commands.selection import (
    Backfill,
    Drives,
    Resources,
    User,
    backfill_kinds,
    listed,
    wanted_settings,
)
from google_drive_worker.commands.shell import FAILED, WRONG_USE, examples, execute, fail, load
from google_drive_worker.environment_credentials import CredentialSettings, EnvironmentCredentialError
from google_drive_worker.health_checks import REMEDIES
from google_drive_worker.local_sync import LocalSync, Outcome, Wish
from google_drive_worker.quota.forecast import Forecast
from google_drive_worker.sinks.local.formats import storage_for
from google_drive_worker.sinks.local.progress import Progress
from google_drive_worker.sinks.local.storage import FileRefusedError, LocalFileError, Storage

DEFAULT_CONNECTION = "local"

EXAMPLES = examples(
    "google-drive-worker sync --to drive.sqlite",
    'sqlite3 drive.sqlite "SELECT name, size_bytes FROM files ORDER BY size_bytes DESC LIMIT 10"',
    "google-drive-worker sync --to drive.jsonl --full",
    "google-drive-worker sync --to drive.sqlite --backfill revision,comment",
    "google-drive-worker sync --to plans.sqlite --user none --drives 0AJm7xExampleDriveId",
)


def sync(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A *.sqlite, *.db or *.jsonl file.")],
    full: Annotated[bool, typer.Option("--full", help="List everything anew instead of replaying changes.")] = False,
    resources: Resources = None,
    backfill: Backfill = None,
    drives: Drives = None,
    user: User = None,
    folder: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only this folder and what lies below it; may be given several times."),
    ] = None,
    labels: Annotated[
        str | None, typer.Option(metavar="ID,...", help="Labels to ask for in this run: Drive shows none by itself.")
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Remove from the file what a listing that shows much less leaves out.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a backfill.")] = False,
    subject: Annotated[
        str | None, typer.Option(metavar="USER", help="Whose Drive a service account with delegation reads.")
    ] = None,
    connection: Annotated[
        str, typer.Option(metavar="ID", help="The connection id in the records' keys; one a file.")
    ] = DEFAULT_CONNECTION,
) -> None:
    """Copy a Drive's files, folders, permissions and shared drives into a local file; no Kafka is needed.

    A first run lists everything. A later one replays what changed since, with the revisions and comments of files that
    changed, or goes on where it was interrupted: stop it when you like. What the options select is kept in the file
    and need not be said again. Exit code 0 means that the file holds all there is.

    The credential comes from the environment: GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and GOOGLE_REFRESH_TOKEN, or
    GOOGLE_APPLICATION_CREDENTIALS (a service account's key file). It is never written anywhere.
    """
    settings = load(CredentialSettings)
    if labels is not None:
        settings = settings.model_copy(update={"gdrive_label_ids": tuple(listed(labels))})
    selection = wanted_settings(resources, drives, user, folder)
    wish = Wish(connection, full, subject, selection, backfill_kinds(backfill, selection), confirm)
    progress = Progress()
    try:
        storage = storage_for(to, connection)
        with display_for(progress) as display:
            run = _Run(settings, wish, progress, display, ask_first=not yes)
            outcome = execute(run.to_end(storage))
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


@dataclass(frozen=True, slots=True)
class _Run:
    """One wish, shown on a display."""

    settings: CredentialSettings
    wish: Wish
    progress: Progress
    display: Display
    ask_first: bool

    async def to_end(self, storage: Storage) -> Outcome:
        """Sync until the end or the first signal."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)

        async def agree(told: Forecast) -> bool:
            return await self._agree(told, stop)

        work = LocalSync(
            self.settings,
            self.wish,
            self.progress,
            moved=self.display.update,
            observer=TroubleObserver(self.display),
            agree=agree,
        )
        return await work.run(storage, stop)

    async def _agree(self, told: Forecast, stop: asyncio.Event) -> bool:
        """Say what a backfill costs, and ask whoever sits at a terminal."""
        with self.display.paused():
            typer.echo(str(told), err=True)
            if not self.ask_first or not can_ask():
                return True
            if await ask("Read them now? [y/N] ", stop):
                return True
            typer.echo("not read; run again with --backfill when it suits", err=True)
            return False


def _reason(outcome: Outcome, to: Path) -> str:
    code = f" [{outcome.code}]" if outcome.code else ""
    remedy = REMEDIES.get(outcome.code or "")
    kept = f"run it again to go on: what was read so far is kept in {to}"
    return "\n".join([f"not complete: {outcome.problem}{code}", *([remedy] if remedy else []), kept])
