"""Where the marks of a chart go.

In: values in even steps, a scale, a window. Out: a `Drawing`: rectangles, lines, labels, in the units of its view box.
Nothing of it is a style: colours are the style sheet's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from drive_control_plane.dashboard.charts.scales import Scale
from drive_control_plane.dashboard.charts.spans import Window

WIDTH, HEIGHT = 340.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 6.0, 14.0, 20.0
GAP = 0.25
"""Of a step's width, between bars."""
LEAST = 1.5
"""The height of the smallest bar: what is not nothing is seen."""
DAY = timedelta(days=1)
_LABELS_EVERY = {timedelta(hours=1): timedelta(minutes=15), DAY: timedelta(hours=6)}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `hint` says what it stands for."""

    x: float
    y: float
    width: float
    height: float
    hint: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place; `anchor` is SVG's `text-anchor`."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Drawing:
    """All marks of one chart."""

    bars: Sequence[Box]
    lines: Sequence[str]
    """Points of polylines; between them there are gaps."""
    dots: Sequence[tuple[float, float]]
    """Values that stand alone, which a line would not show."""
    flags: Sequence[str]
    """Points of triangles at the upper edge."""
    rows: Sequence[Label]
    columns: Sequence[Label]
    limits: Sequence[str] = ()
    """Points of polylines that values should stay below: level within a step."""


def bars(values: Sequence[float], flags: Sequence[bool], scale: Scale, window: Window) -> Drawing:
    """A bar for each value; a flag above those that have one."""
    step = _step(len(values))
    drawn = [
        _bar(number, value, step, scale, f"{at:%a %H:%M}: {value:,.0f}")
        for number, (at, value) in enumerate(zip(window.moments(), values, strict=True))
        if value > 0
    ]
    raised = [_flag(LEFT + (number + 0.5) * step) for number, is_raised in enumerate(flags) if is_raised]
    return Drawing(drawn, [], [], raised, _rows(scale), _columns(window))


def line(values: Sequence[float | None], scale: Scale, window: Window) -> Drawing:
    """A line through the values that are there; where none is, there is a gap."""
    step = _step(len(values))
    placed = [
        None if value is None else (_round(LEFT + (number + 0.5) * step), _height(value, scale))
        for number, value in enumerate(values)
    ]
    runs = [[each for each in run if each] for there, run in groupby(placed, lambda each: each is not None) if there]
    lines = [" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1]
    return Drawing([], lines, [run[0] for run in runs if len(run) == 1], [], _rows(scale), _columns(window))


def limited(drawn: Drawing, limits: Sequence[float | None], scale: Scale) -> Drawing:
    """The same with the limit of each step, where there is one."""
    step = _step(len(limits))
    edges = [
        None
        if limit is None
        else f"{_round(LEFT + number * step)},{_height(limit, scale)} "
        f"{_round(LEFT + (number + 1) * step)},{_height(limit, scale)}"
        for number, limit in enumerate(limits)
    ]
    runs = [" ".join(filter(None, run)) for there, run in groupby(edges, lambda each: each is not None) if there]
    return replace(drawn, limits=runs)


def _step(count: int) -> float:
    return (WIDTH - LEFT - RIGHT) / count


def _bar(number: int, value: float, step: float, scale: Scale, hint: str) -> Box:
    foot = HEIGHT - BOTTOM
    top, left = min(_height(value, scale), foot - LEAST), LEFT + (number + GAP / 2) * step
    return Box(_round(left), _round(top), _round(step * (1 - GAP)), _round(foot - top), hint)


def _flag(x: float) -> str:
    return f"{_round(x - 3.5)},{TOP - 11} {_round(x + 3.5)},{TOP - 11} {_round(x)},{TOP - 5}"


def _height(value: float, scale: Scale) -> float:
    return _round(HEIGHT - BOTTOM - value / scale.top * (HEIGHT - BOTTOM - TOP))


def _rows(scale: Scale) -> list[Label]:
    return [Label(LEFT - 5, _height(value, scale), text, "end") for value, text in scale.marks]


def _columns(window: Window) -> list[Label]:
    """Labels of the time, at full hours or days of UTC."""
    length = window.until - window.since
    every = _LABELS_EVERY.get(length, DAY)
    return [
        Label(_round(LEFT + (at - window.since) / length * (WIDTH - LEFT - RIGHT)), HEIGHT - 5, _name(at, every))
        for at in window.moments()
        if (at - datetime.min.replace(tzinfo=at.tzinfo)) % every == timedelta() and _has_room(at, window)
    ]


def _has_room(at: datetime, window: Window) -> bool:
    """Half a label is as wide as a twentieth of the chart: those nearer to the right edge would be cut off."""
    return (window.until - at) / (window.until - window.since) > 0.04


def _name(at: datetime, every: timedelta) -> str:
    return at.strftime("%a %-d") if every == DAY else at.strftime("%H:%M")


def _round(value: float) -> float:
    return round(value, 1)
