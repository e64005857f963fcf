"""The change logs of several users and of shared drives, over a real socket (facts A5)."""

import msgspec

from google_drive_emulator.world.accounts import group_grant, user_grant
from google_drive_emulator.world.items import (
    ANYONE_WITH_LINK,
    FOLDER,
    DriveRestrictions,
    Group,
    Permission,
)

from .conftest import Client
from .people import ALL_DRIVES, SUPPORTS, as_user, follow, made_drive

LINK = Permission(ANYONE_WITH_LINK, "anyone", "reader", allow_file_discovery=False)
MINUTE_MS = 60_000


async def test_joining_a_drive_is_one_change_and_none_for_its_items(client: Client) -> None:
    """Who joins is told of the drive alone, and shown it (facts A5)."""
    drive_id = made_drive(client)
    client.world.create("inside", parent=drive_id)
    guest = client.world.users[3]
    log = await follow(as_user(client, guest))
    client.world.share(drive_id, user_grant(guest, "reader"))
    fields = "changeType,driveId,removed,drive(id,name,capabilities(canEdit)),teamDrive(kind,name)"
    assert await log.changes(fields) == [
        {
            "changeType": "drive",
            "driveId": drive_id,
            "removed": False,
            "drive": {"id": drive_id, "name": "Team", "capabilities": {"canEdit": False}},
            "teamDrive": {"kind": "drive#teamDrive", "name": "Team"},
        }
    ]


async def test_leaving_a_drive_looks_like_its_removal(client: Client) -> None:
    """Who leaves is told of the drive, which is not shown; those who stay are told nothing."""
    drive_id = made_drive(client, user3="reader")
    guest = client.world.users[3]
    theirs, mine = await follow(as_user(client, guest)), await follow(client)
    client.world.unshare(drive_id, guest.permission_id)
    assert await theirs.changes("removed,driveId,drive(id)") == [{"removed": True, "driveId": drive_id}]
    assert await mine.told() == []
    assert (await as_user(client, guest).get("changes/startPageToken", driveId=drive_id, **SUPPORTS)).status == 404


async def test_another_role_in_a_drive_is_told_to_who_has_it(client: Client) -> None:
    """A member's new role is a change of the drive in that member's log and in the drive's."""
    drive_id = made_drive(client, user3="reader")
    guest = client.world.users[3]
    theirs, mine = await follow(as_user(client, guest)), await follow(client)
    drives = await follow(client, drive_id)
    client.world.share(drive_id, user_grant(guest, "writer"))
    assert await theirs.told() == [(drive_id, False)]
    assert await mine.told() == []
    assert await drives.told() == [(drive_id, False)]


async def test_a_new_name_of_a_drive_is_told_to_all_members(client: Client) -> None:
    """Renaming a drive is a change of the drive for each of its members."""
    drive_id = made_drive(client, user3="reader")
    logs = [await follow(as_user(client, user)) for user in (client.world.users[0], client.world.users[3])]
    client.world.update_drive(msgspec.structs.replace(client.world.drives[drive_id], name="Crew"))
    for log in logs:
        assert await log.changes("drive(name)") == [{"drive": {"name": "Crew"}}]


async def test_a_deleted_drive_is_removed_for_its_members(client: Client) -> None:
    """Members are told of the drive alone, not of the items that went with it."""
    drive_id = made_drive(client, user3="reader")
    client.world.create("inside", parent=drive_id)
    log = await follow(as_user(client, client.world.users[3]))
    client.world.delete_drive(drive_id)
    assert await log.told() == [(drive_id, True)]


async def test_membership_comes_and_goes_by_a_group(client: Client) -> None:
    """Who joins a group that is a member of a drive is told of the drive; so is who leaves the group."""
    world, guest = client.world, client.world.users[3]
    group = Group("crew@example.com", "Crew", "777")
    world.put_group(group)
    drive_id = made_drive(client)
    world.share(drive_id, group_grant(group, "writer"))
    log = await follow(as_user(client, guest))
    world.put_group(msgspec.structs.replace(group, members=(guest.email,)))
    assert await log.told() == [(drive_id, False)]
    world.put_group(msgspec.structs.replace(group, members=()))
    assert await log.told() == [(drive_id, True)]


async def test_members_own_logs_do_not_tell_of_items(client: Client) -> None:
    """What happens in a drive is told in its own log only, even of what a member was given by name."""
    drive_id = made_drive(client, user3="reader")
    guest = client.world.users[3]
    theirs = await follow(as_user(client, guest))
    of_drive = await follow(as_user(client, guest), drive_id)
    item = client.world.create("inside", parent=drive_id)
    client.world.share(item.id, user_grant(guest, "writer"))
    assert await theirs.told() == []
    assert await of_drive.told() == [(item.id, False)]


async def test_members_own_logs_may_tell_of_items(client: Client) -> None:
    """With the quirk on, an item of a shared drive is in its members' logs as well as in the drive's."""
    drive_id = made_drive(client, user3="reader")
    client.world.quirks = msgspec.structs.replace(client.world.quirks, item_changes_in_user_log=True)
    log = await follow(as_user(client, client.world.users[3]))
    item = client.world.create("inside", parent=drive_id)
    assert await log.told() == [(item.id, False)]


async def test_who_is_no_member_is_told_of_what_was_shared_with_them(client: Client) -> None:
    """An item of a drive that was shared by itself is in the user's own log, for clients that want such items."""
    drive_id, guest = made_drive(client), client.world.users[3]
    item = client.world.create("inside", parent=drive_id)
    log, blind = await follow(as_user(client, guest)), await follow(as_user(client, guest))
    client.world.share(item.id, user_grant(guest, "reader"))
    assert await log.told() == [(item.id, False)]
    assert await blind.told(includeItemsFromAllDrives="false") == []
    client.world.rename(item.id, "again")
    assert await log.changes("file(name)") == [{"file": {"name": "again"}}]
    client.world.unshare(item.id, guest.permission_id)
    assert await log.told() == [(item.id, True)]


async def test_an_item_that_goes_into_a_drive_leaves_the_users_logs(client: Client) -> None:
    """The user's log ends with a removal, with the file if asked for; the drive's goes on (facts A5)."""
    drive_id = made_drive(client)
    item = client.world.create("on its way")
    mine, again = await follow(client), await follow(client)
    of_drive = await follow(client, drive_id)
    client.world.move(item.id, drive_id)
    assert await mine.changes() == [{"removed": True, "fileId": item.id, "changeType": "file"}]
    assert await again.changes("removed,file(name,driveId)", includeCorpusRemovals="true") == [
        {"removed": True, "file": {"name": "on its way", "driveId": drive_id}}
    ]
    assert await of_drive.told() == [(item.id, False)]
    client.world.rename(item.id, "there")
    assert await mine.told() == []
    assert await of_drive.told() == [(item.id, False)]


async def test_an_item_that_comes_out_of_a_drive_leaves_the_drives_log(client: Client) -> None:
    """The way back: a removal in the drive's log, an ordinary change in the log of who owns it from then on."""
    drive_id = made_drive(client, user3="organizer")
    item = client.world.create("on its way", parent=drive_id)
    owner = client.world.users[3]
    theirs, of_drive = await follow(as_user(client, owner)), await follow(client, drive_id)
    client.world.move(item.id, client.world.root_id(owner), by=owner)
    assert await theirs.told() == [(item.id, False)]
    assert await of_drive.told() == [(item.id, True)]
    shown = (await as_user(client, owner).get(f"files/{item.id}", fields="ownedByMe,driveId")).json
    assert shown == {"ownedByMe": True}


async def test_a_removal_from_the_corpus_is_hidden_with_the_others(client: Client) -> None:
    """``includeRemoved=false`` hides removals from the corpus too."""
    drive_id = made_drive(client)
    item = client.world.create("on its way")
    log = await follow(client)
    client.world.move(item.id, drive_id)
    assert await log.told(includeRemoved="false", includeCorpusRemovals="true") == []


async def test_what_is_reached_by_a_link_is_told_once_it_was_opened(client: Client) -> None:
    """A link's item is in nobody's log but the owner's until someone opens it; from then on it is."""
    guest = as_user(client, client.world.users[3])
    item = client.world.create("linked")
    client.world.share(item.id, LINK)
    log = await follow(guest)
    client.world.rename(item.id, "linked, unseen")
    assert await log.told() == []
    assert (await guest.get(f"files/{item.id}")).status == 200
    client.world.rename(item.id, "linked and seen")
    assert await log.told() == [(item.id, False)]
    client.world.unshare(item.id, ANYONE_WITH_LINK)
    assert await log.told() == [(item.id, True)]


async def test_a_grant_that_ends_makes_a_change(client: Client) -> None:
    """When the clock passes the end of a grant it is gone, and who had it is told of a removal (facts A7)."""
    world, guest = client.world, client.world.users[3]
    item = world.create("lent")
    until = world.clock() + MINUTE_MS
    world.share(item.id, msgspec.structs.replace(user_grant(guest, "reader"), expires_ms=until))
    theirs, mine = await follow(as_user(client, guest)), await follow(client)
    assert (await as_user(client, guest).get(f"files/{item.id}")).status == 200
    world.clock.advance(MINUTE_MS + 1)
    assert await theirs.told() == [(item.id, True)]
    assert await mine.told() == [(item.id, False)]
    assert (await as_user(client, guest).get(f"files/{item.id}")).status == 404
    shown = (await client.get(f"files/{item.id}", fields="permissions(id)")).json["permissions"]
    assert [permission["id"] for permission in shown] == [world.users[0].permission_id]


async def test_a_membership_that_ends_is_left(client: Client) -> None:
    """A member whose grant ends is told of the drive, like one who was removed."""
    world, guest = client.world, client.world.users[3]
    drive_id = made_drive(client)
    until = world.clock() + MINUTE_MS
    world.share(drive_id, msgspec.structs.replace(user_grant(guest, "reader"), expires_ms=until))
    log = await follow(as_user(client, guest))
    world.clock.advance(MINUTE_MS + 1)
    assert await log.told() == [(drive_id, True)]


async def test_what_lies_outside_my_drive_can_be_left_out(client: Client) -> None:
    """``restrictToMyDrive`` leaves out what others shared, shared drives, and nothing below the caller's own root."""
    world, guest = client.world, client.world.users[3]
    drive_id = made_drive(client)
    item = world.create("of a drive", parent=drive_id)
    world.share(item.id, user_grant(guest, "reader"))
    shared, own = world.create("shared"), world.create("own folder", mime_type=FOLDER, owner=guest)
    log = await follow(as_user(client, guest))
    world.share(shared.id, user_grant(guest, "reader"))
    world.rename(item.id, "of a drive again")
    world.share(drive_id, user_grant(guest, "reader"))
    others = world.create("by the first user", parent=own.id)
    assert await log.told(restrictToMyDrive="true") == [(others.id, False)]


async def test_a_drive_is_there_for_clients_that_know_of_drives(client: Client) -> None:
    """The log of a drive is not found without supportsAllDrives, by strangers, or where there is none."""
    drive_id = made_drive(client)
    unsupported = await client.get("changes/startPageToken", driveId=drive_id)
    stranger = await as_user(client, client.world.users[3]).get("changes/startPageToken", driveId=drive_id, **SUPPORTS)
    unknown = await client.get("changes/startPageToken", driveId="0Anowhere", **SUPPORTS)
    missing = await client.get("changes", pageToken="1", driveId=drive_id)
    for answer in (unsupported, stranger, unknown, missing):
        assert (answer.status, answer.reason) == (404, "notFound@driveId")
    half = await client.get("changes", pageToken="1", includeItemsFromAllDrives="true")
    assert (half.status, half.reason.partition("@")[0]) == (403, "supportsTeamDrivesRequired")


async def test_a_drives_log_is_read_by_its_former_names_too(client: Client) -> None:
    """TeamDriveId, supportsTeamDrives and includeTeamDriveItems mean what their new names do."""
    drive_id = made_drive(client)
    start = await client.get("changes/startPageToken", teamDriveId=drive_id, supportsTeamDrives="true")
    item = client.world.create("inside", parent=drive_id)
    answer = await client.get(
        "changes",
        pageToken=start.json["startPageToken"],
        teamDriveId=drive_id,
        supportsTeamDrives="true",
        includeTeamDriveItems="true",
    )
    assert [change["fileId"] for change in answer.json["changes"]] == [item.id]


async def test_a_limited_folder_is_one_change_and_none_for_what_is_in_it(client: Client) -> None:
    """Who loses what is in a limited folder still sees that the folder is there, and is told of it alone."""
    drive_id = made_drive(client, user3="writer")
    guest = as_user(client, client.world.users[3])
    folder = client.world.create("secret", mime_type=FOLDER, parent=drive_id)
    inside = client.world.create("inside", parent=folder.id)
    log = await follow(guest, drive_id)
    client.world.limit(folder.id, limited=True)
    assert await log.told() == [(folder.id, False)]
    assert (await guest.get(f"files/{inside.id}", **SUPPORTS)).status == 404
    shown = await guest.get(f"files/{folder.id}", fields="name,capabilities(canListChildren)", **SUPPORTS)
    assert shown.json == {"name": "secret", "capabilities": {"canListChildren": False}}


async def test_a_drive_for_its_members_only_hides_what_was_shared(client: Client) -> None:
    """``driveMembersOnly`` shuts out those who were given an item by name, and lets them in again when it is lifted."""
    world, guest = client.world, client.world.users[3]
    drive_id = made_drive(client)
    item = world.create("inside", parent=drive_id)
    world.share(item.id, user_grant(guest, "reader"))
    drive, theirs = world.drives[drive_id], as_user(client, guest)
    world.update_drive(msgspec.structs.replace(drive, restrictions=DriveRestrictions(drive_members_only=True)))
    assert (await theirs.get(f"files/{item.id}", **SUPPORTS)).status == 404
    world.update_drive(drive)
    assert (await theirs.get(f"files/{item.id}", **SUPPORTS)).status == 200


async def test_pages_of_a_users_log_add_up_with_drives_in_it(client: Client) -> None:
    """Short pages and empty ones hold every entry once, drives among files."""
    world = client.world
    world.quirks = msgspec.structs.replace(world.quirks, pages_may_be_empty=True)
    start = (await client.get("changes/startPageToken")).json["startPageToken"]
    made = [made_drive(client) if number % 3 == 0 else world.create(f"file {number}").id for number in range(20)]
    found, token, empty = [], start, 0
    while token:
        answer = (await client.get("changes", pageToken=token, pageSize="3", **ALL_DRIVES)).json
        found += [change.get("fileId") or change["driveId"] for change in answer["changes"]]
        empty += not answer["changes"]
        token = answer.get("nextPageToken")
    assert found == made
    assert empty > 0
