"""Axes whose marks people can read.

In: the greatest value of a series. Out: a `Scale` from zero, in steps of 1, 2 or 5 times a power of ten; durations are
told in seconds, minutes, hours or days, whichever is read most easily.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

MARKS = 3
_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
_MAGNITUDES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Scale:
    """From 0 to `top`; `marks` are values with their labels."""

    top: float
    marks: Sequence[tuple[float, str]]


def of_counts(most: float) -> Scale:
    """A scale of things that are counted: never finer than one."""
    return _scale(most, 1.0, 1.0, short)


def of_seconds(most: float) -> Scale:
    """A scale of durations."""
    unit, name = next((each for each in _UNITS if most >= 2 * each[0]), (1.0, "s"))
    return _scale(most, unit, 0.5 if unit > 1 else 1.0, lambda value: f"{value:g} {name}")


def short(value: float) -> str:
    """A number in few letters: 1.5k, 20M."""
    for size, letter in _MAGNITUDES:
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:g}"


def _scale(most: float, unit: float, finest: float, label: Callable[[float], str]) -> Scale:
    step = max(_nice(most / unit / MARKS), finest)
    count = max(1, ceil(most / unit / step))
    return Scale(count * step * unit, [(number * step * unit, label(number * step)) for number in range(count + 1)])


def _nice(rough: float) -> float:
    if rough <= 0:
        return 0.0
    power = 10.0 ** floor(log10(rough))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= rough * (1 - 1e-9))
