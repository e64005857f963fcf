"""A due time that something other than a run changes."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.control_plane.context import EPOCH
from tests.unit.control_plane.scheduler.rows import a_connection

from drive_control_plane.database.tables import Connection, ConnectionStatus
from drive_control_plane.scheduler.pacing import hasten, reschedule
from drive_control_plane.scheduler.schedule import Pace, ScheduleError

PACE = Pace()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = EPOCH + 2 * MINUTE


def adaptive(**values: Any) -> Connection:
    """A connection of an idle account, whose last run was at midnight."""
    known: dict[str, Any] = {"schedule": {"kind": "adaptive"}, "last_run_at": EPOCH, "next_run_at": EPOCH + HOUR}
    return a_connection("conn_1", EPOCH - 100 * HOUR, **known | values)


def test_activity_brings_the_next_poll_forward() -> None:
    """A poll that found changes is followed by the next one within five minutes, not within an hour."""
    connection = adaptive(last_change_at=NOW)
    hasten(connection, NOW, PACE)
    assert connection.next_run_at == EPOCH + 5 * MINUTE


def test_a_poll_that_would_be_over_comes_at_the_next_step() -> None:
    """The due time lies in the future, a whole number of intervals behind the last run."""
    connection = adaptive(last_change_at=NOW + 20 * MINUTE)
    hasten(connection, EPOCH + 22 * MINUTE, PACE)
    assert connection.next_run_at == EPOCH + 25 * MINUTE


def test_the_end_of_push_brings_the_next_poll_forward() -> None:
    """When channels are found to be broken, the backstop's distance no longer holds."""
    connection = adaptive(next_run_at=EPOCH + 4 * HOUR, push_healthy_until=None)
    hasten(connection, NOW, PACE)
    assert connection.next_run_at == EPOCH + HOUR


@pytest.mark.parametrize(
    "values",
    [
        {"next_run_at": EPOCH + 3 * MINUTE, "last_change_at": NOW},
        {"push_healthy_until": EPOCH + 100 * HOUR, "last_change_at": NOW},
        {"schedule": {"kind": "interval", "seconds": 300}, "last_change_at": NOW},
        {"schedule": {"kind": "manual"}, "next_run_at": EPOCH + HOUR, "last_change_at": NOW},
        {"status": ConnectionStatus.PAUSED, "last_change_at": NOW},
        {"next_run_at": None, "last_change_at": NOW},
        {"schedule": {"kind": "whenever"}, "last_change_at": NOW},
    ],
)
def test_nothing_else_is_hastened(values: dict[str, Any]) -> None:
    """Neither a run that is sooner, nor one beside healthy push, nor what somebody chose, nor what cannot be read."""
    connection = adaptive(**values)
    planned = connection.next_run_at
    hasten(connection, NOW, PACE)
    assert connection.next_run_at == planned


@pytest.mark.parametrize(
    ("schedule", "least", "most"),
    [
        ({"kind": "interval", "seconds": 600}, 10 * MINUTE, 11 * MINUTE),
        ({"kind": "adaptive"}, HOUR, 65 * MINUTE),
        ({"kind": "cron", "expression": "30 0 * * *"}, 28 * MINUTE, 33 * MINUTE),
    ],
)
def test_another_schedule_counts_from_now(schedule: dict[str, Any], least: timedelta, most: timedelta) -> None:
    """Its first run comes after its own interval, whatever was planned before."""
    connection = adaptive(schedule=schedule)
    reschedule(connection, NOW, PACE)
    assert connection.next_run_at is not None
    assert least <= connection.next_run_at - NOW <= most


def test_a_manual_schedule_takes_the_due_time_away() -> None:
    """Nothing that was planned before comes to pass."""
    connection = adaptive(schedule={"kind": "manual"})
    reschedule(connection, NOW, PACE)
    assert connection.next_run_at is None


def test_a_schedule_that_cannot_be_followed_changes_nothing() -> None:
    """The due time stays as it was."""
    connection = adaptive(schedule={"kind": "whenever"})
    with pytest.raises(ScheduleError):
        reschedule(connection, NOW, PACE)
    assert connection.next_run_at == EPOCH + HOUR
