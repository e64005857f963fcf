"""docs/scheduling.md says what the schedule does: its tables and figures are worked out here."""

from pathlib import Path

from prometheus_client import CollectorRegistry
from tests.unit.control_plane.scheduler import quota_tables

from drive_control_plane.scheduler.metrics import SchedulerMetrics

PAGE = Path("docs/scheduling.md").read_text()


def test_the_tables_are_those_of_the_schedule() -> None:
    """`python -m tests.unit.control_plane.scheduler.quota_tables` prints them anew."""
    assert quota_tables.behaviours_table() in PAGE
    assert quota_tables.companies_table() in PAGE


def test_the_figures_are_googles() -> None:
    """What the tables rest on, in words."""
    a_minute = quota_tables.UNITS_A_MINUTE // quota_tables.UNITS_A_PAGE
    assert f"{quota_tables.UNITS_A_DAY:,} units a day" in PAGE
    assert f"{quota_tables.UNITS_A_MINUTE:,} units a minute" in PAGE
    assert f"{a_minute:,} pages a minute" in PAGE
    assert f"{a_minute * 5:,} logs every five minutes" in PAGE
    assert f"{quota_tables.CHANGES_A_DAY} changes" in PAGE


def test_push_and_idleness_make_a_log_cheaper() -> None:
    """The claim of the page, whatever the figures are."""
    costs = [
        each.polls()
        for each in (
            quota_tables.FIXED,
            quota_tables.WORKING,
            quota_tables.WORKING_PUSH,
            quota_tables.IDLE,
            quota_tables.IDLE_PUSH,
        )
    ]
    assert costs == sorted(costs, reverse=True)


def test_every_metric_of_the_scheduler_is_listed() -> None:
    """And no other."""
    registry = CollectorRegistry()
    SchedulerMetrics(registry)
    names = {f"{family.name}_total" if family.type == "counter" else family.name for family in registry.collect()}
    listed = {word.strip("`") for word in PAGE.split() if word.startswith("`drive_control_plane_")}
    assert listed == names
