"""Windows: whole steps that end with the present one."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drive_control_plane.dashboard.charts.spans import Span, window_of

MOMENTS = st.integers(1_500_000_000, 2_500_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.sampled_from(Span), MOMENTS)
def test_the_last_step_is_the_present_one(span: Span, now: datetime) -> None:
    """The window is as long as asked for, begins on a full step, and no step is counted twice."""
    window = window_of(span, now)
    moments = window.moments()
    assert moments[0] == window.since
    assert moments[-1] <= now < moments[-1] + window.step == window.until
    assert len(moments) * span.step == span.length
    assert all(int(at.timestamp()) % int(span.step.total_seconds()) == 0 for at in moments)


def test_of_the_present_step_only_what_is_over_counts() -> None:
    """What is told by the minute is not diluted by minutes that are still to come; a minute is the least."""
    now = datetime(2026, 1, 1, 12, 5, tzinfo=UTC)
    window = window_of(Span.DAY, now)
    first, *_, last = window.moments()
    assert (window.minutes(first), window.minutes(last)) == (15.0, 5.0)
    assert window_of(Span.DAY, now - timedelta(minutes=5)).minutes(last) == 1.0
