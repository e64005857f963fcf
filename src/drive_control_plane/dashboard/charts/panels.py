"""Which charts there are, and how each is told in words.

In: points of a window. Out: `Panel`s for a template: a title, a unit, a drawing, a summary that says the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drive_control_plane.dashboard.charts import drawing, scales
from drive_control_plane.dashboard.charts.drawing import Drawing
from drive_control_plane.dashboard.charts.series import Point
from drive_control_plane.dashboard.charts.spans import Span, Window


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart."""

    name: str
    """Names its colour in the style sheet, and its parts for screen readers."""
    title: str
    unit: str
    figure: str
    """The one number to take away,"""
    figure_is: str
    """and what it is."""
    summary: str
    warning: str | None
    drawing: Drawing | None
    """None: there is nothing to draw."""


@dataclass(frozen=True, slots=True)
class Charts:
    """All charts of one window, and their numbers."""

    span: Span
    window: Window
    panels: Sequence[Panel]
    points: Sequence[Point]

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was told of in this time."""
        return all(panel.drawing is None for panel in self.panels)

    @property
    def told(self) -> Sequence[Point]:
        """The points that have anything to tell, the newest first."""
        return [point for point in reversed(self.points) if point != Point(point.at)]


Maker = Callable[[Sequence[Point], Window, Span], Panel]


def charts_of(points: Sequence[Point], window: Window, span: Span) -> Charts:
    """All charts of some points."""
    makers: Sequence[Maker] = (_changes, _files, _records, _units, _errors, _lag)
    return Charts(span, window, [make(points, window, span) for make in makers], points)


def _changes(points: Sequence[Point], window: Window, span: Span) -> Panel:
    return _counted("changes", "Changes", [point.changes for point in points], window, span)


def _files(points: Sequence[Point], window: Window, span: Span) -> Panel:
    return _counted("files", "Items listed", [point.files for point in points], window, span)


def _records(points: Sequence[Point], window: Window, span: Span) -> Panel:
    return _counted("records", "Records written", [point.records for point in points], window, span)


def _errors(points: Sequence[Point], window: Window, span: Span) -> Panel:
    return _counted("errors", "Errors", [point.errors for point in points], window, span)


def _counted(name: str, title: str, values: Sequence[int], window: Window, span: Span) -> Panel:
    most, total = max(values), sum(values)
    unit = f"per {span.step_in_words}"
    summary = (
        f"{total:,} in {span.in_words}. {unit.capitalize()}: {min(values):,} to {most:,}, "
        f"{values[-1]:,} so far in this one."
    )
    drawn = drawing.bars(values, [], scales.of_counts(most), window) if total else None
    return Panel(name, title, unit, f"{total:,}", "in all", summary, None, drawn)


def _units(points: Sequence[Point], window: Window, span: Span) -> Panel:
    """Units are limited by the minute, so that is what they are compared by, however wide a step is."""
    values = [point.units / window.minutes(point.at) for point in points]
    refused, total = sum(point.refused for point in points), sum(point.units for point in points)
    summary = (
        f"{total:,} units in {span.in_words}. Per minute: {min(values):,.0f} to {max(values):,.0f}, "
        f"now {values[-1]:,.0f}. {_calls(refused)} refused."
    )
    flags = [point.refused > 0 for point in points]
    drawn = drawing.bars(values, flags, scales.of_counts(max(values)), window) if total or refused else None
    warning = f"{_calls(refused)} refused (▼)" if refused else None
    return Panel("units", "Quota used", "units per minute", f"{total:,}", "in all", summary, warning, drawn)


def _calls(count: int) -> str:
    return f"{count:,} call{'' if count == 1 else 's'}"


def _lag(points: Sequence[Point], window: Window, span: Span) -> Panel:
    values = [point.lag_seconds for point in points]
    known = [value for value in values if value is not None]
    unit = f"per {span.step_in_words}"
    if not known:
        nothing = f"No change was told of in {span.in_words}."
        return Panel("lag", "Behind by", unit, "–", "at worst", nothing, None, None)
    summary = (
        f"In {span.in_words}: {seconds(min(known))} to {seconds(max(known))}, last {seconds(known[-1])}. "
        "Where there is a gap, no change came."
    )
    drawn = drawing.line(values, scales.of_seconds(max(known)), window)
    return Panel("lag", "Behind by", unit, seconds(max(known)), "at worst", summary, None, drawn)


def seconds(value: float) -> str:
    """A duration in two units at most."""
    whole = round(value)
    for size, unit, below, smaller in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit} {rest} {smaller}" if rest else f"{whole // size} {unit}"
    return f"{value:.1f} s" if value < 10 and value % 1 >= 0.05 else f"{whole} s"
