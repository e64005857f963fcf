"""Listings: a query, an order and where the last page stopped in, one page of items out.

A listing is a generator that gives ``None`` now and then while it searches, so that whoever drives it can let others
run, and at the end returns its page. An unsorted one goes on behind the last position it gave, a sorted one behind the
last item's key and position. Original items are sorted once, changed ones again whenever there were changes.
"""

import heapq
from array import array
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from google_drive_emulator.grammar.ordering import Order, SortKey, plain_key
from google_drive_emulator.grammar.pages import PageToken
from google_drive_emulator.search.matches import Entry, Matches, Sorted
from google_drive_emulator.search.plan import Plan
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.reading import Reading

_BREATH = 256  # candidates tested between two chances for others to run
_LEAPS = 16_384  # candidates known not to match, passed over between two such chances


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items a listing is about; ``test`` is asked for each of the plan's candidates.

    Of those that never changed ``original_test`` is asked, where it is given: what the plan leaves open. ``matches``
    remembers its answers. Without an ``order`` positions are it.
    """

    plan: Plan
    test: Callable[[Item], bool]
    matches: Matches
    order: Order | None = None
    original_test: Callable[[Item], bool] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The positions of a page's items, and where to go on; ``next_token`` is None on the last page.

    ``epoch`` is the world's when the search began; ``made`` are items that had to be made for it, by position.
    """

    epoch: int
    positions: list[int]
    next_token: PageToken | None
    made: Mapping[int, Item] = field(default_factory=dict)


Search: TypeAlias = Generator[None, None, Page]


def list_page(world: Reading, selection: Selection, start: PageToken | None, size: int) -> Search:
    """Search for the page after ``start``, of at most ``size`` items."""
    if selection.order is None:
        return _plain_page(world, selection, start, size)
    return _sorted_page(world, selection, selection.order, start, size)


def _plain_page(world: Reading, selection: Selection, start: PageToken | None, size: int) -> Search:
    epoch, last = world.epoch, -1 if start is None else start.position
    found: dict[int, Item | None] = {}
    token: PageToken | None = None
    for match in _matching(world, selection, world.positions(selection.plan, after=last)):
        if match is None:
            yield
        elif len(found) == size:
            token = PageToken(next(reversed(found)))
            break
        else:
            found[match[0]] = match[1]
    return Page(epoch, list(found), token, {place: item for place, item in found.items() if item is not None})


def _matching(
    world: Reading, selection: Selection, positions: Iterable[int]
) -> Iterator[tuple[int, Item | None] | None]:
    """Give matching items, those that had to be made with their positions; and None for each breath."""
    known, test, effort = selection.matches, selection.test, 0
    original_test = selection.original_test or test
    for position in positions:
        item, is_original = None, world.is_pristine(position)
        answer = known.get(position) if is_original else None
        if answer is None:
            effort += _LEAPS // _BREATH
            item = world.item_at(position)
            answer = item is not None and (original_test if is_original else test)(item)
            if is_original and item is not None:
                known.put(position, item, world.clock, answer=answer)
        effort += 1
        if effort >= _LEAPS:
            effort = 0
            yield None
        if answer:
            yield position, item


# ── sorted listings ──────────────────────────────────────────────────────────


def _sorted_page(world: Reading, selection: Selection, order: Order, start: PageToken | None, size: int) -> Search:
    epoch = world.epoch
    kept = yield from _sorted(world, selection, order)
    after = None if start is None else (order.restored(start.key), start.position)
    found = list(islice(_entries_after(world, order, kept, after), size + 1))
    page = found[:size]
    token = _token(world, order, page[-1]) if len(found) > size else None
    return Page(epoch, [position for _, position in page], token)


def _sorted(world: Reading, selection: Selection, order: Order) -> Generator[None, None, Sorted]:
    """Return what is known of a sorted listing, brought up to date."""
    kept = selection.matches.order
    if kept is None:
        originals = filter(world.is_pristine, world.positions(selection.plan))
        entries = yield from _in_order(world, selection, order, originals)
        kept = selection.matches.order = Sorted(array("I", [position for _, position in entries]))
    edition = world.edition
    if kept.edition != edition:
        kept.changed = yield from _in_order(world, selection, order, world.changed(selection.plan))
        kept.edition = edition
    return kept


def _in_order(
    world: Reading, selection: Selection, order: Order, positions: Iterable[int]
) -> Generator[None, None, list[Entry]]:
    entries: list[Entry] = []
    for match in _matching(world, selection, positions):
        if match is None:
            yield
            continue
        position, item = match[0], match[1] or world.item_at(match[0])
        if item is not None:
            entries.append((order.key(item), position))
    entries.sort()
    return entries


def _entries_after(
    world: Reading, order: Order, kept: Sorted, after: Entry | None
) -> Iterator[tuple[SortKey | None, int]]:
    """Give what comes after an entry; while nothing changed lies ahead, original items come without their keys."""
    first = 0 if after is None else _place_behind(world, order, kept.originals, after)
    ahead = kept.changed if after is None else kept.changed[bisect_right(kept.changed, after) :]
    indexes = range(first, len(kept.originals))
    originals = filter(world.is_pristine, (kept.originals[index] for index in indexes))
    if not ahead:
        return ((None, position) for position in originals)
    return heapq.merge(((_key_at(world, order, position), position) for position in originals), ahead)


def _place_behind(world: Reading, order: Order, originals: "array[int]", after: Entry) -> int:
    """Return the index of the first original item behind an entry; those that were changed since have no say."""
    low, high = 0, len(originals)
    while low < high:
        middle = (low + high) // 2
        probe = next((index for index in range(middle, high) if world.is_pristine(originals[index])), high)
        if probe == high or after < (_key_at(world, order, originals[probe]), originals[probe]):
            high = middle
        else:
            low = probe + 1
    return low


def _token(world: Reading, order: Order, last: tuple[SortKey | None, int]) -> PageToken:
    key, position = last
    return PageToken(position, plain_key(_key_at(world, order, position) if key is None else key))


def _key_at(world: Reading, order: Order, position: int) -> SortKey:
    """Return the key of the item at a position, which is there."""
    item = world.item_at(position)
    return () if item is None else order.key(item)
