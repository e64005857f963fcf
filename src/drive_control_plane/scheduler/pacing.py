"""A connection's next due time, when something other than a run changes it.

In: a row within a transaction, the time. Out: the row's new due time. The caller commits.
"""

from datetime import datetime

from drive_control_plane.database.tables import Connection, ConnectionStatus
from drive_control_plane.scheduler.claims import jitter_of
from drive_control_plane.scheduler.schedule import (
    AdaptiveSchedule,
    Facts,
    Pace,
    ScheduleError,
    next_run,
    parse_schedule,
)


def reschedule(connection: Connection, now: datetime, pace: Pace) -> None:
    """Begin the connection's schedule anew, for one that was changed or resumed. Raises `ScheduleError`."""
    schedule = parse_schedule(connection.schedule)
    connection.next_run_at = next_run(
        schedule, _facts(connection, now, first=True), now, jitter_of(connection.id), pace
    )


def hasten(connection: Connection, now: datetime, pace: Pace) -> None:
    """Bring the next poll forward where what is known now asks for it: the account is active again, or push ended.

    Only adaptive schedules move, and only to an earlier time. One that cannot be followed is the scheduler's to tell.
    """
    planned = connection.next_run_at
    if connection.status is not ConnectionStatus.ACTIVE or planned is None:
        return
    try:
        schedule = parse_schedule(connection.schedule)
    except ScheduleError:
        return
    if isinstance(schedule, AdaptiveSchedule):
        facts = _facts(connection, connection.last_run_at or now, first=False)
        sooner = next_run(schedule, facts, now, jitter_of(connection.id), pace)
        connection.next_run_at = min(planned, sooner or planned)


def _facts(connection: Connection, since: datetime, *, first: bool) -> Facts:
    return Facts(
        due_at=since,
        first=first,
        active_at=connection.last_change_at or connection.created_at,
        push_healthy_until=connection.push_healthy_until,
    )
