"""What a world allows, and what it refuses."""

import pytest

from google_drive_emulator import MutationError, World, synthetic_world
from google_drive_emulator.world.items import FOLDER, SHORTCUT, Item, Permission

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
