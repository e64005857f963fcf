"""How far back a chart looks, and in which steps.

In: a span and the time. Out: the window that it covers, in UTC: whole steps, the last of which is not over yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Span(StrEnum):
    """What can be asked for."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"

    @property
    def step(self) -> timedelta:
        """The width of one point."""
        return _STEPS[self]

    @property
    def length(self) -> timedelta:
        """From the first point's beginning to the last one's end."""
        return _LENGTHS[self]

    @property
    def in_words(self) -> str:
        """As people say it."""
        return _WORDS[self]

    @property
    def step_in_words(self) -> str:
        """The width of one point, as people say it."""
        return _STEP_WORDS[self]


_STEPS = {Span.HOUR: timedelta(minutes=1), Span.DAY: timedelta(minutes=15), Span.WEEK: timedelta(hours=2)}
_LENGTHS = {Span.HOUR: timedelta(hours=1), Span.DAY: timedelta(days=1), Span.WEEK: timedelta(days=7)}
_WORDS = {Span.HOUR: "the last hour", Span.DAY: "the last 24 hours", Span.WEEK: "the last 7 days"}
_STEP_WORDS = {Span.HOUR: "minute", Span.DAY: "15 minutes", Span.WEEK: "2 hours"}


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in even steps."""

    since: datetime
    until: datetime
    """The end of the last step; later than `now`, unless that is on the dot."""
    step: timedelta
    now: datetime

    def moments(self) -> Sequence[datetime]:
        """The beginnings of all steps."""
        return [self.since + number * self.step for number in range((self.until - self.since) // self.step)]

    def split(self, steps: int) -> tuple["Window", "Window"]:
        """Its older part, and its last steps."""
        border = self.until - steps * self.step
        return replace(self, until=border), replace(self, since=border)

    def minutes(self, at: datetime) -> float:
        """How many minutes of the step that begins then are over: of the last one fewer, but one at least."""
        return max((min(at + self.step, self.now) - at).total_seconds() / 60, 1.0)


def window_of(span: Span, now: datetime) -> Window:
    """The window that ends with the step in which `now` lies."""
    seconds = int(span.step.total_seconds())
    last = datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
    until = last + span.step
    return Window(until - span.length, until, span.step, now)
