"""``drives`` and ``teamdrives`` over a real socket (facts A2, A4)."""

import msgspec
import pytest

from google_drive_emulator.world.items import User

from .conftest import Client
from .people import SUPPORTS, as_user, delete, made_drive, patch, post

ADMIN = {"useDomainAdminAccess": "true"}


async def test_a_drive_is_made_once_for_a_request(client: Client) -> None:
    """A repeated request id makes nothing; it is one's own, and needed (facts A2)."""
    made = await post(client, "drives", {"name": "Team"}, requestId="one")
    assert made.json.keys() == {"kind", "id", "name"}
    again = await post(client, "drives", {"name": "Team"}, requestId="one")
    assert (again.status, again.reason) == (409, "duplicate@requestId")
    theirs = await post(as_user(client, client.world.users[3]), "drives", {"name": "Team"}, requestId="one")
    assert theirs.status == 200
    missing = await post(client, "drives", {"name": "Team"})
    assert (missing.status, missing.reason) == (400, "required@requestId")
    assert len(client.world.drives) == 2


async def test_a_new_drive_is_its_makers(client: Client) -> None:
    """The maker is its organizer, and its root folder has the drive's id (facts A6)."""
    made = await post(client, "drives", {"name": "Team", "themeId": "abacus"}, requestId="one", fields="*")
    drive = made.json
    assert drive.items() >= {"kind": "drive#drive", "name": "Team", "colorRgb": "#ea6100", "hidden": False}.items()
    assert "abacus" in drive["backgroundImageLink"]
    assert all(drive["capabilities"].values())
    assert drive["restrictions"]["domainUsersOnly"] is False
    assert "themeId" not in drive
    assert "orgUnitId" not in drive
    folder = await client.get(f"files/{drive['id']}", fields="id,name,mimeType,driveId", **SUPPORTS)
    assert folder.json == {
        "id": drive["id"],
        "name": "Team",
        "mimeType": "application/vnd.google-apps.folder",
        "driveId": drive["id"],
    }


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({}, 400, "invalid@name"),
        ({"name": " "}, 400, "invalid@name"),
        ({"name": "a", "themeId": "none"}, 400, "invalid@themeId"),
        ({"name": "a", "colorRgb": "#000000"}, 403, "fieldNotWritable@"),
        ({"name": "a", "restrictions": {"domainUsersOnly": True}}, 403, "fieldNotWritable@"),
        ({"name": 1}, 400, "invalid@"),
    ],
)
async def test_a_drive_that_cannot_be_made_is_refused(
    client: Client, body: dict[str, object], status: int, reason: str
) -> None:
    """A drive needs a name; looks of its own and restrictions come later."""
    answer = await post(client, "drives", body, requestId="one")
    assert (answer.status, answer.reason) == (status, reason)


@pytest.mark.parametrize("email", ["ann@gmail.com", "robot@project.iam.gserviceaccount.com"])
async def test_drives_are_made_by_people_of_an_organisation(client: Client, email: str) -> None:
    """Consumers and programs make none, and about.get tells them so."""
    client.world.add_user(User(email, "Someone", "90001"))
    theirs = as_user(client, email)
    answer = await post(theirs, "drives", {"name": "a"}, requestId="one")
    assert (answer.status, answer.reason) == (403, "userCannotCreateTeamDrives@")
    assert (await theirs.get("about", fields="canCreateDrives")).json == {"canCreateDrives": False}


async def test_drives_are_listed_in_pages_for_their_members(client: Client) -> None:
    """Ten at a time, each once; drives that one is no member of are not there."""
    mine = {made_drive(client) for _ in range(23)}
    client.world.create_drive("Theirs", by=client.world.users[3])
    first = (await client.get("drives")).json
    assert (first["kind"], len(first["drives"])) == ("drive#driveList", 10)
    listed = await client.pages("drives", "drives", pageSize="7")
    assert {drive["id"] for drive in listed} == mine
    assert len(listed) == 23


async def test_drives_that_come_and_go_do_not_disturb_the_pages(client: Client) -> None:
    """What is there all the time comes once, though others are made and deleted between two pages."""
    kept = {made_drive(client) for _ in range(12)}
    found, params = [], {"pageSize": "3"}
    while True:
        answer = (await client.get("drives", **params)).json
        found += [drive["id"] for drive in answer["drives"]]
        if "nextPageToken" not in answer:
            break
        params["pageToken"] = answer["nextPageToken"]
        client.world.delete_drive(made_drive(client))
        made_drive(client)
    assert len(found) == len(set(found))
    assert kept <= set(found)
    other = await client.get("drives", q="hidden = true", pageToken=params["pageToken"])
    assert (other.status, other.reason) == (400, "invalid@pageToken")


async def test_drives_are_searched(client: Client) -> None:
    """``q`` asks for names and hidden ones; what is for administrators is theirs alone (facts A4)."""
    team, crew = made_drive(client), client.world.create_drive("Crew").id
    await post(client, f"drives/{team}/hide", None)
    assert [drive["id"] for drive in (await client.get("drives", q="hidden = true")).json["drives"]] == [team]
    assert [drive["id"] for drive in (await client.get("drives", q="name contains 'cre'")).json["drives"]] == [crew]
    refused = await client.get("drives", q="memberCount > 1")
    assert (refused.status, refused.reason) == (400, "invalid@q")
    found = await client.get("drives", q="memberCount = 1 and organizerCount = 1", **ADMIN)
    assert len(found.json["drives"]) == 2


async def test_an_administrator_lists_all_drives(client: Client) -> None:
    """With useDomainAdminAccess all drives come, with their organizational units; others may not ask so."""
    drive = client.world.create_drive("Theirs", by=client.world.users[3])
    client.world.update_drive(msgspec.structs.replace(drive, org_unit_id="unit-1"))
    listed = await client.get("drives", fields="drives(id,orgUnitId,capabilities(canManageMembers))", **ADMIN)
    assert listed.json["drives"] == [
        {"id": drive.id, "orgUnitId": "unit-1", "capabilities": {"canManageMembers": True}}
    ]
    refused = await as_user(client, client.world.users[3]).get("drives", **ADMIN)
    assert (refused.status, refused.reason) == (403, "noListTeamDrivesAdministratorPrivilege@")


async def test_who_administers_is_a_setting(client: Client) -> None:
    """The control API names the administrators; a reset returns to the first user."""
    other = client.world.users[3]
    client.world.create_drive("Mine")
    assert (await client.control("PUT", "admins", {"admins": [other.email]})).status == 200
    assert len((await as_user(client, other).get("drives", **ADMIN)).json["drives"]) == 1
    assert (await client.get("drives", **ADMIN)).status == 403
    assert (await client.control("PUT", "admins", {"admins": ["nobody@example.com"]})).status == 400
    await client.control("POST", "reset")
    assert (await client.control("GET", "admins")).json == {"admins": [client.world.users[0].email]}


async def test_a_stranger_finds_no_drive(client: Client) -> None:
    """All methods of one drive answer that it is not there."""
    path = f"drives/{made_drive(client)}"
    stranger = as_user(client, client.world.users[3])
    answers = [
        await stranger.get(path),
        await stranger.get(path, **ADMIN),
        await patch(stranger, path, {"name": "Mine"}),
        await post(stranger, f"{path}/hide", None),
        await delete(stranger, path),
        await client.get("drives/0Anothing"),
    ]
    assert [(answer.status, answer.reason) for answer in answers] == [(404, "notFound@driveId")] * 6


async def test_organizers_change_a_drive(client: Client) -> None:
    """Names, looks and restrictions are an organizer's to change; what is not given stays."""
    drive_id = made_drive(client, user3="fileOrganizer")
    path = f"drives/{drive_id}"
    for body in ({"name": "Mine"}, {"colorRgb": "#000000"}, {"restrictions": {"domainUsersOnly": True}}):
        refused = await patch(as_user(client, client.world.users[3]), path, body)
        assert (refused.status, refused.reason) == (403, "insufficientFilePermissions@")
    restrictions = {"copyRequiresWriterPermission": True, "downloadRestriction": {"restrictedForReaders": True}}
    fields = "name,colorRgb,restrictions"
    first = await patch(client, path, {"name": "Crew", "restrictions": restrictions}, fields=fields)
    second = await patch(
        client, path, {"colorRgb": "#AABBCC", "restrictions": {"domainUsersOnly": True}}, fields=fields
    )
    assert first.json["name"] == second.json["name"] == "Crew"
    assert second.json["colorRgb"] == "#aabbcc"
    assert second.json["restrictions"] == {
        "adminManagedRestrictions": False,
        "copyRequiresWriterPermission": True,
        "domainUsersOnly": True,
        "driveMembersOnly": False,
        "sharingFoldersRequiresOrganizerPermission": False,
        "downloadRestriction": {"restrictedForReaders": True, "restrictedForWriters": False},
    }


async def test_looks_are_checked(client: Client) -> None:
    """A theme goes with no colour, a colour is six digits, a picture is a whole picture."""
    path = f"drives/{made_drive(client)}"
    picture = client.world.create("picture.png", mime_type="image/png", data=b"png")
    text = client.world.create("notes.txt", mime_type="text/plain")
    place = {"width": 1, "xCoordinate": 0, "yCoordinate": 0}
    refused = [
        await patch(client, path, {"themeId": "abacus", "colorRgb": "#000000"}),
        await patch(client, path, {"colorRgb": "red"}),
        await patch(client, path, {"backgroundImageFile": {"id": text.id, **place}}),
        await patch(client, path, {"backgroundImageFile": {"id": picture.id}}),
        await patch(client, path, {"backgroundImageFile": {"id": "none", **place}}),
    ]
    assert [answer.status for answer in refused] == [400, 400, 400, 400, 404]
    body = {"backgroundImageFile": {"id": picture.id, **place}}
    made = await patch(client, path, body, fields="backgroundImageLink,backgroundImageFile")
    assert picture.id in made.json["backgroundImageLink"]
    assert "backgroundImageFile" not in made.json


async def test_restrictions_may_be_for_administrators(client: Client) -> None:
    """With ``adminManagedRestrictions`` an organizer changes none, but may still rename (facts C2)."""
    maker = as_user(client, client.world.users[3])
    drive_id = client.world.create_drive("Theirs", by=client.world.users[3]).id
    path, managed = f"drives/{drive_id}", {"restrictions": {"adminManagedRestrictions": True}}
    refused = await patch(maker, path, managed)
    assert (refused.status, refused.reason) == (403, "noManageTeamDriveAdministratorPrivilege@")
    assert (await patch(client, path, managed, **ADMIN)).status == 200
    assert (await patch(maker, path, {"restrictions": {"driveMembersOnly": True}})).status == 403
    assert (await patch(maker, path, {"name": "Crew"})).status == 200
    shown = await maker.get(path, fields="capabilities(canResetDriveRestrictions,canRenameDrive)")
    assert shown.json == {"capabilities": {"canResetDriveRestrictions": False, "canRenameDrive": True}}


async def test_a_restriction_reaches_the_files(client: Client) -> None:
    """``copyRequiresWriterPermission`` of a drive overrides that of its files, which do not change for it (A6)."""
    drive_id = made_drive(client, user3="reader")
    file = client.world.create("file", parent=drive_id)
    theirs = as_user(client, client.world.users[3])
    fields = "version,copyRequiresWriterPermission,capabilities(canDownload,canCopy)"
    before = (await theirs.get(f"files/{file.id}", fields=fields, **SUPPORTS)).json
    await patch(client, f"drives/{drive_id}", {"restrictions": {"copyRequiresWriterPermission": True}})
    after = (await theirs.get(f"files/{file.id}", fields=fields, **SUPPORTS)).json
    assert before["capabilities"] == {"canDownload": True, "canCopy": True}
    assert after == {
        "version": before["version"],
        "copyRequiresWriterPermission": True,
        "capabilities": {"canDownload": False, "canCopy": False},
    }


async def test_downloads_may_be_restricted_for_writers(client: Client) -> None:
    """A drive's download restriction leaves downloads to who manages the drive."""
    drive_id = made_drive(client, user3="writer")
    file = client.world.create("file", parent=drive_id)
    restriction = {"restrictions": {"downloadRestriction": {"restrictedForWriters": True}}}
    assert (await patch(client, f"drives/{drive_id}", restriction)).status == 200
    fields = "capabilities(canDownload,canEdit)"
    writers = await as_user(client, client.world.users[3]).get(f"files/{file.id}", fields=fields, **SUPPORTS)
    mine = await client.get(f"files/{file.id}", fields=fields, **SUPPORTS)
    assert writers.json == {"capabilities": {"canDownload": False, "canEdit": True}}
    assert mine.json == {"capabilities": {"canDownload": True, "canEdit": True}}


async def test_a_drive_is_hidden_from_one_user_only(client: Client) -> None:
    """Hide and unhide are the caller's own view."""
    drive_id = made_drive(client, user3="reader")
    theirs = as_user(client, client.world.users[3])
    assert (await post(theirs, f"drives/{drive_id}/hide", None, fields="hidden")).json == {"hidden": True}
    assert (await client.get(f"drives/{drive_id}", fields="hidden")).json == {"hidden": False}
    assert (await post(theirs, f"drives/{drive_id}/unhide", None, fields="hidden")).json == {"hidden": False}


async def test_an_empty_drive_is_deleted(client: Client) -> None:
    """Organizers delete a drive without items; what is in the trash does not count."""
    drive_id = made_drive(client, user3="fileOrganizer")
    file = client.world.create("file", parent=drive_id)
    refused = await delete(as_user(client, client.world.users[3]), f"drives/{drive_id}")
    assert (refused.status, refused.reason) == (403, "insufficientFilePermissions@")
    full = await delete(client, f"drives/{drive_id}")
    assert (full.status, full.reason) == (403, "cannotDeleteResourceWithChildren@")
    client.world.trash(file.id)
    gone = await delete(client, f"drives/{drive_id}")
    assert (gone.status, gone.body) == (204, b"")
    assert (await client.get(f"drives/{drive_id}")).status == 404
    assert client.world.item(file.id) is None


async def test_an_administrator_deletes_a_drive_with_its_items(client: Client) -> None:
    """``allowItemDeletion`` needs an administrator's access; what once left the drive stays."""
    maker = client.world.users[3]
    drive_id = client.world.create_drive("Theirs", by=maker).id
    inside, left = client.world.create("inside", parent=drive_id), client.world.create("left", parent=drive_id)
    client.world.move(left.id, client.world.root_id(maker), by=maker)
    path = f"drives/{drive_id}"
    refused = await delete(as_user(client, maker), path, allowItemDeletion="true")
    assert (refused.status, refused.reason) == (400, "badRequest@")
    assert (await delete(client, path, **ADMIN)).reason == "cannotDeleteResourceWithChildren@"
    assert (await delete(client, path, allowItemDeletion="true", **ADMIN)).status == 204
    assert client.world.item(inside.id) is None
    assert client.world.item(left.id) is not None


async def test_drives_go_by_their_former_name(client: Client) -> None:
    """Team drives are shared drives with some fields named otherwise."""
    made = await post(client, "teamdrives", {"name": "Team"}, requestId="one", fields="*")
    assert made.json.items() >= {"kind": "drive#teamDrive", "name": "Team"}.items()
    path = f"teamdrives/{made.json['id']}"
    changed = await patch(client, path, {"restrictions": {"teamMembersOnly": True}}, fields="restrictions,capabilities")
    assert changed.json["restrictions"]["teamMembersOnly"] is True
    assert changed.json["capabilities"]["canDeleteTeamDrive"] is True
    same = await client.get(f"drives/{made.json['id']}", fields="restrictions(driveMembersOnly)")
    assert same.json == {"restrictions": {"driveMembersOnly": True}}
    listed = await client.get("teamdrives")
    assert listed.json == {
        "kind": "drive#teamDriveList",
        "teamDrives": [{"kind": "drive#teamDrive", "id": made.json["id"], "name": "Team"}],
    }
    assert (await delete(client, path)).status == 204
    assert (await client.get(path)).status == 404
