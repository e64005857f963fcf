"""Scales: round marks from zero that hold every value."""

from hypothesis import given
from hypothesis import strategies as st

from drive_control_plane.dashboard.charts.scales import Scale, of_counts, of_seconds

VALUES = st.floats(0, 1e15, allow_nan=False)


@given(VALUES)
def test_the_greatest_value_fits_below_the_top(most: float) -> None:
    """With few marks, in even steps, and no two of the same name."""
    for scale in (of_counts(most), of_seconds(most)):
        values = [value for value, _ in scale.marks]
        labels = [label for _, label in scale.marks]
        assert scale.top >= most * (1 - 1e-9)
        assert values[0] == 0
        assert values[-1] == scale.top
        assert 2 <= len(values) <= 5
        assert len(set(labels)) == len(labels)


def test_marks_are_written_as_people_say_them() -> None:
    """Thousands by letters; durations in the unit that fits; nothing finer than one where things are counted."""
    for scale, labels in (
        (of_counts(0), ["0", "1"]),
        (of_counts(2), ["0", "1", "2"]),
        (of_counts(4_300), ["0", "2k", "4k", "6k"]),
        (of_counts(1_500_000), ["0", "500k", "1M", "1.5M"]),
        (of_seconds(50), ["0 s", "20 s", "40 s", "60 s"]),
        (of_seconds(150), ["0 min", "1 min", "2 min", "3 min"]),
        (of_seconds(10_800), ["0 h", "1 h", "2 h", "3 h"]),
    ):
        assert _labels(scale) == labels


def _labels(scale: Scale) -> list[str]:
    return [label for _, label in scale.marks]
