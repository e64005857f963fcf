"""Figures: what a benchmark ends in.

In: the values of its runs. Out: their median with name and unit, and the results file (docs/contracts.md,
"benchmarks/results/latest.json").
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec

Fact = str | int | float


class Figure(msgspec.Struct, frozen=True):
    """One figure; `value` is the median of `runs`. Names are stable: other programs look them up."""

    name: str
    value: float
    unit: str
    higher_is_better: bool
    runs: tuple[float, ...]


class Results(msgspec.Struct, frozen=True):
    """The results file."""

    commit: str
    machine: Mapping[str, Fact]
    results: Sequence[Figure]


def figure(name: str, unit: str, runs: Sequence[float], *, higher_is_better: bool = True) -> Figure:
    """Make a figure of one value a run; raises `statistics.StatisticsError` when there is none."""
    return Figure(name, _rounded(median(runs)), unit, higher_is_better, tuple(_rounded(value) for value in runs))


def write(results: Results, path: Path) -> None:
    """Write the results file, over the last one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")


def _rounded(value: float) -> float:
    """Four significant digits: more would be noise."""
    return float(f"{value:.4g}")
