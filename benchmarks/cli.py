"""The command line of the benchmarks.

In: which one, how many files and runs. Out: a table, `benchmarks/results/latest.json`, and an exit code: 0 done, 1 a
tool is missing or a run failed, 2 wrong arguments. No figure is judged here.
"""

import signal
import sys
import tempfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import aiohttp
import typer
from confluent_kafka import KafkaException

from benchmarks import (
    changes_during_backfill,
    cost_curve,
    emulator,
    folders,
    full_sync,
    hot_path,
    machine,
    memory,
    parallel_scan,
    start_to_end,
    webhook,
    webhook_receiver,
)
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure, Results, write
from benchmarks.screen import Screen
from benchmarks.stage import Benchmark, Stage, find_jars
from clustera_toolkit.testing.apache_kafka import BrokerStartError
from clustera_toolkit.testing.kafka_jars import JarsError, ToolsMissingError

RESULTS = machine.ROOT / "benchmarks" / "results" / "latest.json"
_FAILED = 1
_TERMINATED = 128 + signal.SIGTERM


class Name(StrEnum):
    """The benchmarks, in the order in which they run."""

    HOT_PATH = "hot_path"
    EMULATOR = "emulator"
    FULL_SYNC = "full_sync"
    MEMORY = "memory"
    FOLDERS = "folders"
    PARALLEL_SCAN = "parallel_scan"
    WEBHOOK = "webhook"
    WEBHOOK_RECEIVER = "webhook_receiver"
    CHANGES_DURING_BACKFILL = "changes_during_backfill"
    START_TO_END = "start_to_end"
    COST_CURVE = "cost_curve"


BENCHMARKS: Mapping[Name, Benchmark] = {
    Name.HOT_PATH: hot_path.run,
    Name.EMULATOR: emulator.run,
    Name.FULL_SYNC: full_sync.run,
    Name.MEMORY: memory.run,
    Name.FOLDERS: folders.run,
    Name.PARALLEL_SCAN: parallel_scan.run,
    Name.WEBHOOK: webhook.run,
    Name.WEBHOOK_RECEIVER: webhook_receiver.run,
    Name.CHANGES_DURING_BACKFILL: changes_during_backfill.run,
    Name.START_TO_END: start_to_end.run,
    Name.COST_CURVE: cost_curve.run,
}
NEEDS_KAFKA = frozenset(Name) - {Name.HOT_PATH, Name.EMULATOR, Name.PARALLEL_SCAN}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def run(
    only: Annotated[Name | None, typer.Option(help="Run this one; otherwise all of them.")] = None,
    files: Annotated[int | None, typer.Option(min=1000, max=100_000_000, help="Files, instead of its own.")] = None,
    runs: Annotated[int | None, typer.Option(min=1, max=100, help="Runs, instead of its own.")] = None,
) -> None:
    """Measure, show the figures and write benchmarks/results/latest.json."""
    names = list(Name) if only is None else [only]
    screen = Screen()
    try:
        jars = find_jars(screen) if NEEDS_KAFKA.intersection(names) else None
        figures = _measure(names, screen, files, runs)
    except (BenchmarkError, BrokerStartError, JarsError, ToolsMissingError) as error:
        _fail(str(error))
    except (aiohttp.ClientError, KafkaException, TimeoutError) as error:
        _fail(f"the emulated drive or Apache Kafka did not answer as it should: {error!r}")
    except KeyboardInterrupt:
        _fail("stopped")
    facts = machine.facts(None if jars is None else machine.kafka_version(jars))
    screen.table(figures)
    write(Results(machine.commit(), facts, figures), RESULTS)
    screen.say(f"written to {RESULTS.relative_to(machine.ROOT)}")


def main() -> None:
    """Run the command line; a termination is an ordinary end, so that no program started here stays behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    app(prog_name="python -m benchmarks")


def _measure(names: list[Name], screen: Screen, files: int | None, runs: int | None) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as directory:
        for name in names:
            screen.say(f"[bold]{name}[/bold]")
            figures += BENCHMARKS[name](Stage(screen, Path(directory), files, runs))
    return figures


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    raise typer.Exit(_FAILED)
