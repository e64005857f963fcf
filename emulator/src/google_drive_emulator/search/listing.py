"""Listings: a query, an order and where the last page stopped in, one page of items out.

A listing is a generator that gives ``None`` now and then while it searches, so that whoever drives it can let others
run, and at the end returns its page.
"""

from bisect import bisect_right
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from google_drive_emulator.grammar.ordering import Descending, SortKey, SortTerm, sort_key
from google_drive_emulator.grammar.pages import PageToken
from google_drive_emulator.grammar.query import Predicate
from google_drive_emulator.search.plan import Plan
from google_drive_emulator.world.items import Item, User
from google_drive_emulator.world.world import World

Located: TypeAlias = tuple[int, Item]

_BREATH = 256  # candidates looked at between two chances for others to run


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items a listing is about; ``predicate`` is None when all the plan's candidates match."""

    user: User
    plan: Plan
    predicate: Predicate | None
    order: tuple[SortTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The items of a page with their positions, and where to go on; ``next_token`` is None on the last page.

    ``epoch`` is the world's when the search began.
    """

    epoch: int
    items: list[Located]
    next_token: PageToken | None


Search: TypeAlias = Generator[None, None, Page]


def list_page(world: World, selection: Selection, start: PageToken | None, size: int) -> Search:
    """Search for the page after ``start``, of at most ``size`` items."""
    if selection.order:
        return _sorted_page(world, selection, start, size)
    return _plain_page(world, selection, start, size)


def _matches(world: World, selection: Selection, after: int) -> Iterator[Located | None]:
    """Give matching items, and None for each breath."""
    test = _visible_test(selection)
    for looked_at, position in enumerate(world.positions(selection.plan, after=after)):
        if looked_at % _BREATH == _BREATH - 1:
            yield None
        item = world.item_at(position)
        if item is not None and test(item):
            yield position, item


def _visible_test(selection: Selection) -> Predicate:
    user, wanted = selection.user, selection.predicate
    if wanted is None:
        return lambda item: item.role_of(user) is not None
    return lambda item: item.role_of(user) is not None and wanted(item)


def _plain_page(world: World, selection: Selection, start: PageToken | None, size: int) -> Search:
    epoch, last = world.epoch, -1 if start is None else start.position
    found: list[Located] = []
    for located in _matches(world, selection, last):
        if located is None:
            yield
        elif len(found) == size:
            return Page(epoch, found, PageToken(found[-1][0]))
        else:
            found.append(located)
    return Page(epoch, found, None)


def _sorted_page(world: World, selection: Selection, start: PageToken | None, size: int) -> Search:
    epoch, key = world.epoch, sort_key(selection.order, selection.user)
    keyed: list[tuple[SortKey, int]] = []
    for located in _matches(world, selection, -1):
        if located is None:
            yield
        else:
            keyed.append((key(located[1]), located[0]))
    keyed.sort()
    first = 0 if start is None else bisect_right(keyed, _resume_at(start, selection.order))
    page = keyed[first : first + size]
    located_items = [(position, item) for _, position in page if (item := world.item_at(position)) is not None]
    return Page(epoch, located_items, _token(page[-1]) if first + size < len(keyed) else None)


def _resume_at(token: PageToken, order: tuple[SortTerm, ...]) -> tuple[SortKey, int]:
    parts = zip(token.key, order, strict=True)
    return tuple(Descending(part) if term.descending else part for part, term in parts), token.position


def _token(stop: tuple[SortKey, int]) -> PageToken:
    key, position = stop
    plain = tuple(part.part if isinstance(part, Descending) else part for part in key)
    return PageToken(position, plain)
