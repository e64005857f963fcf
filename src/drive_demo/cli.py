"""`make demo`: see it work, with nothing installed and nothing configured.

In: options. Out: a live view, a one-line JSON summary last; exit code 0 when the records equal the emulated drive.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from clustera_toolkit.bootstrap import SettingsError, configure_logging, load_settings
from drive_demo.options import DemoFailedError, DemoOptions, Summary
from drive_demo.view import DemoProgress, render, welcome
from google_drive_worker.commands.shell import FAILED, WRONG_USE, examples, execute, fail
from google_drive_worker.mock_mode import MockModeError, MockSettings

PROGRAM = "google-drive-demo"
EXAMPLES = examples(PROGRAM, f"{PROGRAM} --once --root /usr/share/doc", f"{PROGRAM} --files 100000")
SHOWN_DIFFERENCES = 10
NOISY = "clustera_toolkit.kafka.client"
"""It tells as errors that the broker ends before its last clients."""
OWN = {"worker_http_port": 0, "kafka_bootstrap_servers": "", "credentials_encryption_keys": None}
"""What the demo has of its own, whatever the environment says."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    app(args=None if arguments is None else list(arguments), prog_name=PROGRAM)


@app.command(epilog=EXAMPLES)
def demo(
    files: Annotated[int, typer.Option(min=0, max=1_000_000, help="Items of the synthetic drive.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic drive and of the changes.")] = 7,
    drives: Annotated[int, typer.Option(min=0, max=100, help="Shared drives beside a synthetic drive.")] = 2,
    root: Annotated[Path | None, typer.Option(help="Serve this directory as the drive; it is only read.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="The dashboard's; 8090, or a free one, by default.")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Connect on the dashboard, too, end after a few live changes, and compare.")
    ] = False,
) -> None:
    """Run an emulated Drive, a broker, the worker and the control plane in one process; sync, change, compare."""
    options = DemoOptions(files=files, seed=seed, drives=drives, root=root, port=port, once=once)
    console = Console(stderr=not sys.stdout.isatty())
    configure_logging("ERROR", renderer="console")
    logging.getLogger(NOISY).setLevel(logging.CRITICAL)
    with _display(console) as show:
        summary = execute(_run(options, show))
    _tell(console, summary)
    raise typer.Exit(0 if summary.ok else FAILED)


async def _run(options: DemoOptions, show: Callable[[DemoProgress], None]) -> Summary:
    try:
        import google_drive_emulator  # noqa: F401 # it is an extra: whether it is there
        from drive_demo.run import run_demo
    except ModuleNotFoundError as error:
        needed = "pip install 'google-drive-worker[emulator,control-plane]'"
        fail(f"the demo needs {error.name}, which is not installed: {needed}", FAILED)
    try:
        settings = load_settings(MockSettings).model_copy(update=OWN)
        return await run_demo(options, settings, show)
    except SettingsError as error:
        fail(str(error), WRONG_USE)
    except (DemoFailedError, MockModeError) as error:
        fail(str(error), FAILED)


@contextmanager
def _display(console: Console) -> Iterator[Callable[[DemoProgress], None]]:
    """Draw live on a terminal; elsewhere say when the phase changes. Before all else, where the dashboard is."""
    if not console.is_terminal:
        yield _Teller(console).show
        return
    with Live(console=console, refresh_per_second=8) as live:
        teller = _Teller(console, live)
        yield teller.show


class _Teller:
    """Shows progress as it comes."""

    def __init__(self, console: Console, live: Live | None = None) -> None:
        self._console = console
        self._live = live
        self._phase: str | None = None

    def show(self, progress: DemoProgress) -> None:
        """Show where it stands."""
        if self._phase is None:
            self._greet(progress)
        if self._live is not None:
            self._live.update(render(progress))
        elif self._phase != progress.phase:
            told = f"{progress.phase}: {progress.items:,} of {progress.total:,} items"
            self._console.print(told, highlight=False)
        self._phase = progress.phase

    def _greet(self, progress: DemoProgress) -> None:
        if progress.invitation is not None:
            self._console.print(welcome(progress.invitation), highlight=False, soft_wrap=True)
        elif self._live is None:
            self._console.print(f"Dashboard: {progress.addresses['dashboard']}", highlight=False)


def _tell(console: Console, summary: Summary) -> None:
    console.print(
        f"full sync: {', '.join(f'{count:,} {kind}' for kind, count in summary.kinds.items())} "
        f"in {summary.seconds:.1f} s; "
        f"then {summary.changes:,} records of live changes",
        highlight=False,
        soft_wrap=True,
    )
    beside = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in summary.beside.items() if count)
    if beside:
        console.print(f"held beside them at the end: {beside}", highlight=False, soft_wrap=True)
    for one in summary.connected:
        console.print(f"connected on the dashboard: {one.items:,} items", highlight=False, soft_wrap=True)
    for difference in summary.all_differences[:SHOWN_DIFFERENCES]:
        console.print(f"[red]differs[/red] {difference.item_id}: {difference.what}", highlight=False, soft_wrap=True)
    verdict = "the records equal the emulated drive" if summary.ok else f"{len(summary.all_differences)} differences"
    console.print(f"[bold {'green' if summary.ok else 'red'}]{verdict}[/]")
    sys.stdout.write(summary.to_json() + "\n")
