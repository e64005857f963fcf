"""Listings: pages of any size add up to the whole, sorted or not, whatever happens to the world meanwhile."""

import random
from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis import given, note, settings
from tests.support.emulator.listings import page_of, whole_listing
from tests.support.emulator.rich_world import items_of, rich_world

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.grammar.full_text import relevance
from google_drive_emulator.grammar.ordering import Order, order_of, parse_order
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.grammar.predicates import predicate
from google_drive_emulator.grammar.query import parse_query
from google_drive_emulator.http.params import Params
from google_drive_emulator.search.corpora import requested_corpus
from google_drive_emulator.search.listing import Selection
from google_drive_emulator.search.matches import Matches, MatchMemory
from google_drive_emulator.search.plan import EVERYTHING, Plan, plan_of
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.mutations import apply
from google_drive_emulator.world.random_mutations import RandomMutations

SETTINGS = settings(deadline=None, max_examples=25)
KEYS = [
    "createdTime", "folder", "modifiedByMeTime", "modifiedTime", "name", "name_natural", "quotaBytesUsed", "recency",
    "sharedWithMeTime", "starred", "viewedByMeTime",
]  # fmt: skip
TERMS = st.builds(str.__add__, st.sampled_from(KEYS), st.sampled_from(["", " asc", " desc"]))
ORDERS = st.lists(TERMS, min_size=1, max_size=3, unique_by=lambda term: term.split()[0]).map(",".join)
QUERIES = st.sampled_from([
    "trashed = false", "starred = true", "name contains 'r' or trashed = true", "not sharedWithMe", "'me' in owners",
    "modifiedTime > '2015-01-01T00:00:00'", "mimeType = 'application/vnd.google-apps.folder'", "'root' in parents",
    "createdTime < '2016-01-01T00:00:00'", "not ('root' in parents)", "visibility = 'limited'",
])  # fmt: skip
RICH, PEOPLE = rich_world()
ALL_DRIVES = Params({"corpora": "allDrives", "includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}.items())


def everything(world: World, order: str = "") -> Selection:
    terms = parse_order(order)
    return Selection(
        EVERYTHING, lambda _item: True, Matches(), order_of(terms, world.viewer(world.users[0])) if terms else None
    )


def matches(world: World, query: str) -> Callable[[Item], bool]:
    """Return the test of a listing over all that the first user has."""
    viewer, expression = world.viewer(world.users[0]), parse_query(query)
    assert expression is not None
    holds, wanted = requested_corpus(world, viewer, ALL_DRIVES).holds, predicate(expression, viewer)
    return lambda item: holds(item) and wanted(item)


def asked(world: World, query: str, memory: MatchMemory, order: Order | None = None) -> Selection:
    """Return what files.list makes of a query, with the same memory for each of its pages."""
    plan = plan_of(parse_query(query), world.root_id(world.users[0]))
    return Selection(plan, matches(world, query), memory.matches(world, query), order)


def matching(world: World, query: str) -> list[int]:
    """Return all matches, found without a plan and without a memory."""
    test = matches(world, query)
    return [position for position, item in items_of(world).items() if test(item)]


def some_mutations(world: World, seed: int, most: int = 4, *, everyone: bool = False) -> Callable[[], None]:
    """Return a function that changes the world at random, and stars and opens things too."""
    chooser, chance = RandomMutations(world, seed, everyone=everyone), random.Random(seed)

    def mutate() -> None:
        for _ in range(chance.randrange(most)):
            apply(world, chooser.next())
        item = chance.choice(list(items_of(world).values()))
        if chance.random() < 0.5:
            world.star(item.id, world.users[0], starred=chance.random() < 0.7)
        else:
            world.view(item.id, world.users[0])

    return mutate


@SETTINGS
@given(size=st.integers(1, 1000), order=st.one_of(st.just(""), ORDERS))
def test_pages_of_any_size_add_up_to_the_whole(size: int, order: str) -> None:
    """The pages of a listing hold every item once, sorted or not, and only the last has no token."""
    found = whole_listing(RICH, everything(RICH, order), size)
    assert sorted(found) == sorted(items_of(RICH))
    assert found == whole_listing(RICH, everything(RICH, order), 1000)


@SETTINGS
@given(order=ORDERS)
def test_sorting_is_that_of_the_keys_one_after_the_other(order: str) -> None:
    """A sorted listing is what sorting by the last key first gives, each time keeping the order of equals."""
    items = items_of(RICH)
    expected = sorted(items)
    for term in reversed(parse_order(order)):
        ascending = order_of(parse_order(term.key), RICH.viewer(PEOPLE.me))
        keys = {position: ascending.key(item) for position, item in items.items()}
        expected.sort(key=keys.__getitem__, reverse=term.descending)
    assert whole_listing(RICH, everything(RICH, order), 7) == expected


@SETTINGS
@given(seed=st.integers(0, 10_000), size=st.integers(1, 60))
def test_an_unsorted_listing_survives_changes_between_its_pages(seed: int, size: int) -> None:
    """What is there from the first page to the last is given once, and nothing is given twice."""
    note(f"seed {seed}")
    world = synthetic_world(files=120, seed=5)
    mutate, there = some_mutations(world, seed), [set(items_of(world))]

    def meanwhile() -> None:
        mutate()
        there.append(set(items_of(world)))

    found = whole_listing(world, everything(world), size, meanwhile)
    assert len(found) == len(set(found))
    assert set.intersection(*there) <= set(found)


def scoped(world: World, scope: str, memory: MatchMemory, order: Order) -> Selection:
    """Return a sorted listing of all that there is, of a shared drive, or of a folder."""
    if scope == "folder":
        return asked(world, "'root' in parents", memory, order)
    drive_id = min(world.drives, default="gone")
    plan = Plan(drive_id=drive_id) if scope == "drive" else EVERYTHING

    def test(item: Item) -> bool:
        return not item.trashed and plan.drive_id in {None, item.drive_id}

    return Selection(plan, test, memory.matches(world, (scope, drive_id)), order)


@SETTINGS
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(1, 60),
    order=ORDERS,
    scope=st.sampled_from(["all", "drive", "folder"]),
)
def test_a_sorted_listing_goes_on_where_it_stopped(seed: int, size: int, order: str, scope: str) -> None:
    """Whatever changed between two pages, each page starts behind the last key, and holds what comes next then."""
    note(f"seed {seed}")
    world, memory = synthetic_world(files=60, seed=5, drives=2, drive_files=60), MatchMemory()
    mutate = some_mutations(world, seed, everyone=True)
    start, last = None, None
    for _ in range(6):
        by = order_of(parse_order(order), world.viewer(world.users[0]))
        listing, items = scoped(world, scope, memory, by), items_of(world)
        entries = sorted((by.key(item), position) for position, item in items.items() if listing.test(item))
        ahead = [entry for entry in entries if last is None or entry > last][:size]
        page = page_of(world, listing, start, size)
        assert page.positions == [position for _, position in ahead]
        if page.next_token is None:
            break
        start, last = page.next_token, ahead[-1]
        mutate()


@SETTINGS
@given(seed=st.integers(0, 10_000), queries=st.lists(QUERIES, min_size=1, max_size=6))
def test_what_a_listing_remembers_never_grows_stale(seed: int, queries: list[str]) -> None:
    """A listing asked again after changes finds what one without memory and plan finds."""
    note(f"seed {seed}")
    world, memory = synthetic_world(files=60, seed=5, drives=2, drive_files=40), MatchMemory()
    mutate = some_mutations(world, seed, everyone=True)
    for query in [*queries, *queries]:
        assert whole_listing(world, asked(world, query, memory), 50) == matching(world, query)
        mutate()


@SETTINGS
@given(seed=st.integers(0, 10_000))
def test_a_reset_is_seen_by_what_was_remembered(seed: int) -> None:
    """After a rewind of the world nothing is remembered of what it was in between."""
    note(f"seed {seed}")
    world, memory = synthetic_world(files=120, seed=5), MatchMemory()
    before = whole_listing(world, asked(world, "trashed = false", memory), 50)
    some_mutations(world, seed, most=20)()
    whole_listing(world, asked(world, "trashed = false", memory), 50)
    world.reset()
    assert whole_listing(world, asked(world, "trashed = false", memory), 50) == before


@SETTINGS
@given(search=st.sampled_from(["budget", "fox", "hello", '"quick brown"', "reports"]), size=st.integers(1, 5))
def test_results_of_a_search_for_text_come_by_relevance(search: str, size: int) -> None:
    """What has the words in its name comes before what has them elsewhere, and no page loses any."""
    query = f"fullText contains '{search}'"
    order = Order([(relevance(parse_query(query)), False)])
    found = whole_listing(RICH, asked(RICH, query, MatchMemory(), order), size)
    items = items_of(RICH)
    in_name = [all(word.strip('"') in words_of(items[position]) for word in search.split()) for position in found]
    assert sorted(found) == matching(RICH, query)
    assert in_name == sorted(in_name, reverse=True)


def words_of(item: Item) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in item.name.casefold()).split()


@given(asked=st.integers(1, 1000), position=st.integers(0, 10**6), cap=st.integers(1, 2000))
def test_a_page_is_never_larger_than_asked_for_or_empty(asked: int, position: int, cap: int) -> None:
    """Short pages and caps only ever make a page smaller, and never so small that a listing stands still."""
    pages = PageSettings(cap_with_parents=cap, short_pages=True)
    size = pages.page_size(asked, parents=True, permissions=False, position=position)
    assert 1 <= size <= min(asked, cap)
