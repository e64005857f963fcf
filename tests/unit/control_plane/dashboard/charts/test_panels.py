"""Panels: what a chart shows is also said in words."""

from datetime import datetime, timedelta

import pytest
from tests.support.control_plane.context import EPOCH

from drive_control_plane.dashboard.charts.panels import Charts, Panel, charts_of, seconds
from drive_control_plane.dashboard.charts.series import Point
from drive_control_plane.dashboard.charts.spans import Span, window_of

NOW = EPOCH + timedelta(minutes=7, seconds=30)


def _charts(*told: Point, of_all: bool = False) -> Charts:
    window = window_of(Span.DAY, NOW)
    points = {point.at: point for point in told}
    return charts_of([points.get(at, Point(at)) for at in window.moments()], window, Span.DAY, of_all=of_all)


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


def test_waits_for_quota_are_told() -> None:
    """All together; where nobody waited only the summary says so."""
    charts = _charts(Point(_before(30), units=3_000, waited_seconds=70.4), Point(EPOCH, waited_seconds=2.0))
    panel = _panel(charts, "units")
    assert panel.note == "Held back by quota for 1 min 12 s."
    assert panel.summary.endswith("0 calls refused. Held back by quota for 1 min 12 s.")
    quiet = _panel(_charts(Point(EPOCH, units=1)), "units")
    assert (quiet.note, quiet.summary.endswith("Held back by quota for 0 s.")) == (None, True)


def test_the_limit_is_a_line_above_what_all_connections_use() -> None:
    """In steps that know one; a connection is held against none, for it shares it."""
    told = [Point(_before(30), units=3_000, limit_per_minute=600), Point(EPOCH, units=75, limit_per_minute=500)]
    panel = _panel(_charts(*told, of_all=True), "units")
    assert panel.note == "Limit, as workers believe: 500 per minute."
    assert panel.summary.endswith("Held back by quota for 0 s. Limit, as workers believe: 500 per minute.")
    assert panel.drawing is not None
    assert len(panel.drawing.limits) == 2
    of_one = _panel(_charts(*told), "units")
    assert of_one.drawing is not None
    assert not of_one.drawing.limits
    assert "Limit" not in of_one.summary


def test_a_limit_far_away_does_not_flatten_the_bars() -> None:
    """It is told in words, and the bars keep their scale."""
    told = Point(_before(30), units=3_000, limit_per_minute=1_000_000)
    panel, of_one = _panel(_charts(told, of_all=True), "units"), _panel(_charts(told), "units")
    assert panel.note == "Limit, as workers believe: 1,000,000 per minute."
    assert panel.drawing is not None
    assert of_one.drawing is not None
    assert not panel.drawing.limits
    assert panel.drawing.bars == of_one.drawing.bars


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
