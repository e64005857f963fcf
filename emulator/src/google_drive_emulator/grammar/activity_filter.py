"""The ``filter`` of Drive Activity: text in, a test of an activity's time and of what its actions are out (facts E).

Expressions joined by an optional ``AND``, which must all hold: ``time`` against epoch milliseconds or RFC 3339 text in
double quotes, and ``detail.action_detail_case:X`` or ``:(X Y)``, which a hyphen in front turns into its opposite.
"""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeAlias

import msgspec

from google_drive_emulator.world.actions import CASES
from google_drive_emulator.world.timestamps import parse_rfc3339

Sign: TypeAlias = Callable[[int, int], bool]

_SIGNS: Mapping[str, Sign] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
_NAMES = frozenset(CASES.values())
_MAX_DIGITS = 18
_EXPRESSION = re.compile(
    r"""\s*(?:
        time \s* (?P<sign><=|>=|<|=|>) \s* (?: (?P<number>\d+) | "(?P<text>[^"]*)" )
      | (?P<hyphen>-?) detail\.action_detail_case \s* : \s* (?: (?P<case>\w+) | \( (?P<cases>[\w\s]*) \) )
    )(?=\s|$)""",
    re.VERBOSE | re.ASCII,
)
_AND = re.compile(r"\s+AND(?=\s)")


class InvalidFilterError(ValueError):
    """The text is no filter; the message says from where on."""


class TimeTest(msgspec.Struct, frozen=True):
    """A comparison of an activity's time, in epoch milliseconds."""

    sign: str
    moment_ms: int

    def holds(self, time_ms: int, _cases: Collection[str]) -> bool:
        """Tell whether an activity passes."""
        return _SIGNS[self.sign](time_ms, self.moment_ms)


class CaseTest(msgspec.Struct, frozen=True):
    """A test of whether any of an activity's actions is one of these, or none is."""

    cases: frozenset[str]
    excluded: bool = False

    def holds(self, _time_ms: int, cases: Collection[str]) -> bool:
        """Tell whether an activity passes."""
        return self.cases.isdisjoint(cases) == self.excluded


class ActivityFilter(msgspec.Struct, frozen=True):
    """All tests that an activity must pass."""

    tests: tuple[TimeTest | CaseTest, ...] = ()

    def holds(self, time_ms: int, cases: Collection[str]) -> bool:
        """Tell whether an activity of a time, whose actions are of these cases, passes."""
        return all(test.holds(time_ms, cases) for test in self.tests)


def parse_filter(text: str) -> ActivityFilter:
    """Parse a filter. Raises ``InvalidFilterError``; an empty text lets everything pass."""
    return ActivityFilter(tuple(_tests(text))) if text.strip() else ActivityFilter()


def _tests(text: str) -> Iterator[TimeTest | CaseTest]:
    place, end = 0, len(text.rstrip())
    while place < end:
        joined = _AND.match(text, place) if place else None
        found = _EXPRESSION.match(text, joined.end() if joined else place)
        if found is None:
            raise InvalidFilterError(f"not a filter from here on: {text[place:].strip()!r}")
        yield _case_test(found) if found["sign"] is None else TimeTest(found["sign"], _moment(found))
        place = found.end()


def _moment(found: re.Match[str]) -> int:
    if found["number"] is not None:
        return int(found["number"][:_MAX_DIGITS])
    try:
        return parse_rfc3339(found["text"])
    except (ValueError, OverflowError):
        raise InvalidFilterError(f"not a time: {found['text']!r}") from None


def _case_test(found: re.Match[str]) -> CaseTest:
    named = (found["case"] or found["cases"]).split()
    unknown = [name for name in named if name not in _NAMES]
    if unknown or not named:
        raise InvalidFilterError(f"not an action: {' '.join(unknown) or '()'}")
    return CaseTest(frozenset(named), excluded=bool(found["hyphen"]))
