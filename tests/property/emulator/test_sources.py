"""What every source promises, whatever its size, seed and shape."""

from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import given, settings

from google_drive_emulator import World
from google_drive_emulator.search.plan import Plan
from google_drive_emulator.sources.joined import synthetic_source
from google_drive_emulator.sources.tree import SHAPES
from google_drive_emulator.world.items import Counts, Item, Source

SETTINGS = settings(deadline=None, max_examples=40)
SOURCES = st.builds(
    synthetic_source,
    st.integers(0, 700),
    st.integers(0, 100_000),
    drives=st.integers(0, 9),
    drive_files=st.integers(0, 90),
    shape=st.sampled_from(SHAPES),
)
MOMENTS = st.none() | st.integers(1_300_000_000_000, 1_800_000_000_000)


def items_of(source: Source) -> list[Item]:
    return [source.item(position) for position in range(len(source))]


def places_of(items: Sequence[Item], folder_id: str) -> list[int]:
    return [position for position, item in enumerate(items) if item.parent == folder_id]


@SETTINGS
@given(source=SOURCES)
def test_items_are_found_by_their_ids(source: Source) -> None:
    """Every id leads back to its position, no two items share one, and no root folder has a position."""
    items = items_of(source)
    assert [source.position(item.id) for item in items] == list(range(len(source)))
    roots = [source.root_id(user) for user in source.users] + [each.drive.id for each in source.drives]
    assert len(set(roots)) == len(roots)
    assert {source.position(root) for root in roots} == {None}


@SETTINGS
@given(source=SOURCES)
def test_children_are_the_items_that_name_their_folder(source: Source) -> None:
    """A folder's children are exactly the items below it, in My Drives and shared drives alike, and no item is lost."""
    items = items_of(source)
    roots = [source.root_id(user) for user in source.users] + [each.drive.id for each in source.drives]
    folders = [item.id for item in items if item.is_folder]
    assert {item.parent for item in items} <= {*roots, *folders}
    for folder in roots + folders:
        assert list(source.children(folder)) == places_of(items, folder)
    assert all(list(source.children(item.id)) == [] for item in items if not item.is_folder)


@SETTINGS
@given(source=SOURCES)
def test_folders_contain_only_later_items(source: Source) -> None:
    """No folder lies below itself, for what is in it was made after it."""
    for position, item in enumerate(items_of(source)):
        above = source.position(item.parent or "")
        assert above is None or above < position


@SETTINGS
@given(source=SOURCES)
def test_times_of_creation_are_those_of_the_items(source: Source) -> None:
    """When an item was created is the same whether it is made for that or not."""
    assert [source.created_ms(position) for position in range(len(source))] == [
        item.created_ms for item in items_of(source)
    ]


@SETTINGS
@given(source=SOURCES, from_ms=MOMENTS, before_ms=MOMENTS)
def test_spans_of_time_hold_what_was_created_in_them(
    source: Source, from_ms: int | None, before_ms: int | None
) -> None:
    """The runs of positions are those of the items created from one moment on and before another."""
    found = [position for span in source.created_within(from_ms, before_ms) for position in span]
    low, high = from_ms or 0, before_ms or 10**15
    assert found == [position for position, item in enumerate(items_of(source)) if low <= item.created_ms < high]


@SETTINGS
@given(source=SOURCES)
def test_drives_folders_and_counts_agree_with_the_items(source: Source) -> None:
    """What is told of all items together is true of them one by one."""
    items = items_of(source)
    for each in source.drives:
        drive_id = each.drive.id
        assert list(source.in_drive(drive_id)) == [n for n, item in enumerate(items) if item.drive_id == drive_id]
    assert list(source.folders()) == [position for position, item in enumerate(items) if item.is_folder]
    assert source.counts() == Counts(
        len(items),
        sum(item.is_folder for item in items),
        sum(item.is_shortcut for item in items),
        sum(item.trashed for item in items),
    )
    assert all(item.modified_ms <= source.latest_modified_ms for item in items)


@SETTINGS
@given(source=SOURCES)
def test_no_folder_shares_what_is_below_it(source: Source) -> None:
    """Folders begin untrashed, with no grants but their owner's; nobody owns what lies in a shared drive."""
    for item in items_of(source):
        assert (item.owner is None) == (item.drive_id is not None)
        owner = {item.owner.permission_id} if item.owner else set()
        grantees = {grant.id for grant in item.permissions}
        assert grantees >= owner
        if item.is_folder:
            assert not item.trashed
            assert grantees == owner


@SETTINGS
@given(source=SOURCES)
def test_shortcuts_lead_to_items_of_the_same_drive(source: Source) -> None:
    """A synthetic shortcut has a target, of the type it says, that is no shortcut itself."""
    for item in items_of(source):
        if item.target is not None:
            position = source.position(item.target.id)
            assert position is not None
            target = source.item(position)
            assert target.mime_type == item.target.mime_type
            assert not target.is_shortcut
            assert target.drive_id == item.drive_id


@SETTINGS
@given(seed=st.integers(0, 1000), chances=st.lists(st.integers(0, 10**6), max_size=12), from_ms=MOMENTS)
def test_a_drive_is_searched_in_the_order_of_positions(seed: int, chances: list[int], from_ms: int | None) -> None:
    """Whatever moves into a drive and out of it, its candidates ascend and none is missing."""
    world = World(synthetic_source(60, seed, drives=2, drive_files=30))
    first, second = world.drives
    for chance in chances:
        item = world.item_at(chance % world.next_position)
        if item is not None and not item.is_folder:
            world.move(item.id, (first, second, world.root_id(world.users[0]))[chance % 3])
        world.create("new", parent=first)
    found = list(world.positions(Plan(drive_id=first, created_from_ms=from_ms)))
    assert found == sorted(set(found))
    held = [(position, item) for position in range(world.next_position) if (item := world.item_at(position))]
    assert set(found) >= {
        position for position, item in held if item.drive_id == first and item.created_ms >= (from_ms or 0)
    }
    assert list(world.positions(Plan(drive_id=first), after=20)) == [
        position for position in world.positions(Plan(drive_id=first)) if position > 20
    ]
