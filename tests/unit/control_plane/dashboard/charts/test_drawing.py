"""Drawings: all of a chart lies in its box, and what is not known is not drawn."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from tests.support.control_plane.context import EPOCH

from drive_control_plane.dashboard.charts import drawing, scales
from drive_control_plane.dashboard.charts.drawing import BOTTOM, HEIGHT, LEFT, TOP, WIDTH
from drive_control_plane.dashboard.charts.spans import Span, window_of

WINDOW = window_of(Span.HOUR, EPOCH)
STEPS = len(WINDOW.moments())
COUNTS = st.lists(st.integers(0, 10**12), min_size=STEPS, max_size=STEPS)
LAGS = st.lists(st.none() | st.floats(0, 1e9), min_size=STEPS, max_size=STEPS)


@given(COUNTS)
def test_each_value_has_a_bar_in_the_box(values: Sequence[int]) -> None:
    """Nothing has none; the smallest is still seen."""
    drawn = drawing.bars(values, [], scales.of_counts(max(values)), WINDOW)
    assert len(drawn.bars) == sum(value > 0 for value in values)
    for bar in drawn.bars:
        assert LEFT <= bar.x < bar.x + bar.width <= WIDTH
        assert TOP - 0.1 <= bar.y < bar.y + bar.height <= HEIGHT - BOTTOM + 0.1
        assert bar.height >= 1.4


@given(st.lists(st.none() | st.integers(0, 10**12), min_size=STEPS, max_size=STEPS))
def test_a_limit_is_level_within_a_step(limits: Sequence[int | None]) -> None:
    """From a step's beginning to its end, at its height and in the box; where none is known, there is a gap."""
    scale = scales.of_counts(max((limit for limit in limits if limit is not None), default=0))
    drawn = drawing.limited(drawing.bars([0] * STEPS, [], scale, WINDOW), limits, scale)
    points = [tuple(map(float, point.split(","))) for line in drawn.limits for point in line.split()]
    known = [limit for limit in limits if limit is not None]
    assert len(points) == 2 * len(known)
    assert len(drawn.limits) == sum(
        limit is not None and (number == 0 or limits[number - 1] is None) for number, limit in enumerate(limits)
    )
    for (left, y), (right, level) in zip(points[::2], points[1::2], strict=True):
        assert y == level
        assert LEFT <= left < right <= WIDTH
        assert TOP - 0.1 <= y <= HEIGHT - BOTTOM


@given(LAGS)
def test_a_line_has_gaps_where_nothing_is_known(values: Sequence[float | None]) -> None:
    """Each known value is drawn once: in a line with its neighbours, or as a dot of its own."""
    known = [value for value in values if value is not None]
    drawn = drawing.line(values, scales.of_seconds(max(known, default=0)), WINDOW)
    points = [tuple(map(float, point.split(","))) for line in drawn.lines for point in line.split()]
    assert len(points) + len(drawn.dots) == len(known)
    assert all(len(line.split()) > 1 for line in drawn.lines)
    assert all(LEFT <= x <= WIDTH and TOP - 0.1 <= y <= HEIGHT - BOTTOM for x, y in [*points, *drawn.dots])


def test_flags_stand_above_their_steps() -> None:
    """One for each refusal, in its own column."""
    flags = [number in {3, 40} for number in range(STEPS)]
    drawn = drawing.bars([1] * STEPS, flags, scales.of_counts(1), WINDOW)
    tips = [float(flag.split()[2].split(",")[0]) for flag in drawn.flags]
    for tip, number in zip(tips, (3, 40), strict=True):
        bar = drawn.bars[number]
        assert bar.x <= tip <= bar.x + bar.width


def test_time_is_labelled_at_full_hours_and_days() -> None:
    """By quarters, by six hours, by days; in UTC."""
    labels = {span: _columns(span) for span in Span}
    assert labels[Span.HOUR] == ["23:15", "23:30", "23:45"]
    assert labels[Span.DAY] == ["06:00", "12:00", "18:00"]
    assert labels[Span.WEEK] == ["Fri 26", "Sat 27", "Sun 28", "Mon 29", "Tue 30", "Wed 31"]


def _columns(span: Span) -> list[str]:
    window = window_of(span, EPOCH)
    drawn = drawing.bars([1] * len(window.moments()), [], scales.of_counts(1), window)
    return [column.text for column in drawn.columns]
