"""Listings: pages of any size add up to the whole, whatever happens to the world meanwhile."""

import random

import hypothesis.strategies as st
from hypothesis import given, note, settings

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.grammar.ordering import parse_order
from google_drive_emulator.grammar.pages import PageSettings, PageToken, read_token, write_token
from google_drive_emulator.search.listing import Page, Selection, list_page
from google_drive_emulator.search.plan import EVERYTHING
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.mutations import RandomMutations, apply

SETTINGS = settings(deadline=None, max_examples=40)
ORDERS = st.lists(st.sampled_from(["name", "modifiedTime desc", "folder", "name_natural desc", "starred"]), max_size=3)


def page_of(world: World, selection: Selection, start: PageToken | None, size: int) -> Page:
    search = list_page(world, selection, start, size)
    while True:
        try:
            next(search)
        except StopIteration as finished:
            page: Page = finished.value
            return page


def everything(world: World, order: str = "") -> Selection:
    return Selection(world.users[0], EVERYTHING, None, parse_order(order))


def visible(world: World) -> set[str]:
    items = (world.item_at(position) for position in world.positions())
    return {item.id for item in items if item is not None}


@SETTINGS
@given(size=st.integers(1, 1000), order=ORDERS.map(lambda keys: ",".join(dict.fromkeys(keys))))
def test_pages_of_any_size_add_up_to_the_whole(size: int, order: str) -> None:
    """The pages of a listing hold every item once, sorted or not, and only the last has no token."""
    world = synthetic_world(files=150, seed=2)
    selection, start, seen = everything(world, order), None, list[Item]()
    while True:
        page = page_of(world, selection, start, size)
        seen += [item for _, item in page.items]
        if page.next_token is None:
            break
        assert len(page.items) == size
        start = read_token(write_token(page.next_token, "listing"), "listing")
    assert len(seen) == len({item.id for item in seen}) == 150


@SETTINGS
@given(seed=st.integers(0, 10_000), size=st.integers(1, 60))
def test_a_listing_survives_changes_between_its_pages(seed: int, size: int) -> None:
    """What is there from the first page to the last is given once, and nothing is given twice."""
    note(f"seed {seed}")
    world = synthetic_world(files=120, seed=5)
    chooser, chance = RandomMutations(world, seed), random.Random(seed)
    throughout, seen, start = visible(world), list[str](), None
    while True:
        page = page_of(world, everything(world), start, size)
        seen += [item.id for _, item in page.items]
        if page.next_token is None:
            break
        start = page.next_token
        for _ in range(chance.randrange(4)):
            apply(world, chooser.next())
        throughout &= visible(world)
    assert len(seen) == len(set(seen))
    assert throughout <= set(seen)


@given(asked=st.integers(1, 1000), position=st.integers(0, 10**6), cap=st.integers(1, 2000))
def test_a_page_is_never_larger_than_asked_for_or_empty(asked: int, position: int, cap: int) -> None:
    """Short pages and caps only ever make a page smaller, and never so small that a listing stands still."""
    pages = PageSettings(cap_with_parents=cap, short_pages=True)
    size = pages.page_size(asked, parents=True, permissions=False, position=position)
    assert 1 <= size <= min(asked, cap)
