"""Moves within My Drive and shared drives and between them, and what a drive has room for (facts A4, A11, C2)."""

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import FOLDER, Item, User

from .conftest import Answer, Client
from .people import SUPPORTS, as_user, follow, made_drive, patch, post, seen


async def move(client: Client, item: Item, to: str | None = None, **params: str) -> Answer:
    """Move an item as a client does: to one folder, out of the one it is in."""
    wanted = {"removeParents": item.parent or ""} | ({} if to is None else {"addParents": to})
    return await patch(client, f"files/{item.id}", {}, fields="id,parents,driveId", **wanted, **params)


def shared_with(client: Client, item: Item, user: User, role: str) -> None:
    """Share an item."""
    client.world.share(item.id, user_grant(user, role))


async def test_an_item_is_moved_by_a_new_parent_for_the_old_one(client: Client) -> None:
    """Both parameters together move it; one entry for the item tells of it."""
    folder = client.world.create("folder", mime_type=FOLDER)
    file, follower = client.world.create("file"), await follow(client)
    answer = await move(client, file, folder.id)
    assert answer.json == {"id": file.id, "parents": [folder.id]}
    assert await follower.told() == [(file.id, False)]


async def test_root_is_an_alias_for_both(client: Client) -> None:
    """``root`` names My Drive as a parent to add and to remove."""
    folder = client.world.create("folder", mime_type=FOLDER)
    file = client.world.create("file")
    path = f"files/{file.id}"
    away = await patch(client, path, {}, fields="parents", addParents=folder.id, removeParents="root")
    back = await patch(client, path, {}, fields="parents", addParents="root", removeParents=folder.id)
    assert (away.json, back.json) == ({"parents": [folder.id]}, {"parents": [file.parent]})


async def test_a_second_parent_is_refused(client: Client) -> None:
    """An item has one parent; enforceSingleParent takes the old one away (facts C2)."""
    folders = [client.world.create("folder", mime_type=FOLDER).id for _ in range(2)]
    path = f"files/{client.world.create('file').id}"
    for params in ({"addParents": folders[0]}, {"addParents": ",".join(folders), "removeParents": "root"}):
        answer = await patch(client, path, {}, **params)
        assert (answer.status, answer.reason) == (403, "cannotAddParent@")
    moved = await patch(client, path, {}, fields="parents", addParents=folders[0], enforceSingleParent="true")
    assert moved.json == {"parents": [folders[0]]}


async def test_parents_that_change_nothing_change_nothing(client: Client) -> None:
    """The present parent added, or a foreign one removed, is no move."""
    file, follower = client.world.create("file"), await follow(client)
    for params in ({"addParents": file.parent or ""}, {"removeParents": "1unknown"}, {"addParents": "root"}):
        assert (await patch(client, f"files/{file.id}", {}, **params)).status == 200
    assert await follower.told() == []


async def test_what_loses_its_parent_goes_to_its_owners_my_drive(client: Client) -> None:
    """Without another parent an item would be lost; in a shared drive that is refused."""
    folder = client.world.create("folder", mime_type=FOLDER)
    file = client.world.create("file", parent=folder.id)
    assert (await move(client, file)).json["parents"] == [client.world.root_id(client.world.users[0])]
    inside = client.world.create("inside", parent=made_drive(client))
    answer = await move(client, inside, **SUPPORTS)
    assert (answer.status, answer.reason) == (403, "teamDrivesParentLimit@")


async def test_a_folder_cannot_come_below_itself(client: Client) -> None:
    """A cycle is a bad request (facts C2)."""
    outer = client.world.create("outer", mime_type=FOLDER)
    inner = client.world.create("inner", mime_type=FOLDER, parent=outer.id)
    for target in (inner.id, outer.id):
        answer = await move(client, outer, target)
        assert (answer.status, answer.reason) == (400, "badRequest@")


async def test_a_move_needs_rights_on_the_item_and_on_the_folder(client: Client) -> None:
    """A reader moves nothing, and nothing goes into a folder that is read only; a hidden one is not there."""
    owner, user = client.world.users[1], client.world.users[2]
    folder = client.world.create("folder", mime_type=FOLDER, owner=owner)
    file = client.world.create("file", owner=user)
    other = as_user(client, user)
    answer = await move(other, file, folder.id)
    assert (answer.status, answer.reason) == (404, "notFound@fileId")
    shared_with(client, folder, user, "reader")
    answer = await move(other, file, folder.id)
    assert (answer.status, answer.reason) == (403, "insufficientParentPermissions@")
    theirs = client.world.create("theirs", owner=owner)
    shared_with(client, theirs, user, "reader")
    mine = client.world.create("mine", mime_type=FOLDER, owner=user)
    answer = await move(other, theirs, mine.id)
    assert (answer.status, answer.reason) == (403, "insufficientFilePermissions@")


async def test_an_owner_moves_a_file_into_a_shared_drive(client: Client) -> None:
    """There nobody owns it; its owner's log tells that it left (facts A5)."""
    drive_id, file = made_drive(client), client.world.create("file")
    hidden = await move(client, file, drive_id)
    assert (hidden.status, hidden.reason) == (404, "notFound@fileId")
    mine, of_drive = await follow(client), await follow(client, drive_id)
    moved = await move(client, file, drive_id, **SUPPORTS)
    assert moved.json == {"id": file.id, "parents": [drive_id], "driveId": drive_id}
    assert seen(client.world.item(file.id)).owner is None
    assert (await mine.told(), await of_drive.told()) == ([(file.id, True)], [(file.id, False)])


async def test_a_folder_cannot_be_moved_into_a_shared_drive(client: Client) -> None:
    """Google refuses that through the API; a limit of the emulator allows it (facts C2)."""
    drive_id, folder = made_drive(client), client.world.create("folder", mime_type=FOLDER)
    below = client.world.create("below", parent=folder.id)
    refused = await move(client, folder, drive_id, **SUPPORTS)
    assert (refused.status, refused.reason) == (403, "teamDrivesFolderMoveInNotSupported@")
    await client.control("PUT", "limits", {"folders_move_into_drives": True})
    assert (await move(client, folder, drive_id, **SUPPORTS)).status == 200
    assert seen(client.world.item(below.id)).drive_id == drive_id


async def test_a_writer_hardly_ever_moves_a_file_into_a_shared_drive(client: Client) -> None:
    """Its owner must be a member, and the domain must allow it (facts C2)."""
    drive_id = made_drive(client, user1="writer")
    owner, writer = client.world.users[2], as_user(client, client.world.users[1])
    file = client.world.create("file", owner=owner)
    shared_with(client, file, client.world.users[1], "writer")
    answer = await move(writer, file, drive_id, enforceSingleParent="true", **SUPPORTS)
    assert (answer.status, answer.reason) == (403, "fileOwnerNotMemberOfTeamDrive@")
    client.world.share(drive_id, user_grant(owner, "reader"))
    answer = await move(writer, file, drive_id, **SUPPORTS)
    assert (answer.status, answer.reason) == (403, "fileWriterTeamDriveMoveInDisabled@")
    await client.control("PUT", "limits", {"writers_move_into_drives": True})
    assert (await move(writer, file, drive_id, **SUPPORTS)).status == 200


async def test_a_manager_moves_a_file_out_and_owns_it(client: Client) -> None:
    """A content manager cannot take it out of the drive."""
    drive_id = made_drive(client, user1="fileOrganizer")
    file = client.world.create("file", parent=drive_id)
    other = as_user(client, client.world.users[1])
    refused = await move(other, file, client.world.root_id(client.world.users[1]), **SUPPORTS)
    assert (refused.status, refused.reason) == (403, "insufficientFilePermissions@")
    moved = await move(client, file, "root", **SUPPORTS)
    assert "driveId" not in moved.json
    assert seen(client.world.item(file.id)).owner == client.world.users[0]


async def test_within_a_shared_drive_a_content_manager_moves(client: Client) -> None:
    """A contributor adds files but does not move them."""
    drive_id = made_drive(client, user1="fileOrganizer", user2="writer")
    folder = client.world.create("folder", mime_type=FOLDER, parent=drive_id)
    file = client.world.create("file", parent=drive_id)
    answers = [
        (await move(as_user(client, client.world.users[number]), file, folder.id, **SUPPORTS)).status
        for number in (2, 1)
    ]
    assert answers == [403, 200]


async def test_a_folder_goes_from_one_shared_drive_to_another_for_a_manager_of_both(client: Client) -> None:
    """A contributor of the other drive takes files in, but no folders."""
    here, there = made_drive(client, user1="organizer"), made_drive(client, user1="writer")
    folder = client.world.create("folder", mime_type=FOLDER, parent=here)
    other = as_user(client, client.world.users[1])
    refused = await move(other, folder, there, **SUPPORTS)
    assert (refused.status, refused.reason) == (403, "insufficientParentPermissions@")
    assert (await move(client, folder, there, **SUPPORTS)).json["driveId"] == there


# ── room ─────────────────────────────────────────────────────────────────────


async def test_folders_are_not_nested_below_the_limit_of_levels(client: Client) -> None:
    """The reason tells My Drive from shared drives; files have room below the last level (facts A11)."""
    await client.control("PUT", "limits", {"folder_levels": 2})
    for root, reason in (
        ("root", "myDriveHierarchyDepthLimitExceeded@"),
        (made_drive(client), "teamDriveHierarchyTooDeep@"),
    ):
        parent = root
        for _ in range(2):
            body = {"mimeType": FOLDER, "parents": [parent]}
            parent = (await post(client, "files", body, **SUPPORTS)).json["id"]
        answer = await post(client, "files", {"mimeType": FOLDER, "parents": [parent]}, **SUPPORTS)
        assert (answer.status, answer.reason) == (403, reason)
        assert (await post(client, "files", {"parents": [parent]}, **SUPPORTS)).status == 200


async def test_a_folder_and_a_drive_become_full(client: Client) -> None:
    """Counts of children and of a drive's items have limits (facts A11)."""
    await client.control("PUT", "limits", {"children": 2, "drive_items": 3})
    drive_id = made_drive(client)
    folder = (await post(client, "files", {"mimeType": FOLDER, "parents": [drive_id]}, **SUPPORTS)).json["id"]
    reasons = []
    for parent in (folder, folder, folder, drive_id):
        answer = await post(client, "files", {"parents": [parent]}, **SUPPORTS)
        reasons.append("" if answer.status == 200 else answer.reason)
    assert reasons == ["", "", "numChildrenInNonRootLimitExceeded@", "teamDriveFileLimitExceeded@"]


async def test_limits_are_settings(client: Client) -> None:
    """They are read as they were set, what is not named is Google's; what is less than nothing is refused."""
    assert (await client.control("PUT", "limits", {"children": 5})).status == 200
    told = (await client.control("GET", "limits")).json
    assert (told["children"], told["folder_levels"]) == (5, 100)
    for path, message in (("limits", {"children": -1}), ("uploads", {"session_hours": -1}), ("operations", {"x": 1})):
        assert (await client.control("PUT", path, message)).status == 400
    assert (await client.control("GET", "uploads")).json == {"session_hours": 168, "expired_status": 404}
    assert (await client.control("GET", "operations")).json["kept_hours"] == 24
