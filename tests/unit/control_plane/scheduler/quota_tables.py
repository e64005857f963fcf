"""The tables of docs/scheduling.md, worked out by the schedule itself.

In: Google's figures (docs/drive-api-facts.md, D), how accounts behave. Out: lines of Markdown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from drive_control_plane.scheduler.schedule import (
    AdaptiveSchedule,
    Facts,
    IntervalSchedule,
    Pace,
    Schedule,
    next_run,
)

UNITS_A_PAGE = 100
UNITS_A_MINUTE, UNITS_A_DAY = 1_000_000, 400_000_000
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TODAY = datetime(2026, 3, 4, tzinfo=UTC)
FIRST_CHANGE, LAST_CHANGE, BETWEEN_CHANGES = timedelta(hours=9), timedelta(hours=17), timedelta(minutes=10)
CHANGES_A_DAY = (LAST_CHANGE - FIRST_CHANGE) // BETWEEN_CHANGES + 1
WORKING_SHARE, DRIVES = 0.3, 20


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How an account is polled on a day: what a line of the table is about."""

    name: str
    schedule: Schedule
    works: bool
    push: bool = False

    def polls(self) -> int:
        """How often one of its logs is read on a day like the two before."""
        polls = sum(TODAY <= moment < TODAY + DAY for moment in _due_times(self))
        # A notification has the log read at once; those that come together are one.
        return polls + (CHANGES_A_DAY if self.push and self.works else 0)


FIXED = Behaviour("every 5 minutes, whatever happens", IntervalSchedule(kind="interval", seconds=300), works=True)
WORKING = Behaviour("adaptive, an account at work", AdaptiveSchedule(), works=True)
IDLE = Behaviour("adaptive, an idle account", AdaptiveSchedule(), works=False)
WORKING_PUSH = Behaviour("adaptive with push, an account at work", AdaptiveSchedule(), works=True, push=True)
IDLE_PUSH = Behaviour("adaptive with push, an idle account", AdaptiveSchedule(), works=False, push=True)


def _due_times(behaviour: Behaviour) -> Iterator[datetime]:
    """Three days of polls; a poll that finds a change makes the account active as of then."""
    moment, seen = TODAY - 2 * DAY, TODAY - 40 * DAY
    until = TODAY + 7 * DAY if behaviour.push else None
    polled = moment
    while moment < TODAY + DAY:
        if behaviour.works and _changed(polled, moment):
            seen = moment
        polled = moment
        yield moment
        following = next_run(behaviour.schedule, Facts(moment, False, seen, until), moment, 0.0, Pace())
        assert following is not None
        moment = following


def _changed(after: datetime, until: datetime) -> bool:
    """Whether an account at work changed something between two moments."""
    day = datetime(until.year, until.month, until.day, tzinfo=UTC)
    changes = (day + FIRST_CHANGE + number * BETWEEN_CHANGES for number in range(CHANGES_A_DAY))
    return any(after < change <= until for change in changes)


def behaviours_table() -> str:
    """What a log costs a day, by behaviour."""
    lines = [
        "| a log that is read | polls a day | units a day | logs that fit into a day's units |",
        "|---|---|---|---|",
    ]
    for each in (FIXED, WORKING, IDLE, WORKING_PUSH, IDLE_PUSH):
        units = each.polls() * UNITS_A_PAGE
        lines.append(f"| {each.name} | {each.polls()} | {units:,} | {UNITS_A_DAY // units:,} |")
    return "\n".join(lines)


def companies_table() -> str:
    """What share of a day's units companies of several sizes need."""
    lines = [
        "| connections | shared drives that each follows | logs | every 5 minutes | adaptive | adaptive with push |",
        "|---|---|---|---|---|---|",
    ]
    for connections, drives in ((1_000, 0), (1_000, DRIVES), (5_000, 0), (5_000, DRIVES), (10_000, 0), (50_000, 0)):
        logs = connections * (1 + drives)
        shares = [
            _share(logs * polls) for polls in (FIXED.polls(), _mixed(WORKING, IDLE), _mixed(WORKING_PUSH, IDLE_PUSH))
        ]
        lines.append(f"| {connections:,} | {drives} | {logs:,} | {' | '.join(shares)} |")
    return "\n".join(lines)


def _mixed(working: Behaviour, idle: Behaviour) -> float:
    return WORKING_SHARE * working.polls() + (1 - WORKING_SHARE) * idle.polls()


def _share(polls: float) -> str:
    return f"{polls * UNITS_A_PAGE / UNITS_A_DAY:.0%}"


if __name__ == "__main__":
    print(behaviours_table(), companies_table(), sep="\n\n")
