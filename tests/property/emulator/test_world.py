"""Worlds: whatever is done to them, their parts agree with each other, and they can be brought back."""

import hypothesis.strategies as st
import msgspec
from hypothesis import given, note, settings
from tests.support.emulator.histories import crowded_world, happen, items_of

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.grammar.fields import ALL
from google_drive_emulator.rendering.render import compile_renderer
from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.items import Counts
from google_drive_emulator.world.mutations import apply
from google_drive_emulator.world.random_mutations import RandomMutations

SETTINGS = settings(deadline=None, max_examples=20)
SEEDS = st.integers(0, 100_000)
COUNTS = st.integers(0, 80)


def mutated(seed: int, count: int) -> World:
    """Make a world that random mutations went over, of one user or of all."""
    note(f"seed {seed}")
    if seed % 2:
        return crowded_world(seed, count)
    world = synthetic_world(files=150, seed=seed)
    chooser = RandomMutations(world, seed)
    for _ in range(count):
        apply(world, chooser.next())
    return world


@SETTINGS
@given(seed=SEEDS, count=COUNTS)
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
@given(seed=SEEDS, count=COUNTS)
def test_children_are_the_items_with_that_parent(seed: int, count: int) -> None:
    """The children of each folder are exactly the items that name it as their parent, in the same drive."""
    world = mutated(seed, count)
    items = items_of(world)
    roots = [root for root_id in (*world.drives, *map(world.root_id, world.users)) if (root := world.item(root_id))]
    by_parent: dict[str, list[str]] = {folder.id: [] for folder in (*roots, *items) if folder.is_folder}
    for item in items:
        assert item.parent in by_parent
        by_parent[item.parent].append(item.id)
    for folder_id, expected in by_parent.items():
        folder, found = world.item(folder_id), [world.item_at(position) for position in world.children(folder_id)]
        assert [item.id for item in found if item is not None] == expected
        assert folder is not None
        assert {item.drive_id for item in found if item is not None} <= {folder.drive_id}


@SETTINGS
@given(seed=SEEDS, count=COUNTS)
def test_an_item_is_trashed_when_a_folder_above_it_is(seed: int, count: int) -> None:
    """``trashed`` covers the folders above, ``explicitlyTrashed`` does not (facts A6)."""
    world = mutated(seed, count)
    for item in items_of(world):
        above = world.item(item.parent) if item.parent else None
        assert item.trashed == (item.explicitly_trashed or (above is not None and above.trashed))


@SETTINGS
@given(seed=SEEDS, count=COUNTS)
def test_an_item_is_owned_in_my_drive_alone(seed: int, count: int) -> None:
    """An item of My Drive has one owner, who has the owner's grant; in a shared drive nobody has (facts A6)."""
    world = mutated(seed, count)
    for item in items_of(world):
        owners = [grant.id for grant in world.own_permissions(item.id) if grant.role == "owner"]
        assert (item.owner is None) == (item.drive_id is not None)
        assert owners == ([] if item.owner is None else [item.owner.permission_id])
        assert len({grant.id for grant in item.permissions}) == len(item.permissions)


@SETTINGS
@given(seed=SEEDS, count=st.integers(1, 80))
def test_replaying_the_first_users_log_brings_a_copy_up_to_date(seed: int, count: int) -> None:
    """Applying the changes to an old listing gives the present versions, with one entry an item.

    What went with a deleted folder is not told.
    """
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
    assert {item_id: version for item_id, version in copy.items() if item_id in present} == present


@SETTINGS
@given(seed=SEEDS, past=COUNTS, count=st.integers(1, 40))
def test_a_world_returns_to_its_snapshot(seed: int, past: int, count: int) -> None:
    """After a rewind all users see what they saw, the logs say what they said, and the same future comes again."""
    note(f"seed {seed}")
    world = crowded_world(seed, past)
    snapshot, before, epoch = world.snapshot(), looks(world), world.epoch
    future = list(happen(world, seed + 1, count))
    after = looks(world)
    world.rewind(snapshot)
    assert looks(world) == before
    assert world.epoch > epoch
    assert list(happen(world, seed + 1, count)) == future
    assert looks(world) == after
    world.rewind(snapshot)
    assert looks(world) == before


def looks(world: World) -> object:
    """Return all that users, and those who follow their logs, can see of a world."""
    render = compile_renderer(ALL)
    items = items_of(world)
    files = {
        user.email: [render(item, viewer) for item in items if viewer.sees(item)]
        for user in world.users
        for viewer in [world.viewer(user)]
    }
    roots = [render(root, world.viewer(world.users[0])) for drive in world.drives if (root := world.item(drive))]
    logs = {key: list(world.log(key).since(0)) for key in (*files, *world.drives)}
    return files, roots, logs, dict(world.drives), world.accounts.groups, world.counts(), world.change_id


@SETTINGS
@given(seed=SEEDS, until=st.integers(1, 100), past=st.integers(0, 30))
def test_grants_end_by_the_clock(seed: int, until: int, past: int) -> None:
    """Once the clock has passed the end of a grant it holds no more, told in the log or not yet."""
    world = crowded_world(seed, past)
    start = world.clock()
    clock = world.clock = WorldClock(lambda: start)
    item = world.create("lent")
    guest = next(user for user in world.users if world.viewer(user).role(item) is None)
    grant = msgspec.structs.replace(
        item.permissions[0], id=guest.permission_id, role="reader", expires_ms=start + until
    )
    world.share(item.id, grant)
    shown = world.item(item.id)
    assert shown is not None
    for passed in (until - 1, until):
        clock.set(start + passed)
        assert (world.viewer(guest).role(shown) is not None) == (passed < until)
    number = world.change_id
    world.settle()
    world.settle()
    assert world.change_id == number + 1
    assert world.own_permissions(item.id) == item.permissions


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
    assert len({permission.id for permission in item.permissions}) == (1 if item.is_folder else 3)
    after = one.item_at(position + 1)
    assert after is None or item.created_ms <= after.created_ms
    assert item.created_ms <= item.modified_ms
