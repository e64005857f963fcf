"""What the person at the terminal sees: progress while it runs, a table at the end.

In: progress and figures. Out: text, also where no terminal is.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.figures import Figure

_WIDTH_IN_A_FILE = 140

Advance = Callable[[int], None]
"""Is told how much is done of a bar's total."""

RATIOS: Mapping[str, Mapping[str, str]] = {
    "full_sync.files_per_cpu_second": {"floor": "full_sync.ratio_to_floor", "naive": "full_sync.ratio_to_naive"},
}
"""Which figures are shown with their ratios to which baselines."""


class Screen:
    """The terminal."""

    def __init__(self) -> None:
        self._console = Console(width=None if sys.stdout.isatty() else _WIDTH_IN_A_FILE)

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(text, highlight=False, soft_wrap=True)

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:
        """Show a bar while the block runs."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(title, total=total)
            yield lambda done: progress.update(task, completed=min(done, total))

    def table(self, figures: Sequence[Figure]) -> None:
        """Print all figures with their runs."""
        table = Table(title="median of runs")
        for name in ("figure", "value", "unit", "runs", "to baseline"):
            table.add_column(name, justify="right" if name in {"value", "runs"} else "left", no_wrap=name != "runs")
        values = {figure.name: figure.value for figure in figures}
        for figure in figures:
            runs = "  ".join(_shown(value) for value in figure.runs)
            table.add_row(figure.name, _shown(figure.value), figure.unit, runs, _to_baselines(figure, values))
        self._console.print(table)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _to_baselines(figure: Figure, values: Mapping[str, float]) -> str:
    ratios = RATIOS.get(figure.name, {})
    return ", ".join(f"{values[name]:.2f} x {label}" for label, name in ratios.items() if name in values)
