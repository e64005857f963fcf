"""What users may see and do, and who they are to a grant (facts A4, A6, A7)."""

import msgspec
import pytest

from google_drive_emulator import MutationError, World, synthetic_world
from google_drive_emulator.world.accounts import Accounts, group_grant, user_grant
from google_drive_emulator.world.capabilities import capabilities, drive_capabilities, may, standing
from google_drive_emulator.world.items import (
    ANYONE,
    ANYONE_WITH_LINK,
    FOLDER,
    DownloadRestriction,
    DriveRestrictions,
    Group,
    Item,
    Permission,
    User,
)

ANN, BOB = User("ann@one.org", "Ann", "1"), User("bob@two.org", "Bob", "2")
LINK = Permission(ANYONE_WITH_LINK, "anyone", "reader")


@pytest.fixture
def world() -> World:
    """A small world."""
    return synthetic_world(files=30, seed=0)


def shown(world: World, item_id: str) -> Item:
    item = world.item(item_id)
    assert item is not None
    return item


def test_groups_reach_who_is_in_them_however_deep() -> None:
    """A grant to a group reaches the members of groups in it, and a circle of groups ends."""
    inner = Group("inner@one.org", "Inner", "10", members=(ANN.email, "outer@one.org"))
    outer = Group("outer@one.org", "Outer", "11", members=("inner@one.org", "nobody@one.org"))
    accounts = Accounts((ANN, BOB), (inner, outer))
    assert accounts.reached_by("10") == [ANN]
    assert accounts.reached_by("11") == [ANN]
    assert accounts.principals(BOB) == {"2", accounts.domain_id("two.org"), ANYONE, ANYONE_WITH_LINK}


def test_who_is_reached_changes_with_the_groups() -> None:
    """Joining and leaving hold at once, and move the epoch."""
    accounts = Accounts((ANN, BOB))
    group = Group("crew@one.org", "Crew", "10")
    epochs = [accounts.epoch]
    for members in ((BOB.email,), (ANN.email,)):
        accounts.put_group(msgspec.structs.replace(group, members=members))
        epochs.append(accounts.epoch)
    assert accounts.reached_by("10") == [ANN]
    accounts.remove_group(group.email)
    assert accounts.reached_by("10") == ()
    assert accounts.gone == {"10"}
    assert [*epochs, accounts.epoch] == sorted({*epochs, accounts.epoch})


def test_the_first_user_administers_until_told_otherwise() -> None:
    """Copies keep the administrators; who is removed is one no longer."""
    accounts = Accounts((ANN, BOB))
    assert accounts.is_admin(ANN)
    accounts.admins = frozenset({BOB.email})
    assert accounts.copy().is_admin(BOB)
    accounts.remove_user(BOB.email)
    assert accounts.admins == frozenset()


def test_a_link_must_be_opened_before_it_is_listed(world: World) -> None:
    """What everybody may see is found by its id, and listed once opened, unless the quirk is off (facts A4)."""
    guest, item = world.users[3], world.create("linked")
    viewer = world.viewer(guest)
    world.open_link(item.id, guest)
    assert not viewer.marks.opened
    world.share(item.id, LINK)
    item = shown(world, item.id)
    assert (viewer.sees(item), viewer.lists(item), viewer.needs_opening(item)) == (True, False, True)
    world.quirks = msgspec.structs.replace(world.quirks, hide_link_children=False)
    assert viewer.lists(item)
    world.quirks = msgspec.structs.replace(world.quirks, hide_link_children=True)
    world.open_link(item.id, guest)
    assert (viewer.lists(item), viewer.shared_ms(item) is None) == (True, False)


def test_links_without_the_quirk_reach_all_logs(world: World) -> None:
    """Where links are listed unopened, every user's log tells of them, and a domain's of the domain's."""
    world.quirks = msgspec.structs.replace(world.quirks, hide_link_children=False)
    world.add_user(BOB)
    item, start = world.create("linked"), world.change_id + 1
    domain = Permission(world.accounts.domain_id("example.com"), "domain", "reader", domain="example.com")
    told = []
    for grant in (domain, LINK):
        world.share(item.id, grant)
        told.append({user.email for user in world.users if list(world.changes_since(user, start))})
    assert told[0] == {user.email for user in world.users} - {BOB.email}
    assert told[1] == {user.email for user in world.users}


def test_a_domains_findable_items_are_the_domains(world: World) -> None:
    """Only what may be found in the domain, and by its own people."""
    world.add_user(BOB)
    item = world.create("for all")
    domain = Permission(
        world.accounts.domain_id("example.com"), "domain", "reader", domain="example.com", allow_file_discovery=True
    )
    world.share(item.id, domain)
    item = shown(world, item.id)
    assert world.viewer(world.users[3]).finds_in_domain(item)
    assert not world.viewer(BOB).finds_in_domain(item)


@pytest.mark.parametrize(
    ("restrictions", "copies"),
    [
        (DriveRestrictions(), "reader"),
        (DriveRestrictions(copy_requires_writer_permission=True), "writer"),
        (DriveRestrictions(download_restriction=DownloadRestriction(restricted_for_readers=True)), "writer"),
        (DriveRestrictions(download_restriction=DownloadRestriction(restricted_for_writers=True)), "organizer"),
    ],
)
def test_a_drive_says_who_downloads(world: World, restrictions: DriveRestrictions, copies: str) -> None:
    """Each restriction leaves downloads to the same roles on the drive and on its files."""
    drive = world.create_drive("Team")
    world.update_drive(msgspec.structs.replace(drive, restrictions=restrictions))
    file, roles = world.create("file", parent=drive.id), ("reader", "commenter", "writer", "fileOrganizer", "organizer")
    allowed = roles[roles.index(copies) :]
    for number, role in enumerate(roles, 1):
        world.share(drive.id, user_grant(world.users[number], role))
        viewer = world.viewer(world.users[number])
        assert may(shown(world, file.id), viewer, "canDownload") == (role in allowed)
        assert drive_capabilities(role, restrictions)["canDownload"] == (role in allowed)


def test_an_organizer_is_not_an_administrator() -> None:
    """What administrators manage is not for organizers, and all else is."""
    managed = DriveRestrictions(admin_managed_restrictions=True)
    mine, theirs = drive_capabilities("organizer", managed), drive_capabilities(None, managed, is_admin=True)
    differing = {name for name in mine if mine[name] != theirs[name]}
    assert all(theirs.values())
    assert all("Restriction" in name for name in differing)
    assert not any(drive_capabilities(None, managed).values())


def test_who_may_limit_a_folder(world: World) -> None:
    """In My Drive its owner, and writers who may share; in a shared drive its organizers alone (facts A6)."""
    writer = world.users[3]
    folder = world.create("folder", mime_type=FOLDER)
    world.share(folder.id, user_grant(writer, "writer"))
    drive = world.create_drive("Team")
    world.share(drive.id, user_grant(writer, "fileOrganizer"))
    inside = world.create("folder", mime_type=FOLDER, parent=drive.id)
    for item_id, expected in ((folder.id, True), (inside.id, False)):
        assert may(shown(world, item_id), world.viewer(writer), "canDisableInheritedPermissions") == expected
        assert may(shown(world, item_id), world.viewer(world.users[0]), "canDisableInheritedPermissions")


def test_capabilities_are_worked_out_once(world: World) -> None:
    """Two items alike share what is allowed on them."""
    viewer = world.viewer(world.users[0])
    one, other = (standing(world.create(name), viewer) for name in ("one", "other"))
    assert capabilities(one) is capabilities(other)


def test_an_item_that_leaves_a_drive_loses_the_roles_of_drives(world: World) -> None:
    """A content manager of a folder becomes a writer of it in My Drive."""
    drive = world.create_drive("Team")
    folder = world.create("folder", mime_type=FOLDER, parent=drive.id)
    world.share(folder.id, user_grant(world.users[3], "fileOrganizer"))
    world.move(folder.id, world.root_id(world.users[0]))
    assert [grant.role for grant in world.own_permissions(folder.id)] == ["owner", "writer"]


def test_members_have_their_strongest_role(world: World) -> None:
    """Who is a member by a group and by name is told of changes of the stronger role only."""
    user, group = world.users[3], Group("crew@example.com", "Crew", "777", members=(world.users[3].email,))
    world.put_group(group)
    drive = world.create_drive("Team")
    world.share(drive.id, user_grant(user, "writer"))
    start = world.change_id + 1
    world.share(drive.id, group_grant(group, "reader"))
    world.remove_group(group.email)
    assert list(world.changes_since(user, start)) == []
    world.unshare(drive.id, user.permission_id)
    assert [entry.item_id for entry in world.changes_since(user, start)] == [drive.id]


def test_what_others_own_outlives_the_folder(world: World) -> None:
    """Deleting a folder takes its owner's items; what others own goes to their drives, and their logs tell."""
    guest = world.users[3]
    top = world.create("top", mime_type=FOLDER)
    theirs = world.create("theirs", mime_type=FOLDER, parent=top.id, owner=guest)
    kept = world.create("kept", parent=theirs.id, owner=guest)
    mine = world.create("mine", parent=theirs.id)
    start = world.change_id + 1
    world.delete(top.id)
    assert [world.item(item.id) is None for item in (top, theirs, kept, mine)] == [True, False, False, True]
    assert (shown(world, theirs.id).parent, shown(world, kept.id).parent) == (world.root_id(guest), theirs.id)
    assert [entry.item_id for entry in world.changes_since(guest, start)] == [theirs.id]


def test_accounts_have_addresses_of_their_own(world: World) -> None:
    """No address is a user's and a group's, the first user stays, and a returning user finds their drive again."""
    user, root_id = world.users[3], world.root_id(world.users[3])
    with pytest.raises(MutationError, match="already a user"):
        world.put_group(Group(user.email, "Crew", "777"))
    with pytest.raises(MutationError, match="already an account"):
        world.add_user(User(world.accounts.groups[0].email, "Crew", "778"))
    with pytest.raises(MutationError, match="first user stays"):
        world.remove_user(world.users[0].email)
    world.remove_user(user.email)
    world.add_user(user)
    assert world.root_id(user) == root_id
