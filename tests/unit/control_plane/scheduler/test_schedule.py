"""Schedules: what is accepted, and when the next run is due."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drive_control_plane.scheduler.schedule import (
    AdaptiveSchedule,
    CronSchedule,
    Facts,
    IntervalSchedule,
    ManualSchedule,
    Pace,
    Schedule,
    ScheduleError,
    next_run,
    parse_schedule,
)

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PACE = Pace()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

SCHEDULES = st.one_of(
    st.builds(AdaptiveSchedule),
    st.builds(IntervalSchedule, kind=st.just("interval"), seconds=st.integers(60, 30 * 86_400)),
    st.builds(
        CronSchedule,
        kind=st.just("cron"),
        expression=st.sampled_from(
            [
                "*/5 * * * *",
                "30 2 * * *",
                "0 */6 * * *",
                "15 9 * * 1-5",
                "0 0 29 2 *",
                "59 23 L * *",
                "*/7 1-3 * 3,10 *",
            ]
        ),
        timezone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    ),
)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 # bounds only
DELAYS = st.timedeltas(timedelta(0), timedelta(days=40))
JITTERS = st.floats(0, 1, exclude_max=True)
PACES = st.builds(
    Pace,
    active=st.integers(30, 86_400).map(lambda seconds: timedelta(seconds=seconds)),
    idle=st.integers(30, 604_800).map(lambda seconds: timedelta(seconds=seconds)),
)


@st.composite
def facts_of(draw: st.DrawFn) -> Facts:
    due_at = draw(TIMES)
    until = draw(st.none() | st.timedeltas(-DAY, 8 * DAY))
    return Facts(
        due_at=due_at,
        first=draw(st.booleans()),
        active_at=due_at - draw(st.timedeltas(-DAY, 90 * DAY)),
        push_healthy_until=None if until is None else due_at + until,
    )


def facts(
    due_at: datetime = START, *, idle: timedelta = DAY, first: bool = False, push: timedelta | None = None
) -> Facts:
    return Facts(due_at, first, due_at - idle, None if push is None else due_at + push)


def after(schedule: Schedule, known: Facts, *, late: timedelta = timedelta(0), jitter: float = 0.0) -> datetime:
    due_at = next_run(schedule, known, known.due_at + late, jitter, PACE)
    assert due_at is not None
    return due_at


def every(seconds: int) -> IntervalSchedule:
    return IntervalSchedule(kind="interval", seconds=seconds)


def cron(expression: str, timezone: str = "UTC") -> CronSchedule:
    return CronSchedule(kind="cron", expression=expression, timezone=timezone)


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "adaptive"},
        {"kind": "interval", "seconds": 60},
        {"kind": "cron", "expression": "0 6 * * 1-5", "timezone": "Europe/Berlin"},
        {"kind": "manual"},
    ],
)
def test_a_schedule_is_read_as_it_is_stored(value: dict[str, Any]) -> None:
    """What is stored comes back the same."""
    assert parse_schedule(value).model_dump(exclude_unset=True) == value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "dictionary or object"),
        ({}, "'kind'"),
        ({"kind": "hourly"}, "'adaptive', 'interval', 'cron', 'manual'"),
        ({"kind": "interval"}, "seconds: Field required"),
        ({"kind": "interval", "seconds": 59}, "seconds: Input should be greater than or equal to 60"),
        ({"kind": "interval", "seconds": 2_592_001}, "seconds: Input should be less than or equal to 2592000"),
        ({"kind": "interval", "seconds": True}, "seconds: Input should be a valid integer"),
        ({"kind": "adaptive", "seconds": 300}, "seconds: Extra inputs are not permitted"),
        ({"kind": "cron", "expression": "* * * *"}, "needs five fields"),
        ({"kind": "cron", "expression": "0 0 0 * * *"}, "needs five fields"),
        ({"kind": "cron", "expression": "61 * * * *"}, "bad minute"),
        ({"kind": "cron", "expression": "0 0 31 2 *"}, "bad day-of-month"),
        ({"kind": "cron", "expression": "0 0 1 1 */0"}, "bad day-of-week"),
        (
            {"kind": "cron", "expression": "0 0 * * *", "timezone": "Mars/Base"},
            "timezone: is no time zone",
        ),
        ({"kind": "cron", "expression": "0 0 * * *", "timezone": "Europe"}, "is no time zone"),
        ({"kind": "cron", "expression": "0 0 * * *", "timezone": "/etc/passwd"}, "is no time zone"),
        ({"kind": "cron", "expression": "0 0 * * *", "timezone": "../../etc/passwd"}, "is no time zone"),
        ({"kind": "cron", "expression": "0 " * 200}, "expression: String should have at most 200 characters"),
    ],
)
def test_a_schedule_that_cannot_be_followed_is_refused_with_the_reason(value: object, told: str) -> None:
    """The text names the field, where there is one, and what is wrong with it."""
    with pytest.raises(ScheduleError) as refused:
        parse_schedule(value)
    assert told in str(refused.value)


@given(SCHEDULES, facts_of(), DELAYS, JITTERS, PACES)
def test_the_next_run_lies_in_the_future(
    schedule: Schedule, known: Facts, late: timedelta, jitter: float, pace: Pace
) -> None:
    """However late a run came, whatever was missed collapses into it: the next one is still to come."""
    now = known.due_at + late
    due_at = next_run(schedule, known, now, jitter, pace)
    assert due_at is not None
    assert due_at > now


@given(SCHEDULES, facts_of(), JITTERS, PACES, st.data())
def test_when_a_run_came_to_pass_does_not_move_the_next_one(
    schedule: Schedule, known: Facts, jitter: float, pace: Pace, data: st.DataObject
) -> None:
    """A run that is late, but not as late as the next one is due, leaves the next due time as it was."""
    punctual = next_run(schedule, known, known.due_at, jitter, pace)
    assert punctual is not None
    room = punctual - known.due_at
    if isinstance(schedule, CronSchedule):
        # A line's moment is the same for all; the jitter, a tenth of the way to the next one at most, comes after it.
        unjittered = next_run(schedule, known, known.due_at, 0.0, pace)
        assert unjittered is not None
        room = unjittered - known.due_at
    late = data.draw(st.timedeltas(timedelta(0), room - timedelta(microseconds=1)))
    assert next_run(schedule, known, known.due_at + late, jitter, pace) == punctual


@given(st.integers(60, 30 * 86_400), facts_of(), DELAYS, JITTERS)
def test_an_interval_keeps_its_grid(seconds: int, known: Facts, late: timedelta, jitter: float) -> None:
    """After missed runs too, the next due time lies whole intervals behind the one before, and not one more."""
    interval = timedelta(seconds=seconds)
    offset = min(interval * 0.1, 5 * MINUTE) * jitter if known.first else timedelta(0)
    now = known.due_at + late
    due_at = next_run(every(seconds), known, now, jitter, PACE)
    assert due_at is not None
    assert (due_at - known.due_at - offset) % interval == timedelta(0)
    assert due_at - interval <= max(now, known.due_at + offset)


@given(facts_of(), JITTERS, PACES)
def test_an_adaptive_distance_stays_within_its_bounds(known: Facts, jitter: float, pace: Pace) -> None:
    """Never closer than while active, never farther than the backstop, plus the first run's jitter."""
    due_at = next_run(AdaptiveSchedule(), known, known.due_at, jitter, pace)
    assert due_at is not None
    distance = due_at - known.due_at
    assert pace.active <= distance <= pace.backstop * 1.1


@given(facts_of(), st.timedeltas(timedelta(0), 90 * DAY), PACES)
def test_a_longer_idleness_never_brings_polls_closer(known: Facts, more: timedelta, pace: Pace) -> None:
    """The distance grows with idleness."""
    idler = Facts(known.due_at, known.first, known.active_at - more, known.push_healthy_until)
    near = next_run(AdaptiveSchedule(), known, known.due_at, 0.0, pace)
    far = next_run(AdaptiveSchedule(), idler, known.due_at, 0.0, pace)
    assert near is not None
    assert far is not None
    assert near <= far


@pytest.mark.parametrize(
    ("idle", "minutes"), [(timedelta(0), 5), (HOUR, 5), (2 * HOUR, 10), (6 * HOUR, 30), (12 * HOUR, 60), (90 * DAY, 60)]
)
def test_an_idle_account_is_polled_less_often(idle: timedelta, minutes: int) -> None:
    """Five minutes within an hour of the last change, then a twelfth of the idleness, an hour at most."""
    assert after(AdaptiveSchedule(), facts(idle=idle)) - START == minutes * MINUTE


def test_healthy_push_makes_polls_a_backstop() -> None:
    """While notifications arrive there are four hours between polls, active or not."""
    assert after(AdaptiveSchedule(), facts(idle=timedelta(0), push=7 * DAY)) - START == 4 * HOUR
    assert after(AdaptiveSchedule(), facts(idle=DAY, push=7 * DAY)) - START == 4 * HOUR


def test_a_poll_comes_when_push_is_no_longer_known_to_be_healthy() -> None:
    """The backstop's distance never reaches beyond the channels' time, nor does it go below the usual one."""
    assert after(AdaptiveSchedule(), facts(idle=timedelta(0), push=HOUR)) - START == HOUR
    assert after(AdaptiveSchedule(), facts(idle=timedelta(0), push=MINUTE)) - START == 5 * MINUTE
    assert after(AdaptiveSchedule(), facts(idle=timedelta(0), push=-MINUTE)) - START == 5 * MINUTE


def test_missed_runs_collapse_into_one() -> None:
    """After ten hours without a scheduler one run makes up for all, and the grid is the old one."""
    assert after(every(3_600), facts(), late=10.5 * HOUR) == START + 11 * HOUR
    assert after(cron("0 * * * *"), facts(), late=10.5 * HOUR) == START + 11 * HOUR


def test_jitter_comes_once_and_stays() -> None:
    """The first distance is longer by up to a tenth, those behind it are exact."""
    second = after(every(600), facts(first=True), jitter=0.5)
    assert second == START + timedelta(seconds=630)
    assert after(every(600), facts(second), jitter=0.5) - second == timedelta(seconds=600)


def test_jitter_of_long_intervals_is_bounded() -> None:
    """Whoever asks for a daily run gets it within five minutes."""
    assert after(every(86_400), facts(first=True), jitter=0.99) - START - DAY < 5 * MINUTE
    assert after(cron("0 6 * * *"), facts(), jitter=0.99) < datetime(2026, 3, 3, 6, 5, tzinfo=UTC)


def test_a_manual_schedule_is_never_due() -> None:
    """Nothing happens by itself."""
    assert next_run(ManualSchedule(kind="manual"), facts(), START, 0.0, PACE) is None


def days_of(schedule: CronSchedule, start: datetime, runs: int) -> list[datetime]:
    """The due times behind a moment."""
    times = [start]
    while len(times) <= runs:
        times.append(after(schedule, facts(times[-1])))
    return times[1:]


def test_a_daily_time_follows_the_clocks() -> None:
    """Six in the morning in Berlin is another moment in UTC once clocks have changed (29 March and 25 October 2026)."""
    spring = days_of(cron("0 6 * * *", "Europe/Berlin"), datetime(2026, 3, 27, 12, tzinfo=UTC), 3)
    autumn = days_of(cron("0 6 * * *", "Europe/Berlin"), datetime(2026, 10, 23, 12, tzinfo=UTC), 3)
    assert [each.hour for each in spring] == [5, 4, 4]
    assert [each.hour for each in autumn] == [4, 5, 5]


def test_a_time_that_clocks_leave_out_comes_right_after() -> None:
    """Half past two does not exist in Berlin on 29 March 2026: the run comes at three, and none is lost."""
    runs = days_of(cron("30 2 * * *", "Europe/Berlin"), datetime(2026, 3, 28, 12, tzinfo=UTC), 2)
    assert runs == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]


def test_a_time_that_comes_twice_runs_once() -> None:
    """Half past two comes twice in Berlin on 25 October 2026: the first one counts."""
    runs = days_of(cron("30 2 * * *", "Europe/Berlin"), datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    assert runs == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_within_the_second_of_two_equal_hours_the_next_run_is_tomorrow() -> None:
    """A run that is found late, at ten past the second two o'clock, does not bring the time that is over."""
    late = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert after(cron("30 2 * * *", "Europe/Berlin"), facts(late)) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)])
def test_a_line_with_a_star_goes_on_while_clocks_change(day: datetime) -> None:
    """Every five minutes is every five minutes, in the nights of both changes."""
    runs = days_of(cron("*/5 * * * *", "Europe/Berlin"), day, 100)
    assert {late - early for early, late in pairwise(runs)} == {5 * MINUTE}
