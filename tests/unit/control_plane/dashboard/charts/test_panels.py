"""Panels: what a chart shows is also said in words."""

from datetime import datetime, timedelta

import pytest
from tests.support.control_plane.context import EPOCH

from drive_control_plane.dashboard.charts.panels import Charts, Panel, charts_of, seconds
from drive_control_plane.dashboard.charts.series import Point
from drive_control_plane.dashboard.charts.spans import Span, window_of

NOW = EPOCH + timedelta(minutes=7, seconds=30)


def _charts(*told: Point) -> Charts:
    window = window_of(Span.DAY, NOW)
    points = {point.at: point for point in told}
    return charts_of([points.get(at, Point(at)) for at in window.moments()], window, Span.DAY)


def _panel(charts: Charts, name: str) -> Panel:
    return next(panel for panel in charts.panels if panel.name == name)


def _before(minutes: int) -> datetime:
    return EPOCH - timedelta(minutes=minutes)


def test_where_nothing_was_told_there_is_nothing_to_draw() -> None:
    """The whole is empty only while every chart is."""
    assert _charts().is_empty
    charts = _charts(Point(EPOCH, changes=1))
    assert not charts.is_empty
    assert _panel(charts, "changes").drawing is not None
    assert _panel(charts, "errors").drawing is None


def test_counts_are_summed_up_in_words() -> None:
    """Sum, least, most and last."""
    panel = _panel(_charts(Point(_before(30), changes=1_200), Point(EPOCH, changes=34)), "changes")
    assert panel.figure == "1,234"
    assert panel.summary == "1,234 in the last 24 hours. Per 15 minutes: 0 to 1,200, 34 so far in this one."


def test_quota_is_told_by_the_minute_with_what_was_refused() -> None:
    """Over the minutes of a step that are over, so that the present one does not look too small."""
    panel = _panel(_charts(Point(_before(30), units=3_000, refused=2), Point(EPOCH, units=1_500)), "units")
    assert panel.figure == "4,500"
    assert "Per minute: 0 to 200, now 200. 2 calls refused." in panel.summary
    assert panel.warning == "2 calls refused (▼)"
    assert panel.drawing is not None
    assert len(panel.drawing.flags) == 1


def test_refusals_show_even_where_nothing_else_does() -> None:
    """Calls that were all refused cost no unit that anybody told of."""
    panel = _panel(_charts(Point(EPOCH, refused=1)), "units")
    assert panel.warning == "1 call refused (▼)"
    assert panel.drawing is not None


def test_a_lag_that_nobody_told_of_is_no_lag_of_zero() -> None:
    """No figure, and no line."""
    assert _panel(_charts(Point(EPOCH, changes=1)), "lag").figure == "–"
    panel = _panel(_charts(Point(_before(30), lag_seconds=90.0), Point(_before(60), lag_seconds=4.25)), "lag")
    assert panel.figure == "1 min 30 s"
    assert "4.2 s to 1 min 30 s, last 1 min 30 s" in panel.summary


def test_the_numbers_leave_out_what_says_nothing() -> None:
    """Newest first."""
    told = [Point(_before(15), errors=1), Point(EPOCH, lag_seconds=0.0)]
    assert _charts(*told).told == list(reversed(told))


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0 s"), (2.5, "2.5 s"), (59.0, "59 s"), (60.0, "1 min"), (3_720.0, "1 h 2 min"), (180_000.0, "2 d 2 h")],
)
def test_durations_in_words(value: float, words: str) -> None:
    """Two units at most."""
    assert seconds(value) == words
