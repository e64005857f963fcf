"""What items inherit: grants and the trash from the folders above, unless a folder is limited (facts A6, A7)."""

import msgspec
import pytest

from google_drive_emulator import World, synthetic_world
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.inheritance import merged_grants
from google_drive_emulator.world.items import FOLDER, Detail, Item, Permission

GUEST = Permission("77", "user", "reader", email="guest@example.org")


@pytest.fixture
def world() -> World:
    """A small world."""
    return synthetic_world(files=30, seed=0)


def folder(world: World, parent: str | None = None) -> str:
    return world.create("folder", mime_type=FOLDER, parent=parent).id


def shown(world: World, item_id: str) -> Item:
    item = world.item(item_id)
    assert item is not None
    return item


def grants(world: World, item_id: str) -> dict[str, tuple[str, str | None]]:
    return {grant.id: (grant.role, grant.view) for grant in shown(world, item_id).permissions if grant.role != "owner"}


def inherited(role: str, source: str = "top", **fields: object) -> Permission:
    return msgspec.structs.replace(GUEST, role=role, details=(Detail("file", role, source),), **fields)


def test_of_two_grants_the_stronger_counts_and_both_are_named() -> None:
    """One grantee has one permission, whose details say what was granted here and what above."""
    below = msgspec.structs.replace(GUEST, role="writer")
    (merged,) = merged_grants((below,), (inherited("commenter"),))
    assert merged.role == "writer"
    assert merged.details == (Detail("file", "writer"), Detail("file", "commenter", "top"))
    (merged,) = merged_grants((GUEST,), (inherited("commenter"),))
    assert merged.role == "commenter"
    assert not merged.is_inherited


def test_a_joined_grant_ends_with_the_later_of_its_parts() -> None:
    """What is granted twice ends when the last of both does; what never ends does not."""
    lent = msgspec.structs.replace(GUEST, expires_ms=5)
    (forever,) = merged_grants((lent,), (inherited("reader"),))
    (later,) = merged_grants((lent,), (inherited("reader", expires_ms=9),))
    assert (forever.expires_ms, later.expires_ms) == (None, 9)


def test_the_owner_owns_whatever_is_inherited() -> None:
    """A grant from above leaves the owner's permission as it is."""
    owner = msgspec.structs.replace(GUEST, role="owner")
    assert merged_grants((owner,), (inherited("reader"),)) == (owner,)


def test_grants_come_from_all_folders_above(world: World) -> None:
    """Each folder on the way up adds its grants, and names itself."""
    top = folder(world)
    below = folder(world, top)
    leaf = world.create("leaf", parent=below).id
    world.share(top, GUEST)
    world.share(below, msgspec.structs.replace(GUEST, id="78", role="writer"))
    assert grants(world, leaf) == {"77": ("reader", None), "78": ("writer", None)}
    sources = {grant.id: grant.details[0].inherited_from for grant in shown(world, leaf).permissions if grant.details}
    assert sources == {"77": top, "78": below}


def test_a_limited_folder_lets_in_whom_it_names(world: World) -> None:
    """Of what was granted above it nothing holds but that its name is seen; below it not even that (facts A7)."""
    top = folder(world)
    secret = folder(world, top)
    leaf = world.create("leaf", parent=secret).id
    world.share(top, msgspec.structs.replace(GUEST, role="writer"))
    world.share(secret, msgspec.structs.replace(GUEST, id="78"))
    world.limit(secret, limited=True)
    assert grants(world, secret) == {"77": ("reader", "metadata"), "78": ("reader", None)}
    assert grants(world, leaf) == {"78": ("reader", None)}
    world.limit(secret, limited=False)
    assert grants(world, leaf) == {"77": ("writer", None), "78": ("reader", None)}


def test_who_manages_a_drive_gets_into_its_limited_folders(world: World) -> None:
    """Organizers keep their access, other members lose it."""
    drive = world.create_drive("Team")
    world.share(drive.id, msgspec.structs.replace(GUEST, role="fileOrganizer"))
    secret = folder(world, drive.id)
    leaf = world.create("leaf", parent=secret).id
    world.limit(secret, limited=True)
    me = world.users[0].permission_id
    assert grants(world, secret) == {me: ("organizer", None), "77": ("reader", "metadata")}
    assert grants(world, leaf) == {me: ("organizer", None)}


def test_the_trash_is_inherited_even_by_a_limited_folder(world: World) -> None:
    """What lies below a trashed folder is trashed, limited or not, but not by itself."""
    top = folder(world)
    secret = folder(world, top)
    leaf = world.create("leaf", parent=secret).id
    world.limit(secret, limited=True)
    world.trash(top)
    assert (shown(world, leaf).trashed, shown(world, leaf).explicitly_trashed) == (True, False)
    world.restore(top)
    assert not shown(world, leaf).trashed


def test_a_move_changes_what_is_inherited(world: World) -> None:
    """What a folder hands down ends where the item leaves it, for all that goes with the item."""
    top = folder(world)
    moved = folder(world, top)
    leaf = world.create("leaf", parent=moved).id
    world.share(top, GUEST)
    world.trash(top)
    world.move(moved, world.root_id(world.users[0]))
    assert grants(world, leaf) == {}
    assert not shown(world, leaf).trashed


def test_a_folders_owner_keeps_access_to_what_others_hold_in_it(world: World) -> None:
    """Who was given a folder writes what is still another's below it, even if that other may not see the folder."""
    top = folder(world)
    leaf = world.create("leaf", parent=top).id
    me, heir = world.users[:2]
    world.transfer(top, heir, to_root=True)
    world.unshare(top, me.permission_id)
    assert world.viewer(heir).role(shown(world, leaf)) == "writer"
    assert world.viewer(me).role(shown(world, top)) is None


def test_removed_accounts_are_marked_wherever_they_were_granted(world: World) -> None:
    """A grant to a removed account is marked on the item, below it and on a drive, and unmarked when it returns."""
    top, gone = folder(world), world.users[5]
    leaf, drive = world.create("leaf", parent=top).id, world.create_drive("Team")
    for item_id in (top, drive.id):
        world.share(item_id, user_grant(gone, "reader"))
    world.remove_user(gone.email)
    marks = [
        [grant.is_deleted for grant in shown(world, item_id).permissions if grant.id == gone.permission_id]
        for item_id in (top, leaf, drive.id)
    ]
    assert marks == [[True], [True], [True]]
    assert not any(grant.is_deleted for grant in world.own_permissions(top))
    world.add_user(gone)
    assert world.viewer(gone).role(shown(world, leaf)) == "reader"


def test_nothing_is_worked_out_for_what_inherits_nothing(world: World) -> None:
    """An item in a private folder is the stored one itself."""
    leaf = world.create("leaf", parent=folder(world)).id
    assert world.item(leaf) is world.stored(leaf)
