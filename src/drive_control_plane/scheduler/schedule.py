"""Schedules: what somebody chose, and when the next run is due.

In: a schedule as stored in `connections.schedule`, what is known of the connection, the time. Out: the next due time.
Pure. The next due time follows from the one before, never from when that run came to pass: so nothing drifts. Runs
that were missed collapse into one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from drive_control_plane.scheduler.cron import check_cron, next_fire, zone_of

LEAST_SECONDS, MOST_SECONDS = 60, 30 * 86_400
ACTIVE_FOR = timedelta(hours=1)
"""An account that changed something so recently is active."""
PUSH_FACTOR, PUSH_MOST = 4, timedelta(hours=4)
JITTER_SHARE, JITTER_MOST = 0.1, timedelta(minutes=5)


class ScheduleError(ValueError):
    """A schedule that cannot be followed; the text names the field and says what is wrong with it."""


class _Schedule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AdaptiveSchedule(_Schedule):
    """Often while the account is active, rarer while it is idle, rarest while Google's notifications arrive."""

    kind: Literal["adaptive"] = "adaptive"


class IntervalSchedule(_Schedule):
    """Every so many seconds."""

    kind: Literal["interval"]
    seconds: int = Field(ge=LEAST_SECONDS, le=MOST_SECONDS)


class CronSchedule(_Schedule):
    """When a line of cron says so, by the clocks of a time zone."""

    kind: Literal["cron"]
    expression: str = Field(max_length=200, description="minute, hour, day of month, month, day of week")
    timezone: str = Field(default="UTC", max_length=64, description="a name such as Europe/Berlin")

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        zone_of(value)
        return value

    @model_validator(mode="after")
    def _comes_true(self) -> "CronSchedule":
        check_cron(self.expression)
        return self


class ManualSchedule(_Schedule):
    """Only when somebody asks."""

    kind: Literal["manual"]


Schedule = Annotated[AdaptiveSchedule | IntervalSchedule | CronSchedule | ManualSchedule, Field(discriminator="kind")]
"""Any schedule; the type to use in a request's model."""
_SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)


def parse_schedule(value: object) -> Schedule:
    """A schedule out of JSON. Raises `ScheduleError`."""
    try:
        return _SCHEDULE.validate_python(value)
    except ValidationError as error:
        raise ScheduleError("; ".join(_told(each["loc"], each["msg"]) for each in error.errors())) from None


def _told(place: tuple[int | str, ...], message: str) -> str:
    # The union's tag stands first in the place, and a model's own check has no field.
    field, message = ".".join(map(str, place[1:])), message.removeprefix("Value error, ")
    return f"{field}: {message}" if field else message


@dataclass(frozen=True, slots=True)
class Pace:
    """How far polls of an adaptive schedule lie apart."""

    active: timedelta = timedelta(seconds=300)
    idle: timedelta = timedelta(seconds=3_600)

    def of(self, idleness: timedelta) -> timedelta:
        """The distance after so long without a change: it grows in proportion, from the active one to the idle one."""
        return max(self.active, min(self.active * (idleness / ACTIVE_FOR), self.idle))

    @property
    def backstop(self) -> timedelta:
        """The distance while Google tells of changes itself, and a poll only finds what got lost."""
        return max(self.active, self.idle, min(self.idle * PUSH_FACTOR, PUSH_MOST))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a connection when its next run is to be found. All times are in UTC."""

    due_at: datetime
    """The due time that is over."""
    first: bool
    """Whether no run came before it."""
    active_at: datetime
    """When the account was last seen to change something; its creation when it never was."""
    push_healthy_until: datetime | None = None
    """Until when its channels are known to deliver."""


def next_run(schedule: Schedule, facts: Facts, now: datetime, jitter: float, pace: Pace) -> datetime | None:
    """The next due time, after `now`; None: never by itself. `jitter` (0 to 1) belongs to the connection for ever.

    Jitter puts connections that began at one moment apart: by up to a tenth of the interval and at most five minutes.
    """
    match schedule:
        case ManualSchedule():
            return None
        case CronSchedule():
            return _next_of_cron(schedule, facts, now, jitter)
        case IntervalSchedule(seconds=seconds):
            return _after(facts, timedelta(seconds=seconds), now, jitter)
        case AdaptiveSchedule():
            return _after(facts, _distance(facts, pace), now, jitter)


def _after(facts: Facts, interval: timedelta, now: datetime, jitter: float) -> datetime:
    # The offset comes once, and stays: each due time follows from the one before.
    start = facts.due_at + _offset(interval, jitter) if facts.first else facts.due_at
    missed = (now - start) // interval
    return start + interval * max(1, missed + 1)


def _offset(interval: timedelta, jitter: float) -> timedelta:
    return min(interval * JITTER_SHARE, JITTER_MOST) * jitter


def _distance(facts: Facts, pace: Pace) -> timedelta:
    """How far an adaptive schedule's next run is, in whole seconds."""
    distance = pace.of(facts.due_at - facts.active_at)
    if facts.push_healthy_until is not None:
        # Once the channels' time is over, the usual distance is due: a run that lies beyond that comes then.
        distance = max(distance, min(pace.backstop, facts.push_healthy_until - facts.due_at))
    return timedelta(seconds=round(distance.total_seconds()))


def _next_of_cron(schedule: CronSchedule, facts: Facts, now: datetime, jitter: float) -> datetime | None:
    zone = zone_of(schedule.timezone)
    fire = next_fire(schedule.expression, max(facts.due_at, now), zone)
    if fire is None:
        return None
    following = next_fire(schedule.expression, fire, zone)
    return fire if following is None else fire + _offset(following - fire, jitter)
