"""What a world allows, and what it refuses."""

import msgspec
import pytest

from google_drive_emulator import MutationError, World, synthetic_world
from google_drive_emulator.search.plan import Plan
from google_drive_emulator.sources.content import BytesContent
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import FOLDER, SHORTCUT, DriveRestrictions, Item, Permission

GUEST = Permission("77", "user", "reader", email="guest@example.org")


@pytest.fixture
def world() -> World:
    """A small world."""
    return synthetic_world(files=30, seed=0)


def folder(world: World, parent: Item | None = None) -> Item:
    return world.create("folder", mime_type=FOLDER, parent=parent.id if parent else None)


def test_a_folder_cannot_go_below_itself(world: World) -> None:
    """A move that would make a circle is refused."""
    top = folder(world)
    inner = folder(world, top)
    for target in (top, inner):
        with pytest.raises(MutationError, match="into itself or below itself"):
            world.move(top.id, target.id)


def test_items_go_into_folders_only(world: World) -> None:
    """A file cannot hold items."""
    file = world.create("file")
    with pytest.raises(MutationError, match="is not a folder"):
        world.create("inside", parent=file.id)


def test_a_root_folder_cannot_be_changed(world: World) -> None:
    """My Drive cannot be renamed, trashed or deleted."""
    root_id = world.roots[world.users[0].email].id
    with pytest.raises(MutationError, match="a root folder cannot be changed"):
        world.trash(root_id)


def test_the_owner_keeps_the_item(world: World) -> None:
    """The owner's grant can neither be changed nor taken away."""
    file = world.create("file")
    with pytest.raises(MutationError, match="owner"):
        world.unshare(file.id, world.users[0].permission_id)


def test_an_inherited_grant_is_taken_away_at_its_folder(world: World) -> None:
    """A grant on a folder holds below it until it is taken from the folder."""
    top = folder(world)
    file = world.create("file", parent=top.id)
    world.share(top.id, GUEST)
    with pytest.raises(MutationError, match="of its own"):
        world.unshare(file.id, GUEST.id)
    shared = world.item(file.id)
    world.unshare(top.id, GUEST.id)
    private = world.item(file.id)
    assert shared is not None
    assert private is not None
    assert [grant.id for grant in shared.permissions] == [file.permissions[0].id, GUEST.id]
    assert private.permissions == file.permissions


def test_deleting_a_folder_takes_all_below_it(world: World) -> None:
    """What is below a deleted folder is gone, with an entry for the folder alone (facts A5)."""
    top = folder(world)
    file = world.create("file", parent=folder(world, top).id)
    start = world.change_id + 1
    world.delete(top.id)
    assert world.item(file.id) is None
    assert [entry.item_id for entry in world.changes_since(world.users[0], start)] == [top.id]


def test_a_shortcut_needs_a_target(world: World) -> None:
    """A shortcut points to an item that exists when it is made."""
    with pytest.raises(MutationError, match="needs the id of its target"):
        world.create("shortcut", mime_type=SHORTCUT)
    file = world.create("file", mime_type="text/plain")
    shortcut = world.create("shortcut", mime_type=SHORTCUT, target=file.id)
    assert shortcut.target is not None
    assert (shortcut.target.id, shortcut.target.mime_type) == (file.id, "text/plain")


def test_an_edit_makes_another_revision(world: World) -> None:
    """New content has a new head revision, size and version; a folder has none to edit."""
    file = world.create("file", data=b"one")
    edited = world.edit(file.id, b"three")
    assert edited.head_revision != file.head_revision
    assert (edited.size, edited.version) == (5, file.version + 1)
    with pytest.raises(MutationError, match="no content"):
        world.edit(folder(world).id, b"")


def test_a_reset_world_is_as_at_the_start(world: World) -> None:
    """A reset forgets mutations and changes, and never brings an old epoch back."""
    counts, change_id, epoch = world.counts(), world.change_id, world.epoch
    world.trash(folder(world).id)
    world.reset()
    assert (world.counts(), world.change_id) == (counts, change_id)
    assert world.epoch > epoch


def test_a_snapshot_holds_all_that_was(world: World) -> None:
    """Ends of grants, mails and requests for drives come back with a rewind, however often they were used up since."""
    me, item = world.users[0], world.create("lent")
    lent = msgspec.structs.replace(GUEST, expires_ms=world.clock() + 1000)
    world.share(item.id, lent)
    world.create_drive_once("Team", "one", by=me)
    snapshot = world.snapshot()
    world.clock.advance(2000)
    for request in ("two", "three"):
        world.settle()
        world.write_to("guest@example.org", item, "reader", by=me)
        assert world.create_drive_once("Team", request, by=me) is not None
        assert world.own_permissions(item.id) == item.permissions
        assert (len(world.mails), len(world.drives)) == (1, 2)
        assert world.create_drive_once("Team", "one", by=me) is None
        world.rewind(snapshot)
        assert (len(world.mails), len(world.drives)) == (0, 1)
    world.settle()
    assert world.create_drive_once("Team", "four", by=me) is not None
    assert world.create_drive_once("Team", "two", by=me) is not None


def test_a_deleted_drive_takes_what_lies_in_it_now() -> None:
    """What the drive was born with and has left it stays, and what came into it goes."""
    world = synthetic_world(files=20, seed=0, drives=1, drive_files=30)
    (drive_id,) = world.drives
    born = [item for position in world.positions(Plan(drive_id=drive_id)) if (item := world.item_at(position))]
    left, came = next(item for item in born if not item.is_folder), world.create("came")
    world.move(left.id, world.root_id(world.users[0]))
    world.move(came.id, drive_id)
    world.delete_drive(drive_id)
    assert world.item(left.id) is not None
    assert [world.item(item.id) for item in (*born, came) if item.id != left.id] == [None] * len(born)


def test_a_drive_that_a_world_begins_with_has_a_domain() -> None:
    """It is its maker's, so that the drive can be kept to it."""
    world = synthetic_world(files=20, seed=0, drives=1, drive_files=3)
    assert [drive.domain for drive in world.drives.values()] == [world.users[0].domain]


def test_who_a_drive_shuts_out_is_told_nothing(world: World) -> None:
    """A user's log tells of an item of a drive only while the drive lets the user see it."""
    guest, drive = world.users[3], world.create_drive("Team")
    item = world.create("inside", parent=drive.id)
    world.share(item.id, user_grant(guest, "reader"))
    for restrictions, told in (
        (DriveRestrictions(drive_members_only=True), False),
        (DriveRestrictions(domain_users_only=True), True),
    ):
        world.update_drive(msgspec.structs.replace(drive, restrictions=restrictions))
        start = world.change_id + 1
        world.rename(item.id, "again")
        assert bool(list(world.changes_since(guest, start))) == told
    world.update_drive(msgspec.structs.replace(world.drives[drive.id], domain="elsewhere.org"))
    start = world.change_id + 1
    world.rename(item.id, "once more")
    assert list(world.changes_since(guest, start)) == []
    assert not world.viewer(guest).sees(world.item(item.id) or item)


def test_new_content_leaves_other_new_fields_alone(world: World) -> None:
    """Fields that are set together with content are as they are set."""
    file = world.create("file", data=b"one")
    traits = msgspec.structs.replace(file.traits, keep_head_revision=True)
    changed = world.update(file.id, content=BytesContent(b"three"), traits=traits, size=5)
    assert (changed.traits.keep_head_revision, changed.size) == (True, 5)
    assert not world.update(file.id, content=BytesContent(b"two")).traits.keep_head_revision
