"""How a listing is cut into ranges of `createdTime` that can be listed side by side.

In: what was seen of spans of time: the creation times on one page of each. Out: which spans to cut and where, and in
the end the ranges to list, the heaviest first. Pure.

Drive counts nothing and promises no order (facts A4), so a page tells for certain only whether it was all. How heavy a
span is that holds more has to be guessed:

- From a page in order of time: the shorter the time it covers, the more pages follow.
- From any other page: as it is spread over the span, so is the rest.

A creation time never changes (facts A4), so nothing moves from one range to another. The first and the last range are
open: there are files from before 1970, and from tomorrow.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from google_drive_worker.schemas.state import Range

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_LAST_SECOND = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _SECOND

FIRST_DAY = int(datetime(2006, 1, 1, tzinfo=UTC).timestamp())
"""Hardly anything is older; where a span is open below, cuts begin here unless something older was seen."""

PARTS = 8
"""A span is cut into so many parts of one length."""

RANGES_PER_LANE = 4
"""So many heavy ranges a lane are enough for all lanes to end at about the same time."""

LOOKS_PER_LANE = 6
MOST_LOOKS_PER_LANE = 32
"""So many looks are always allowed, and one more for every two pages that are expected, but not more than the most."""

_UNKNOWN = 1e9
"""How heavy a drive is of which a page in no order is all that was seen: only parts of it are compared."""


@dataclass(frozen=True, slots=True)
class Span:
    """Creation times from `lower` on and before `upper`, in whole seconds since 1970; None is open."""

    lower: int | None = None
    upper: int | None = None

    def holds(self, moment: int) -> bool:
        """Whether something that was created then lies in it."""
        return (self.lower is None or self.lower <= moment) and (self.upper is None or moment < self.upper)


@dataclass(frozen=True, slots=True)
class Sample:
    """Creation times on a page of a span, in seconds, as they came; `is_whole` says that the page was all there is."""

    times: Sequence[int]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A span that was looked at. `weight` is in items: as many as there are, or a guess where not all were seen."""

    span: Span
    weight: float
    is_whole: bool
    cuts: Sequence[int] = ()
    """At which moments it can be cut: none where all was seen, or all lies in one second."""
    times: Sequence[int] = ()
    """What was seen of it, in order of time, where that tells how the rest is spread."""

    def __lt__(self, other: "Part") -> bool:
        """Parts are in order of time."""
        return self.span.lower is None or (other.span.lower is not None and self.span.lower < other.span.lower)


@dataclass(frozen=True, slots=True)
class Cutting:
    """What a drive is cut for: `lanes` listings side by side, in pages of about `page_items`.

    A look shows `look_items`; hardly anything is newer than `now`, in seconds since 1970.
    """

    lanes: int
    page_items: int
    look_items: int
    now: int

    def max_looks(self, parts: Sequence[Part]) -> int:
        """How many spans may be looked at in all, by what is known of a drive so far."""
        pages = sum(len(part.times) or part.weight for part in parts) / self.page_items
        return min(self.lanes * MOST_LOOKS_PER_LANE, self.lanes * LOOKS_PER_LANE + int(pages / 2))

    def part(self, span: Span, sample: Sample, within: Part | None = None) -> Part:
        """Weigh a span by what was seen of it; `within` is the part that it was cut from."""
        times = sorted(sample.times)
        if sample.is_whole or not times:
            return Part(span, len(times), sample.is_whole)
        lower, upper = self._ends(span, times)
        dense = densest_half(times)
        even = (lower + (upper - lower) * number // PARTS for number in range(PARTS + 1))
        inside = {moment for moment in (*even, *dense) if span.holds(moment) and moment <= _LAST_SECOND}
        cuts = sorted(inside - {span.lower})
        if _is_in_order(sample.times):
            follow = (upper - lower) / (2 * (dense[1] - dense[0]))
            return Part(span, len(times) * max(1.0, follow), is_whole=False, cuts=cuts)
        return Part(span, _share_of(span, within), is_whole=False, cuts=cuts, times=times)

    def too_heavy(self, parts: Sequence[Part], looks_left: int) -> list[Part]:
        """Choose what to cut: what is too much for one lane, and while heavy parts are few, the heaviest of them.

        To look at what they are cut into takes no more than `looks_left`.
        """
        heavy = sorted((part for part in parts if part.cuts), key=_weight, reverse=True)
        missing = self.lanes * RANGES_PER_LANE - len(heavy) if len(heavy) < self.lanes else 0
        share = sum(map(_weight, parts)) / self.lanes
        chosen = [part for place, part in enumerate(heavy) if place * (PARTS - 1) < missing or part.weight > share]
        looks = accumulate(len(part.cuts) + 1 for part in chosen)
        return [part for part, needed in zip(chosen, looks, strict=True) if needed <= looks_left]

    def ranges(self, parts: Sequence[Part]) -> dict[str, Range]:
        """The ranges to list of parts in order of time, named by their number in it.

        First come those that cannot be cut, since they may be of any size, then the heaviest.
        """
        named = [(f"{number:04d}", part) for number, part in enumerate(self._joined(parts))]
        named.sort(key=lambda item: (item[1].is_whole, bool(item[1].cuts), -item[1].weight))
        return {name: range_of(part.span) for name, part in named}

    def _joined(self, parts: Sequence[Part]) -> Iterator[Part]:
        """Join neighbours that make no more than a page together."""
        last = parts[0]
        for part in parts[1:]:
            both = last.weight + part.weight
            if last.is_whole and part.is_whole and both <= self.look_items:
                last = Part(Span(last.span.lower, part.span.upper), both, is_whole=True)
            else:
                yield last
                last = part
        yield last

    def _ends(self, span: Span, times: Sequence[int]) -> tuple[int, int]:
        """Where a span may be taken to begin and end for the sake of cutting it."""
        lower = min(FIRST_DAY, times[0]) if span.lower is None else span.lower
        upper = max(self.now, times[-1] + 1) if span.upper is None else span.upper
        return min(lower, times[0]), max(upper, times[-1] + 1)


def second_of(moment: datetime) -> int:
    """The second since 1970 in which a moment lies, negative before that."""
    return (moment - _EPOCH) // _SECOND


def densest_half(times: Sequence[int]) -> tuple[int, int]:
    """The shortest time, from one second on and before another, that holds half of some times (sorted, not none)."""
    half = len(times) // 2
    spans = ((times[at], times[at + half] + 1) for at in range(len(times) - half))
    return min(spans, key=lambda ends: ends[1] - ends[0])


def cut(part: Part) -> list[Span]:
    """The spans that a part is cut into, in order of time."""
    return [Span(lower, upper) for lower, upper in pairwise([part.span.lower, *part.cuts, part.span.upper])]


def range_of(span: Span) -> Range:
    """A span as the state holds it, not listed yet."""
    return Range(_text(span.lower), _text(span.upper))


def query_of(part: Range) -> str | None:
    """The search query for a range; None for one that is open at both ends."""
    lower = [] if part.lower is None else [f"createdTime >= '{part.lower}'"]
    upper = [] if part.upper is None else [f"createdTime < '{part.upper}'"]
    return " and ".join(lower + upper) or None


def _weight(part: Part) -> float:
    return part.weight


def _is_in_order(times: Sequence[int]) -> bool:
    return all(a <= b for a, b in pairwise(times)) or all(a >= b for a, b in pairwise(times))


def _share_of(span: Span, within: Part | None) -> float:
    """What a span weighs if the part that it was cut from is spread as what was seen of it."""
    if within is None or not within.times:
        return _UNKNOWN
    first = 0 if span.lower is None else bisect_left(within.times, span.lower)
    end = len(within.times) if span.upper is None else bisect_left(within.times, span.upper)
    return within.weight * max(1, end - first) / len(within.times)


def _text(moment: int | None) -> str | None:
    return None if moment is None else f"{(_EPOCH + moment * _SECOND).replace(tzinfo=None).isoformat()}Z"
