"""Which charts there are, and how each is told in words.

In: points of a window. Out: `Panel`s for a template: a title, a unit, a drawing, a summary that says the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drive_control_plane.dashboard.charts import drawing, scales
from drive_control_plane.dashboard.charts.drawing import Drawing
from drive_control_plane.dashboard.charts.series import Point
from drive_control_plane.dashboard.charts.spans import Span, Window

IN_SIGHT = 4
"""A limit so many times as high as the highest bar is still drawn; a higher one would flatten them all."""


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
    note: str | None = None
    """What else is to be known, below the drawing."""


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


def charts_of(points: Sequence[Point], window: Window, span: Span, *, of_all: bool = False) -> Charts:
    """All charts of some points. Those `of_all` connections are compared with the limit, which is the project's."""
    units = _units_of_all if of_all else _units
    makers: Sequence[Maker] = (_changes, _files, _records, units, _errors, _lag)
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
    return _units_below(points, [None for _ in points], window, span)


def _units_of_all(points: Sequence[Point], window: Window, span: Span) -> Panel:
    """With the limit that all connections share."""
    limits = [point.limit_per_minute for point in points]
    return _units_below(points, limits, window, span)


def _units_below(points: Sequence[Point], limits: Sequence[int | None], window: Window, span: Span) -> Panel:
    values = [point.units / window.minutes(point.at) for point in points]
    refused, total = sum(point.refused for point in points), sum(point.units for point in points)
    waited = sum(point.waited_seconds for point in points)
    held, limit = f"Held back by quota for {seconds(waited)}.", _limit_in_words(limits)
    summary = (
        f"{total:,} units in {span.in_words}. Per minute: {min(values):,.0f} to {max(values):,.0f}, "
        f"now {values[-1]:,.0f}. {_calls(refused)} refused. {held} {limit}".rstrip()
    )
    flags = [point.refused > 0 for point in points]
    drawn = _units_drawn(values, flags, limits, window) if total or refused or waited else None
    warning = f"{_calls(refused)} refused (▼)" if refused else None
    note = f"{held if round(waited) else ''} {limit}".strip() or None
    return Panel("units", "Quota used", "units per minute", f"{total:,}", "in all", summary, warning, drawn, note)


def _units_drawn(
    values: Sequence[float], flags: Sequence[bool], limits: Sequence[int | None], window: Window
) -> Drawing:
    highest = max((limit for limit in limits if limit is not None), default=0)
    is_in_sight = highest <= IN_SIGHT * max(values)
    scale = scales.of_counts(max(*values, highest) if is_in_sight else max(values))
    drawn = drawing.bars(values, flags, scale, window)
    return drawing.limited(drawn, limits, scale) if is_in_sight else drawn


def _limit_in_words(limits: Sequence[int | None]) -> str:
    known = [limit for limit in limits if limit is not None]
    return f"Limit, as workers believe: {known[-1]:,} per minute." if known else ""


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
