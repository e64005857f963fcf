"""What a synthetic world holds: enough of everything, whatever its size, and quickly."""

from collections import Counter
from dataclasses import dataclass

import pytest

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.sources.joined import JoinedSource, synthetic_source
from google_drive_emulator.sources.synthetic import MAX_FILES, SyntheticSource
from google_drive_emulator.sources.synthetic_drives import SyntheticDrives
from google_drive_emulator.world.items import Item

FILES = 3000


@dataclass(frozen=True)
class Drive:
    """A world and all its items."""

    world: World
    items: list[Item]


@pytest.fixture(scope="module")
def drive() -> Drive:
    world = synthetic_world(files=FILES, seed=4, drives=14, drive_files=120)
    return Drive(world, [item for position in world.positions() if (item := world.item_at(position)) is not None])


def roles_in_drives(world: World) -> list[str | None]:
    """Return what the first user is in each shared drive."""
    viewer = world.viewer(world.users[0])
    return [viewer.role(root) for drive_id in world.drives if (root := world.item(drive_id)) is not None]


def test_my_drive_keeps_its_proportions(drive: Drive) -> None:
    """One in 12 is a folder, in 60 a shortcut, in 10 a document, in 50 trashed, in 40 someone else's."""
    own = [item for item in drive.items if item.drive_id is None]
    first = drive.world.users[0]
    shares = {
        12: sum(item.is_folder for item in own),
        60: sum(item.is_shortcut for item in own),
        10: sum(item.is_document for item in own),
        50: sum(item.explicitly_trashed for item in own),
        40: sum(item.owner is not first for item in own),
    }
    assert len(own) == FILES
    assert all(abs(count - FILES / every) <= 1 for every, count in shares.items()), shares


def test_all_of_my_drive_is_the_first_users_to_list(drive: Drive) -> None:
    """What is not theirs is shared with them by their own address."""
    viewer = drive.world.viewer(drive.world.users[0])
    assert all(viewer.lists(item) for item in drive.items if item.drive_id is None)


def test_others_see_some_of_it(drive: Drive) -> None:
    """Groups and the domain open part of it to every other user, and never a folder."""
    for user in drive.world.users[1:6]:
        viewer = drive.world.viewer(user)
        seen = [item for item in drive.items if item.drive_id is None and viewer.sees(item)]
        assert FILES / 10 < len(seen) < FILES / 2
        assert not any(item.is_folder for item in seen)


def test_the_first_user_has_different_parts_in_shared_drives(drive: Drive) -> None:
    """Of some they are an organizer, of others a reader or more, by a group too, and of a few no member."""
    found = Counter(roles_in_drives(drive.world))
    assert found["organizer"] >= 4
    assert found[None] == 2
    assert len(found) >= 4


def test_files_of_shared_drives_are_shared_one_by_one(drive: Drive) -> None:
    """Some have a grant of their own, so that who is no member of a drive sees single files of it."""
    alone = [item for item in drive.items if item.drive_id and any(not grant.details for grant in item.permissions)]
    viewer = drive.world.viewer(drive.world.users[0])
    foreign = [item for item in alone if viewer.lists(item) and not viewer.is_member(item.drive_id or "")]
    assert 0.02 < len(alone) / (14 * 120) < 0.08
    assert foreign


def test_trashed_items_of_shared_drives_tell_who_trashed_them(drive: Drive) -> None:
    """The trash of a shared drive names the time and the user (facts A6)."""
    trashed = [item for item in drive.items if item.drive_id and item.explicitly_trashed]
    assert trashed
    assert all(item.traits.trashed_ms and item.traits.trasher in drive.world.users for item in trashed)


def test_names_repeat_and_are_in_many_scripts(drive: Drive) -> None:
    """Names are not unique within a folder, and not all in one alphabet."""
    twins = Counter((item.parent, item.name.partition(".")[0]) for item in drive.items)
    assert any(count > 1 for count in twins.values())
    scripts = {"Cyrillic": "Отчёт", "Han": "报告", "Arabic": "تقرير", "Devanagari": "रिपोर्ट", "emoji": "🚀"}
    for word in scripts.values():
        assert any(word in item.name for item in drive.items)


def test_bursts_are_created_within_one_second(drive: Drive) -> None:
    """Some stretches of items share a second, as after a migration (facts A4)."""
    seconds = Counter(item.created_ms // 1000 for item in drive.items if item.drive_id is None)
    assert max(seconds.values()) >= 60


@pytest.mark.parametrize(("shape", "deepest", "widest"), [("usual", 8, 400), ("deep", 91, 400), ("wide", 3, 1900)])
def test_trees_have_the_shape_asked_for(shape: str, deepest: int, widest: int) -> None:
    """A deep tree has chains of folders within Drive's limit of 100 levels, a wide one a folder with nearly all."""
    world = World(SyntheticSource(2000, 3, shape))  # type: ignore[arg-type]  # parametrize knows only text
    items = [item for position in world.positions() if (item := world.item_at(position)) is not None]
    children = Counter(item.parent for item in items)
    depth = max(world.depth(item.id) for item in items)
    assert depth < 100
    assert {"usual": depth <= deepest, "deep": depth > 80, "wide": depth <= deepest}[shape]
    assert (max(children.values()) >= widest) == (shape == "wide")


def test_a_large_world_is_ready_at_once() -> None:
    """A million files, or ten thousand shared drives, are not made until they are asked for."""
    world = synthetic_world(files=1_000_000, seed=1, drives=10_000, drive_files=5)
    assert world.counts().items == 1_050_000
    assert len(world.drives) == 10_000
    last = world.item_at(1_049_999)
    assert last is not None
    assert world.position(last.id) == 1_049_999
    assert len(world.children(last.drive_id or "")) > 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: SyntheticSource(-1, 0),
        lambda: SyntheticSource(MAX_FILES + 1, 0),
        lambda: SyntheticDrives(-1, 1, 0, [], []),
        lambda: SyntheticDrives(1, 500_001, 0, [], []),
        lambda: JoinedSource([SyntheticSource(1, 0), SyntheticSource(1, 1)]),
    ],
)
def test_worlds_that_cannot_be_are_refused(make: object) -> None:
    """Sizes beyond Drive's own limits and accounts that come twice are errors that say so."""
    assert callable(make)
    with pytest.raises(ValueError, match=r"must be from 0 to|the same account"):
        make()


def test_without_drives_a_source_is_my_drive_alone() -> None:
    """No shared drives cost nothing."""
    assert isinstance(synthetic_source(10, 1), SyntheticSource)
    assert synthetic_world(files=10).drives == {}
