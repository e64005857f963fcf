"""Worlds: whatever is done to them, their parts agree with each other."""

import hypothesis.strategies as st
from hypothesis import given, note, settings

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.world.items import Counts, Item
from google_drive_emulator.world.mutations import RandomMutations, apply

SETTINGS = settings(deadline=None, max_examples=25)
SEEDS = st.integers(0, 100_000)


def mutated(seed: int, count: int, files: int = 150) -> World:
    """Make a world that random mutations went over."""
    note(f"seed {seed}")
    world = synthetic_world(files=files, seed=seed)
    chooser = RandomMutations(world, seed)
    for _ in range(count):
        apply(world, chooser.next())
    return world


def items_of(world: World) -> list[Item]:
    return [item for position in world.positions() if (item := world.item_at(position)) is not None]


@SETTINGS
@given(seed=SEEDS, count=st.integers(0, 80))
def test_counts_are_those_of_the_items(seed: int, count: int) -> None:
    """The counts worked out from positions and mutations equal those of looking at every item."""
    world = mutated(seed, count)
    items = items_of(world)
    assert world.counts() == Counts(
        len(items),
        sum(item.is_folder for item in items),
        sum(item.is_shortcut for item in items),
        sum(item.trashed for item in items),
    )


@SETTINGS
@given(seed=SEEDS, count=st.integers(0, 80))
def test_children_are_the_items_with_that_parent(seed: int, count: int) -> None:
    """The children of each folder are exactly the items that name it as their parent."""
    world = mutated(seed, count)
    items = items_of(world)
    folders = {item.id for item in items if item.is_folder} | world.root_ids
    by_parent: dict[str, list[str]] = {folder: [] for folder in folders}
    for item in items:
        assert item.parent in folders
        if item.owner is world.users[0]:
            by_parent[item.parent].append(item.id)
    for folder, expected in by_parent.items():
        found = [world.item_at(position) for position in world.children(folder)]
        assert [item.id for item in found if item is not None] == expected


@SETTINGS
@given(seed=SEEDS, count=st.integers(0, 80))
def test_an_item_is_trashed_when_a_folder_above_it_is(seed: int, count: int) -> None:
    """``trashed`` covers the folders above, ``explicitlyTrashed`` does not (facts A6)."""
    world = mutated(seed, count)
    for item in items_of(world):
        above = world.item(item.parent) if item.parent else None
        assert item.trashed == (item.explicitly_trashed or (above is not None and above.trashed))


@SETTINGS
@given(seed=SEEDS, count=st.integers(1, 80))
def test_replaying_the_log_brings_a_copy_up_to_date(seed: int, count: int) -> None:
    """Applying a user's changes to an old listing gives the present versions, with one entry an item."""
    note(f"seed {seed}")
    world = synthetic_world(files=150, seed=seed)
    copy = {item.id: item.version for item in items_of(world)}
    start, chooser = world.change_id + 1, RandomMutations(world, seed)
    for _ in range(count):
        apply(world, chooser.next())
    entries = list(world.changes_since(world.users[0], start))
    assert len({entry.item_id for entry in entries}) == len(entries) <= count
    for entry in entries:
        item = world.item(entry.item_id)
        if item is None:
            copy.pop(entry.item_id, None)
        else:
            copy[item.id] = item.version
    present = {item.id: item.version for item in items_of(world)}
    unlogged = copy.keys() - present.keys()  # they went with a deleted folder, which the log does not say
    assert {item_id: version for item_id, version in copy.items() if item_id not in unlogged} == present


@SETTINGS
@given(seed=SEEDS, position=st.integers(0, 149))
def test_an_item_follows_from_seed_and_position(seed: int, position: int) -> None:
    """Two worlds of one seed hold the same items, which are found by their ids, and creation never goes back."""
    one, other = synthetic_world(files=150, seed=seed), synthetic_world(files=150, seed=seed)
    item, twin = one.item_at(position), other.item_at(position)
    assert item is not None
    assert twin is not None
    assert (item.id, item.name, item.created_ms, item.permissions) == (
        twin.id,
        twin.name,
        twin.created_ms,
        twin.permissions,
    )
    assert one.position(item.id) == position
    assert len({permission.id for permission in item.permissions}) == 3
    after = one.item_at(position + 1)
    assert after is None or item.created_ms <= after.created_ms
    assert item.created_ms <= item.modified_ms
