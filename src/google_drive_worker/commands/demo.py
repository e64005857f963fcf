"""`google-drive-worker demo`: see it work, with nothing installed and nothing configured.

In: options. Out: a live view, a one-line JSON summary last; exit code 0 when the records equal the emulated drive.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from clustera_toolkit.bootstrap import configure_logging, load_settings
from google_drive_worker.commands.shell import FAILED, examples, execute, fail
from google_drive_worker.demo.run import DemoFailedError, DemoOptions, Summary, run_demo
from google_drive_worker.demo.view import DemoProgress, render
from google_drive_worker.mock_mode import MockModeError, MockSettings

EXAMPLES = examples(
    "google-drive-worker demo",
    "google-drive-worker demo --once --root /usr/share/doc",
    "google-drive-worker demo --files 100000",
)
SHOWN_DIFFERENCES = 10


def demo(
    files: Annotated[int, typer.Option(min=0, max=1_000_000, help="Items of the synthetic drive.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic drive and of the changes.")] = 7,
    drives: Annotated[int, typer.Option(min=0, max=100, help="Shared drives beside a synthetic drive.")] = 2,
    root: Annotated[Path | None, typer.Option(help="Serve this directory as the drive; it is only read.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End after a few live changes, and compare.")] = False,
) -> None:
    """Run an emulated Drive, a broker and the worker in one process; sync, change, compare."""
    options = DemoOptions(files=files, seed=seed, drives=drives, root=root, once=once)
    console = Console(stderr=not sys.stdout.isatty())
    configure_logging("ERROR", renderer="console")
    logging.getLogger("clustera_toolkit.kafka.client").setLevel(logging.CRITICAL)
    with _display(console) as show:
        summary = execute(_run(options, show))
    _tell(console, summary)
    raise typer.Exit(0 if summary.ok else FAILED)


async def _run(options: DemoOptions, show: Callable[[DemoProgress], None]) -> Summary:
    settings = load_settings(MockSettings).model_copy(update={"worker_http_port": 0, "kafka_bootstrap_servers": ""})
    try:
        return await run_demo(options, settings, show)
    except (DemoFailedError, MockModeError) as error:
        fail(str(error), FAILED)


@contextmanager
def _display(console: Console) -> Iterator[Callable[[DemoProgress], None]]:
    """Draw live on a terminal; elsewhere say when the phase changes."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8) as live:
            yield lambda progress: live.update(render(progress))
        return
    told: list[str] = []

    def show(progress: DemoProgress) -> None:
        if not told or told[-1] != progress.phase:
            told.append(progress.phase)
            console.print(f"{progress.phase}: {progress.items:,} of {progress.total:,} items", highlight=False)

    yield show


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
    for difference in summary.differences[:SHOWN_DIFFERENCES]:
        console.print(f"[red]differs[/red] {difference.item_id}: {difference.what}", highlight=False, soft_wrap=True)
    verdict = "the records equal the emulated drive" if summary.ok else f"{len(summary.differences)} differences"
    console.print(f"[bold {'green' if summary.ok else 'red'}]{verdict}[/]")
    sys.stdout.write(summary.to_json() + "\n")
