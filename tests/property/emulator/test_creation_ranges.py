"""Listings in ranges of creation time: together they are the plain listing, whatever happens to the world meanwhile."""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given, note, settings
from tests.support.emulator.file_lists import ALL_DRIVES, all_files
from tests.support.emulator.rich_world import items_of

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.grammar.predicates import predicate
from google_drive_emulator.grammar.query import parse_query
from google_drive_emulator.http.params import Params
from google_drive_emulator.search.corpora import requested_corpus
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.creation import CreationIndex
from google_drive_emulator.world.mutations import apply
from google_drive_emulator.world.random_mutations import RandomMutations
from google_drive_emulator.world.timestamps import rfc3339

SETTINGS = settings(deadline=None, max_examples=20)
FIRST_MS, LAST_MS = 1_300_000_000_000, 1_800_000_000_000
MOMENTS = st.integers(FIRST_MS, LAST_MS)
SEEDS = st.integers(0, 10_000)
CUTS = st.lists(MOMENTS, max_size=6)
CONDITIONS = st.sampled_from([
    "", "'me' in owners", "mimeType = 'application/vnd.google-apps.folder'", "trashed = false and starred = true",
    "'root' in parents", "createdTime != '2020-01-01T00:00:00'", "createdTime > '2013-01-01T00:00:00'",
])  # fmt: skip
CORPORA = st.sampled_from(["user", "drive", "allDrives"])
ORDERS = st.sampled_from(["", "name", "createdTime desc"])


def new_world() -> World:
    return synthetic_world(files=90, seed=5, drives=2, drive_files=40)


def mutating(world: World, seed: int) -> Callable[[], None]:
    """Return a function that changes the world at random, and adds items that say when they were created."""
    chooser, chance = RandomMutations(world, seed, everyone=True), random.Random(seed)

    def mutate() -> None:
        for _ in range(chance.randrange(5)):
            apply(world, chooser.next())
        known = chance.choice(list(items_of(world).values())).created_ms
        for created_ms in (known, chance.randrange(FIRST_MS, LAST_MS)):
            folder = chance.choice([None, *world.drives])
            world.create("said so", parent=folder, created_ms=created_ms)

    return mutate


def params_of(world: World, corpora: str) -> Mapping[str, str]:
    drives = my_drives(world)
    if corpora == "drive" and drives:
        return {**ALL_DRIVES, "corpora": corpora, "driveId": min(drives)}
    return {**ALL_DRIVES, "corpora": "user" if corpora == "drive" else corpora}


def my_drives(world: World) -> list[str]:
    """The shared drives that whoever asks is a member of."""
    viewer = world.viewer(world.users[0])
    return [drive_id for drive_id in world.drives if viewer.is_member(drive_id)]


def query(condition: str, lower: int | None, upper: int | None) -> str:
    """Ask for what was created from one moment on and before another, as the one who lists a drive in ranges does."""
    bounds = [] if lower is None else [f"createdTime >= '{rfc3339(lower)}'"]
    bounds += [] if upper is None else [f"createdTime < '{rfc3339(upper)}'"]
    return " and ".join(f"({part})" for part in (" and ".join(bounds), condition) if part)


def expected(world: World, params: Mapping[str, str], text: str) -> list[str]:
    """Return the ids of all matches in order of position, found item by item without a plan or a memory."""
    viewer, expression = world.viewer(world.users[0]), parse_query(text)
    holds = requested_corpus(world, viewer, Params(params.items())).holds
    wanted = None if expression is None else predicate(expression, viewer)
    return [item.id for item in items_of(world).values() if holds(item) and (wanted is None or wanted(item))]


def cuts_near(world: World, cuts: Sequence[int], chance: random.Random) -> list[int | None]:
    """Return the ends of ranges that cover all time; some of them are moments in which something was created."""
    moments = [item.created_ms + chance.choice([0, 0, 1]) for item in items_of(world).values()]
    return [None, *sorted({*cuts, *chance.sample(moments, min(4, len(moments)))}), None]


@SETTINGS
@given(
    seed=SEEDS, cuts=CUTS, condition=CONDITIONS, corpora=CORPORA, order=ORDERS, size=st.integers(5, 50),
    is_asked_before=st.booleans(),
)  # fmt: skip
def test_ranges_make_up_the_plain_listing(
    seed: int, cuts: list[int], condition: str, corpora: str, order: str, size: int, is_asked_before: bool
) -> None:
    """However time is cut, each range lists just what was created in it, in the order of the plain listing."""
    note(f"seed {seed}")
    state = EmulatorState(new_world())
    mutating(state.world, seed)()
    params = {**params_of(state.world, corpora), "pageSize": str(size), "orderBy": order}
    if is_asked_before:
        all_files(state, {**params, "q": condition})
    parts = list[str]()
    plain = expected(state.world, params, condition)
    if order:
        plain = all_files(EmulatorState(state.world), {**params, "q": condition})
    for lower, upper in pairwise(cuts_near(state.world, cuts, random.Random(seed))):
        text = query(condition, lower, upper)
        found = all_files(state, {**params, "q": text})
        assert set(found) == set(expected(state.world, params, text))
        assert found == [each for each in plain if each in set(found)]
        parts += found
    assert sorted(parts) == sorted(plain)
    assert all_files(state, {**params, "q": condition}) == plain


@SETTINGS
@given(seed=SEEDS, cuts=CUTS, corpora=st.sampled_from(["user", "allDrives"]), size=st.integers(5, 50))
def test_ranges_survive_changes_between_their_pages(seed: int, cuts: list[int], corpora: str, size: int) -> None:
    """What is there from the first page to the last is given once, and nothing is given twice."""
    note(f"seed {seed}")
    state = EmulatorState(new_world())
    params = {**params_of(state.world, corpora), "pageSize": str(size)}
    ends = cuts_near(state.world, cuts, random.Random(seed))
    mutate, there = mutating(state.world, seed), [set(expected(state.world, params, ""))]

    def meanwhile() -> None:
        mutate()
        there.append(set(expected(state.world, params, "")))

    parts = [all_files(state, {**params, "q": query("", *each)}, meanwhile=meanwhile) for each in pairwise(ends)]
    found = [each for part in parts for each in part]
    assert len(found) == len(set(found))
    assert set.intersection(*there) <= set(found)


@SETTINGS
@given(seed=SEEDS, cuts=CUTS, condition=CONDITIONS)
def test_ranges_share_a_memory_that_never_grows_stale(seed: int, cuts: list[int], condition: str) -> None:
    """Ranges asked again after each change find what is there now, and creation times asked alone are theirs."""
    note(f"seed {seed}")
    state = EmulatorState(new_world())
    mutate, params = mutating(state.world, seed), params_of(state.world, "allDrives")
    ranges = list(pairwise(cuts_near(state.world, cuts, random.Random(seed))))
    for _ in range(3):
        for lower, upper in ranges:
            asked = {**params, "pageSize": "1000", "q": query(condition, lower, upper)}
            ids = expected(state.world, params, asked["q"])
            assert all_files(state, asked) == ids
            assert all_files(state, asked, "createdTime") == [created_time(state.world, each) for each in ids]
        mutate()


def created_time(world: World, item_id: str) -> str:
    item = world.item(item_id)
    assert item is not None
    return rfc3339(item.created_ms)


@given(
    made_of=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99))),
    added=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99))),
    from_ms=st.none() | st.integers(-1, 11),
    before_ms=st.none() | st.integers(-1, 11),
)
def test_an_index_by_creation_finds_what_a_search_finds(
    made_of: list[tuple[int, int]], added: list[tuple[int, int]], from_ms: int | None, before_ms: int | None
) -> None:
    """It makes no difference whether items were there when the index was made or came later, in whatever order."""
    index = CreationIndex(made_of)
    for created_ms, position in added:
        index.add(created_ms, position)
    low, high = from_ms if from_ms is not None else -1, before_ms if before_ms is not None else 99
    found = sorted(position for created_ms, position in [*made_of, *added] if low <= created_ms < high)
    assert index.within(from_ms, before_ms) == found
    assert len(index) == len(made_of) + len(added)
