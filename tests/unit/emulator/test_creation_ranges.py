"""Listings in ranges of creation time: how much work they share with each other and with the plain listing."""

from itertools import pairwise

import pytest
from tests.support.emulator.file_lists import all_files
from tests.support.emulator.rich_world import items_of

from google_drive_emulator import synthetic_world
from google_drive_emulator.grammar.query import parse_query
from google_drive_emulator.search.plan import Plan, beyond_creation, plan_of
from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.timestamps import rfc3339
from google_drive_emulator.world.world import World

FILES = 1000
OWNED = "'me' in owners"


class CountingSource(SyntheticSource):
    """A source that counts how many items it had to make."""

    made = 0

    def item(self, position: int) -> Item:
        self.made += 1
        return super().item(position)


@pytest.fixture
def source() -> CountingSource:
    return CountingSource(FILES, 3)


@pytest.fixture
def state(source: CountingSource) -> EmulatorState:
    return EmulatorState(World(source))


def ranges(source: CountingSource, count: int) -> list[str]:
    """Return queries for as many ranges, with about as many items in each."""
    cuts = [rfc3339(source.created_ms(FILES * number // count)) for number in range(1, count)]
    middle = [f"createdTime >= '{lower}' and createdTime < '{upper}'" for lower, upper in pairwise(cuts)]
    return [f"createdTime < '{cuts[0]}'", *middle, f"createdTime >= '{cuts[-1]}'"]


def made_for(source: CountingSource, state: EmulatorState, queries: list[str], name: str = "id") -> int:
    """Return how many items had to be made to list all of some ranges."""
    source.made = 0
    for query in queries:
        all_files(state, {"q": query, "pageSize": "100"}, name)
    return source.made


def test_ranges_of_a_drive_that_was_listed_make_no_item(source: CountingSource, state: EmulatorState) -> None:
    """What the plain listing found out holds for any range, however many there are, and the other way round."""
    assert made_for(source, state, [""]) >= FILES
    assert made_for(source, state, [*ranges(source, 50), *ranges(source, 30), ""]) == 0


def test_ranges_of_a_new_drive_make_each_item_once(source: CountingSource, state: EmulatorState) -> None:
    """Ranges have to look at their own items only, and what one of them found out is not asked again."""
    assert made_for(source, state, ranges(source, 40)) == FILES
    assert made_for(source, state, [*ranges(source, 33), ""]) == 0


def test_ranges_with_another_condition_share_its_answers(source: CountingSource, state: EmulatorState) -> None:
    """A condition is another listing, but all its ranges are the same one; what was rendered is there already."""
    made_for(source, state, [""])
    assert made_for(source, state, [f"({each}) and {OWNED}" for each in ranges(source, 40)]) == FILES
    assert made_for(source, state, [f"{OWNED} and ({each})" for each in ranges(source, 20)]) == 0


def test_creation_times_of_a_known_listing_make_no_item(source: CountingSource, state: EmulatorState) -> None:
    """A look at how a drive is spread over time costs next to nothing, though nothing of it was rendered so far."""
    made_for(source, state, [""])
    assert made_for(source, state, ranges(source, 40), "createdTime") == 0


def test_a_range_looks_only_at_the_added_items_that_it_holds() -> None:
    """What was added long before or after is no candidate, in a shared drive as in My Drive, before and after more."""
    world = synthetic_world(files=10, seed=1, drives=1, drive_files=10)
    (drive_id,) = world.drives
    plans = [plan_of(parse_query("createdTime >= '2030-01-01' and createdTime < '2030-01-02'"), "root")]
    plans += [Plan(plans[0].created_from_ms, plans[0].created_before_ms, drive_id=drive_id)]
    first_ms = plans[0].created_from_ms or 0
    for days in (3, 0, -1, 2, 0):
        for parent in (None, drive_id):
            world.create("added", created_ms=first_ms + days * 86_400_000, parent=parent)
        within = {place for place, item in items_of(world).items() if item.created_ms == first_ms}
        inside = {place for place, item in items_of(world).items() if item.drive_id == drive_id}
        assert [set(world.positions(plan)) for plan in plans] == [within, within & inside]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("createdTime >= '2020-01-01'", ""),
        ("createdTime > '2020-01-01' and createdTime <= '2021-01-01'", ""),
        ("(createdTime = '2020-01-01') and trashed = false", "trashed = false"),
        ("starred = true and (createdTime < '2020-01-01' and trashed = false)", "starred = true and trashed = false"),
        ("createdTime != '2020-01-01'", "createdTime != '2020-01-01'"),
        ("createdTime < '2020-01-01' or trashed = true", "createdTime < '2020-01-01' or trashed = true"),
        ("not (createdTime < '2020-01-01')", "not (createdTime < '2020-01-01')"),
        ("'f' in parents and createdTime < '2020-01-01'", "'f' in parents and createdTime < '2020-01-01'"),
        ("modifiedTime > '2020-01-01' and createdTime < '2021-01-01'", "modifiedTime > '2020-01-01'"),
    ],
)
def test_what_a_plan_vouches_for_is_not_asked_again(query: str, left: str) -> None:
    """Of an original item only bounds on its creation are settled, and not where candidates come from folders."""
    expression = parse_query(query)
    assert beyond_creation(expression, plan_of(expression, "root")) == parse_query(left)
