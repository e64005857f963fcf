"""A corpus is cut so that nothing falls between the ranges, and so that they weigh about the same."""

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from google_drive_worker.schemas.state import Range
from google_drive_worker.sync.ranges import Cutting, Part, Sample, Span, cut, densest_half, query_of, second_of

NOW = second_of(datetime(2026, 11, 1, tzinfo=UTC))
YEAR = 365 * 86_400
PAGE = 100
LANES = 8
MOMENTS = st.integers(-(10**11), 253_402_300_799)
"""From long before Christ, as far as a second can be written, to the end of 9999."""

Order = Callable[[list[int]], list[int]]


def cutting(lanes: int = LANES) -> Cutting:
    return Cutting(lanes, page_items=PAGE, look_items=PAGE, now=NOW)


def in_time(times: list[int]) -> list[int]:
    return times


def newest_first(times: list[int]) -> list[int]:
    return times[::-1]


def in_no_order(times: list[int]) -> list[int]:
    return random.Random(f"{len(times)} {times[0]}").sample(times, len(times))


class Drive:
    """A drive of which a page shows the first so many of a span, in some order."""

    def __init__(self, times: Sequence[int], order: Order) -> None:
        self._times = sorted(times)
        self._order = order
        self.looks = 0

    def within(self, span: Span) -> list[int]:
        first = 0 if span.lower is None else bisect_left(self._times, span.lower)
        end = len(self._times) if span.upper is None else bisect_left(self._times, span.upper)
        return self._times[first:end]

    def look(self, span: Span) -> Sample:
        self.looks += 1
        found = self.within(span)
        return Sample(self._order(found)[:PAGE] if found else [], len(found) <= PAGE)


def surveyed(drive: Drive, plan: Cutting) -> list[Part]:
    """What the survey makes of a drive, without calls."""
    parts = [plan.part(Span(), drive.look(Span()))]
    while heavy := plan.too_heavy(parts, plan.max_looks(parts) - drive.looks):
        looked_at = [plan.part(span, drive.look(span), part) for part in heavy for span in cut(part)]
        parts = sorted([part for part in parts if part not in heavy] + looked_at)
    return parts


def pages_of(drive: Drive, plan: Cutting) -> list[int]:
    """Pages by range, in the order in which the ranges are listed."""
    spans = [Span(_moment(part.lower), _moment(part.upper)) for part in plan.ranges(surveyed(drive, plan)).values()]
    return [max(1, -(-len(drive.within(span)) // PAGE)) for span in spans]


def rounds(pages: Sequence[int], lanes: int) -> int:
    """How long it takes when each lane takes the next range as soon as it has listed one."""
    busy_until = [0] * lanes
    for each in pages:
        busy_until.sort()
        busy_until[0] += each
    return max(busy_until)


def _moment(text: str | None) -> int | None:
    return None if text is None else second_of(datetime.fromisoformat(text))


@given(
    times=st.lists(MOMENTS.filter(lambda second: second > -62_135_596_800), min_size=1, max_size=60),
    whole=st.booleans(),
)
def test_nothing_falls_between_the_cuts(times: list[int], whole: bool) -> None:
    """What a part is cut into follows one on the other, from its beginning to its end."""
    part = cutting().part(Span(), Sample(times, whole))
    spans = cut(part)
    assert (spans[0].lower, spans[-1].upper) == (None, None)
    assert all(before.upper == after.lower for before, after in pairwise(spans))
    assert all(sum(span.holds(time) for span in spans) == 1 for time in times)
    assert len(spans) == 1 if whole else len(spans) > 1


@given(lower=MOMENTS, seconds=st.integers(1, 100), data=st.data())
def test_a_part_is_cut_until_it_is_one_second(lower: int, seconds: int, data: st.DataObject) -> None:
    """Whatever is seen in a part of two seconds or more, it can be cut; one second cannot."""
    span = Span(lower, lower + seconds)
    times = data.draw(st.lists(st.integers(lower, lower + seconds - 1), min_size=1))
    parts = cut(cutting().part(span, Sample(times, is_whole=False)))
    assert (len(parts) > 1) == (seconds > 1) or lower + seconds > 253_402_300_799


@given(times=st.lists(st.integers(-1000, 1000), min_size=1, max_size=40).map(sorted))
def test_the_densest_half_holds_half(times: list[int]) -> None:
    """No shorter time holds as many."""
    first, end = densest_half(times)
    held = [time for time in times if first <= time < end]
    assert 2 * len(held) >= len(times)
    half = len(times) // 2
    assert all(later - time + 1 >= end - first for time, later in zip(times, times[half:], strict=False))


@pytest.mark.parametrize("order", [in_time, newest_first, in_no_order])
def test_a_drive_filled_evenly_is_listed_evenly(order: Order) -> None:
    """Eight lanes list a drive of 200 pages in less than a fifth of the time that one takes, looks left aside."""
    draw = random.Random(1)
    drive = Drive([draw.randrange(NOW - 14 * YEAR, NOW) for _ in range(20_000)], order)
    assert rounds(pages_of(drive, cutting()), LANES) < 200 / 5
    assert drive.looks < 100


@pytest.mark.parametrize("order", [in_time, newest_first, in_no_order])
def test_a_crowded_hour_is_found(order: Order) -> None:
    """80 % of the files within an hour, 10 % within one second: that second alone sets the pace, or nearly so."""
    draw = random.Random(2)
    hour = NOW - 3 * YEAR
    times = [draw.randrange(NOW - 14 * YEAR, NOW) for _ in range(4000)]
    times += [hour + draw.randrange(3600) for _ in range(14_000)] + [hour + 1800] * 2000
    plan = cutting(lanes=16)
    pages = pages_of(Drive(times, order), plan)
    assert 20 <= max(pages) < 60
    assert rounds(pages, 16) < 200 / 3


def test_what_cannot_be_cut_is_listed_first() -> None:
    """Half of all files carry one second, as after a restore that lost the times; they are listed while the rest is."""
    draw = random.Random(3)
    drive = Drive([0] * 10_000 + [draw.randrange(NOW - 14 * YEAR, NOW) for _ in range(10_000)], in_no_order)
    pages = pages_of(drive, cutting())
    assert pages[0] == 100
    assert rounds(pages, LANES) == 100


@pytest.mark.parametrize("items", [PAGE + 1, 20 * PAGE, 1000 * PAGE])
def test_looks_are_bounded(items: int) -> None:
    """However many there are, looks are."""
    draw = random.Random(items)
    drive = Drive([draw.randrange(0, NOW) for _ in range(items)], in_time)
    surveyed(drive, cutting())
    assert drive.looks <= LANES * 32


def test_light_neighbours_are_listed_as_one() -> None:
    """What makes no more than a page together costs one call."""
    parts = [Part(Span(number, number + 1), 40.0, is_whole=True) for number in range(5)]
    ranges = cutting().ranges(parts)
    assert [(_moment(part.lower), _moment(part.upper)) for _, part in sorted(ranges.items())] == [
        (0, 2),
        (2, 4),
        (4, 5),
    ]


@pytest.mark.parametrize(
    ("part", "query"),
    [
        (Range(), None),
        (Range(lower="1969-12-31T23:59:59Z"), "createdTime >= '1969-12-31T23:59:59Z'"),
        (Range(upper="2020-01-01T00:00:00Z"), "createdTime < '2020-01-01T00:00:00Z'"),
        (
            Range("2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"),
            "createdTime >= '2020-01-01T00:00:00Z' and createdTime < '2020-01-01T00:00:01Z'",
        ),
    ],
)
def test_a_range_is_asked_for_half_open(part: Range, query: str | None) -> None:
    """The lower end belongs to a range, the upper to the next; an open end is not asked for."""
    assert query_of(part) == query
