"""``permissions`` on shared drives and what lies in them, over a real socket (facts A6, A7, C2)."""

import msgspec
import pytest

from google_drive_emulator.world.items import FOLDER, DriveRestrictions, Permission
from google_drive_emulator.world.timestamps import rfc3339

from .conftest import Answer, Client
from .people import SUPPORTS, as_user, delete, made_drive, patch, post

ADMIN = {**SUPPORTS, "useDomainAdminAccess": "true"}
HOUR_MS = 3_600_000


async def share(client: Client, item_id: str, number: int | str, role: str = "reader", **more: object) -> Answer:
    """Share with a user by number, or by address."""
    address = number if isinstance(number, str) else client.world.users[number].email
    body = {"type": "user", "role": role, "emailAddress": address, **more}
    return await post(client, f"files/{item_id}/permissions", body, **SUPPORTS)


def restrict(client: Client, drive_id: str, restrictions: DriveRestrictions) -> None:
    client.world.update_drive(msgspec.structs.replace(client.world.drives[drive_id], restrictions=restrictions))


async def test_members_are_the_permissions_of_the_drive(client: Client) -> None:
    """On the drive itself its members are shown, and below it what they inherit from it (facts A7)."""
    drive_id = made_drive(client)
    member = client.world.users[3]
    made = await share(client, drive_id, 3, "fileOrganizer")
    assert (made.status, made.json["role"]) == (200, "fileOrganizer")
    item = client.world.create("inside", parent=drive_id)
    fields = "permissionDetails,teamDrivePermissionDetails(teamDrivePermissionType)"
    on_drive = await client.get(f"files/{drive_id}/permissions/{member.permission_id}", fields=fields, **SUPPORTS)
    below = await client.get(f"files/{item.id}/permissions/{member.permission_id}", fields=fields, **SUPPORTS)
    old = [{"teamDrivePermissionType": "member"}]
    detail = {"permissionType": "member", "role": "fileOrganizer", "inherited": False}
    assert on_drive.json == {"permissionDetails": [detail], "teamDrivePermissionDetails": old}
    inherited = {**detail, "inherited": True, "inheritedFrom": drive_id}
    assert below.json == {"permissionDetails": [inherited], "teamDrivePermissionDetails": old}


async def test_a_member_keeps_at_least_their_role_below_the_drive(client: Client) -> None:
    """A member's role can be raised on an item, but neither lowered nor taken away there (facts A7)."""
    drive_id = made_drive(client, user3="commenter")
    member = client.world.users[3]
    item = client.world.create("inside", parent=drive_id)
    path = f"files/{item.id}/permissions/{member.permission_id}"
    for refused in (await patch(client, path, {"role": "reader"}, **SUPPORTS), await delete(client, path, **SUPPORTS)):
        assert (refused.status, refused.reason) == (403, "cannotModifyInheritedTeamDrivePermission@")
    raised = await patch(client, path, {"role": "writer"}, fields="role,permissionDetails(permissionType)", **SUPPORTS)
    assert raised.json == {
        "role": "writer",
        "permissionDetails": [{"permissionType": "file"}, {"permissionType": "member"}],
    }
    shown = await as_user(client, member).get(f"files/{item.id}", fields="hasAugmentedPermissions", **SUPPORTS)
    assert shown.json == {"hasAugmentedPermissions": True}


@pytest.mark.parametrize(
    ("place", "body", "reason"),
    [
        ("drive", {"type": "anyone", "role": "reader"}, "cannotShareTeamDriveTopFolderWithAnyoneOrDomains@"),
        (
            "drive",
            {"type": "domain", "role": "reader", "domain": "example.com"},
            "cannotShareTeamDriveTopFolderWithAnyoneOrDomains@",
        ),
        ("drive", {"type": "user", "role": "owner", "emailAddress": "a@b.org"}, "ownerOnTeamDriveItemNotSupported@"),
        ("file", {"type": "user", "role": "owner", "emailAddress": "a@b.org"}, "ownerOnTeamDriveItemNotSupported@"),
        (
            "file",
            {"type": "user", "role": "organizer", "emailAddress": "a@b.org"},
            "organizerOnNonTeamDriveNotSupported@",
        ),
        (
            "file",
            {"type": "user", "role": "fileOrganizer", "emailAddress": "a@b.org"},
            "fileOrganizerOnFoldersInSharedDriveOnly@",
        ),
        (
            "drive",
            {"type": "user", "role": "reader", "emailAddress": "a@b.org", "expirationTime": "2101-01-01T00:00:00Z"},
            "expirationDateNotAllowedForSharedDriveMembers@",
        ),
    ],
)
async def test_what_a_drive_cannot_have_is_refused(
    client: Client, place: str, body: dict[str, object], reason: str
) -> None:
    """Roles and grantees have their places, and each refusal its reason (facts C2)."""
    drive_id = made_drive(client)
    item_id = drive_id if place == "drive" else client.world.create("inside", parent=drive_id).id
    answer = await post(client, f"files/{item_id}/permissions", body, **SUPPORTS, transferOwnership="true")
    assert (answer.status, answer.reason) == (403, reason)


async def test_without_support_for_drives_nothing_is_there(client: Client) -> None:
    """All methods of permissions need supportsAllDrives for what is in a shared drive (facts A4)."""
    drive_id = made_drive(client, user3="reader")
    path = f"files/{drive_id}/permissions"
    member = f"{path}/{client.world.users[3].permission_id}"
    body = {"type": "user", "role": "reader", "emailAddress": "a@b.org"}
    answers = [
        await client.get(path),
        await client.get(member),
        await post(client, path, body),
        await patch(client, member, {"role": "writer"}),
        await delete(client, member),
        await client.get(path, useDomainAdminAccess="true"),
    ]
    assert [(answer.status, answer.reason) for answer in answers] == [(404, "notFound@fileId")] * 6


async def test_a_drives_permissions_come_in_pages(client: Client) -> None:
    """For shared drives at most 100 come at once, asked for or not (facts A2)."""
    drive_id = made_drive(client)
    for number in range(110):
        client.world.share(drive_id, Permission(str(number), "user", "reader"))
    first = (await client.get(f"files/{drive_id}/permissions", **SUPPORTS)).json
    assert len(first["permissions"]) == 100
    assert len(await client.pages(f"files/{drive_id}/permissions", "permissions", **SUPPORTS)) == 111


async def test_only_organizers_change_members(client: Client) -> None:
    """A content manager may share folders and files, but makes no members, and gives no more than they have."""
    drive_id = made_drive(client, user3="fileOrganizer", user4="writer")
    manager, writer = as_user(client, client.world.users[3]), as_user(client, client.world.users[4])
    folder = client.world.create("folder", mime_type=FOLDER, parent=drive_id)
    file = client.world.create("file", parent=folder.id)
    assert (await share(manager, drive_id, 5)).reason == "insufficientFilePermissions@"
    assert (await manager.get(f"files/{drive_id}/permissions", **SUPPORTS)).status == 403
    assert (await share(manager, folder.id, 5, "fileOrganizer")).status == 200
    assert (await share(writer, folder.id, 6)).reason == "insufficientFilePermissions@"
    assert (await share(writer, file.id, 6, "writer")).status == 200


async def test_folders_may_be_for_organizers_to_share(client: Client) -> None:
    """``sharingFoldersRequiresOrganizerPermission`` takes that from content managers."""
    drive_id = made_drive(client, user3="fileOrganizer")
    manager = as_user(client, client.world.users[3])
    folder = client.world.create("folder", mime_type=FOLDER, parent=drive_id)
    capability = "capabilities(canShare)"
    assert (await manager.get(f"files/{folder.id}", fields=capability, **SUPPORTS)).json["capabilities"]["canShare"]
    restrict(client, drive_id, DriveRestrictions(sharing_folders_requires_organizer_permission=True))
    shown = await manager.get(f"files/{folder.id}", fields=capability, **SUPPORTS)
    assert shown.json == {"capabilities": {"canShare": False}}
    assert (await share(manager, folder.id, 5)).status == 403


async def test_a_drive_may_be_for_its_domain_only(client: Client) -> None:
    """``domainUsersOnly`` refuses others, on the drive and on what lies in it."""
    drive_id = made_drive(client)
    file = client.world.create("file", parent=drive_id)
    restrict(client, drive_id, DriveRestrictions(domain_users_only=True))
    for item_id in (drive_id, file.id):
        refused = await share(client, item_id, "ann@elsewhere.org")
        assert (refused.status, refused.reason) == (403, "teamDriveDomainUsersOnlyRestriction@")
        assert (await share(client, item_id, 3)).status == 200
    public = await post(client, f"files/{file.id}/permissions", {"type": "anyone", "role": "reader"}, **SUPPORTS)
    assert public.reason == "teamDriveDomainUsersOnlyRestriction@"


async def test_a_drive_may_be_for_its_members_only(client: Client) -> None:
    """``driveMembersOnly`` lets items be shared with members, and members be made."""
    drive_id = made_drive(client, user3="reader")
    file = client.world.create("file", parent=drive_id)
    restrict(client, drive_id, DriveRestrictions(drive_members_only=True))
    refused = await share(client, file.id, 4)
    assert (refused.status, refused.reason) == (403, "teamDriveTeamMembersOnlyRestriction@")
    assert (await share(client, file.id, 3, "writer")).status == 200
    assert (await share(client, drive_id, 4)).status == 200
    assert (await share(client, file.id, 4, "writer")).status == 200


async def test_items_of_drives_may_be_lent(client: Client) -> None:
    """A grant on an item of a drive may end, other than a membership."""
    drive_id = made_drive(client)
    file = client.world.create("file", parent=drive_id)
    until = rfc3339(client.world.clock() + HOUR_MS)
    assert (await share(client, file.id, 3, expirationTime=until)).status == 200
    theirs = as_user(client, client.world.users[3])
    assert (await theirs.get(f"files/{file.id}", **SUPPORTS)).status == 200
    client.world.clock.advance(HOUR_MS + 1)
    assert (await theirs.get(f"files/{file.id}", **SUPPORTS)).status == 404


async def test_an_administrator_manages_members_from_outside(client: Client) -> None:
    """With useDomainAdminAccess an administrator reaches a drive they are no member of; for others nothing is there."""
    owner = client.world.users[3]
    drive_id = client.world.create_drive("Theirs", by=owner).id
    path = f"files/{drive_id}/permissions"
    body = {"type": "user", "role": "organizer", "emailAddress": client.world.users[4].email}
    assert (await client.get(path, **SUPPORTS)).status == 404
    assert len((await client.get(path, **ADMIN)).json["permissions"]) == 1
    assert (await post(client, path, body, **ADMIN)).status == 200
    assert (await delete(client, f"{path}/{owner.permission_id}", **ADMIN)).status == 204
    for answer in (
        await as_user(client, owner).get(path, **ADMIN),
        await client.get("files/nothing/permissions", **ADMIN),
    ):
        assert (answer.status, answer.reason) == (404, "notFound@fileId")


async def test_files_of_a_drive_show_no_permissions_inline(client: Client) -> None:
    """The list is the way to them: a file of a shared drive has neither permissions nor owners (facts A6)."""
    drive_id = made_drive(client)
    file = client.world.create("file", parent=drive_id)
    shown = await client.get(f"files/{file.id}", fields="permissions,owners,shared,ownedByMe,driveId", **SUPPORTS)
    assert shown.json == {"driveId": drive_id}
