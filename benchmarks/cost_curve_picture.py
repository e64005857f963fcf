"""The picture of the cost curve.

In: what a full sync took at each size. Out: a PNG of two panels, time and memory, both axes logarithmic.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks.usage import Spent

_BLUE, _ORANGE, _GREEN, _GREY = "#1f5fa8", "#c2571a", "#2f7d4f", "#8a8f98"


def draw(curve: Mapping[int, Sequence[Spent]], path: Path) -> None:
    """Write the picture; points are medians."""
    sizes = sorted(curve)
    wall = [median(spent.wall_seconds for spent in curve[size]) for size in sizes]
    cpu = [median(spent.cpu_seconds for spent in curve[size]) for size in sizes]
    memory = [median(spent.peak_rss_mb for spent in curve[size]) for size in sizes]
    figure = Figure(figsize=(10, 4.2), dpi=130, facecolor="white", layout="constrained")
    times, memories = figure.subplots(1, 2)
    _line(times, sizes, wall, _BLUE, "seconds, trigger to complete snapshot")
    _line(times, sizes, cpu, _ORANGE, "CPU seconds of the worker")
    for last in (wall[-1], cpu[-1]):
        times.plot(sizes, [last * size / sizes[-1] for size in sizes], linestyle="--", color=_GREY, linewidth=1)
    times.plot([], [], linestyle="--", color=_GREY, linewidth=1, label="linear, through the last points")
    _dress(times, "Time", "seconds (log)")
    _line(memories, sizes, memory, _GREEN, "peak resident memory of the worker")
    memories.set_ylim(10, 1000)
    _dress(memories, "Memory", "MB of 10⁶ bytes (log)")
    figure.suptitle("A full sync as drives grow", fontsize=13)
    figure.savefig(path)


def _line(axes: Axes, sizes: Sequence[int], values: Sequence[float], colour: str, label: str) -> None:
    """A line with its values written above the points."""
    axes.plot(sizes, values, marker="o", color=colour, linewidth=2, label=label)
    for size, value in zip(sizes, values, strict=True):
        text = f"{value:.0f}" if value >= 10 else f"{value:.1f}"
        axes.annotate(text, (size, value), (0, 7), textcoords="offset points", ha="center", color=colour, fontsize=9)


def _dress(axes: Axes, title: str, unit: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(title, fontsize=11)
    axes.set_xlabel("files in the drive (log)")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_ylabel(unit)
    axes.margins(x=0.1, y=0.15)
    axes.grid(visible=True, which="major", color="#e4e6ea")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
