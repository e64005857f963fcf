"""files.create, update, copy, delete, emptyTrash and generateIds over a real socket (facts A2, A6, C2)."""

from typing import Any

import pytest

from google_drive_emulator.world.items import DOCUMENT, FOLDER, SHORTCUT, User

from .conftest import Client
from .people import SUPPORTS, as_user, delete, follow, made_drive, patch, post, seen

SERVICE_ACCOUNT = User("robot@project.iam.gserviceaccount.com", "robot", "77")


async def made(client: Client, body: dict[str, Any] | None = None, **params: str) -> dict[str, Any]:
    """Make a file and return all that Drive says of it."""
    answer = await post(client, "files", body or {}, fields="*", **params)
    assert answer.status == 200, answer.body
    resource: dict[str, Any] = answer.json
    return resource


async def test_a_file_without_anything_is_untitled_and_empty(client: Client) -> None:
    """Without a name and a type a file is Untitled, of unknown type, and lies in My Drive."""
    answer = await post(client, "files", {})
    assert (answer.status, set(answer.json)) == (200, {"kind", "id", "name", "mimeType"})
    file = (await client.get(f"files/{answer.json['id']}", fields="*")).json
    assert (file["name"], file["mimeType"], file["size"]) == ("Untitled", "application/octet-stream", "0")
    assert file["parents"] == [(await client.get("files/root")).json["id"]]
    assert file["md5Checksum"] == "d41d8cd98f00b204e9800998ecf8427e"


async def test_all_fields_that_can_be_set_are_set(client: Client) -> None:
    """What a client says of a new file is what it gets back."""
    body = {
        "name": "Plan",
        "mimeType": "text/plain; charset=utf-8",
        "description": "words",
        "starred": True,
        "properties": {"colour": "red"},
        "appProperties": {"key": "value"},
        "createdTime": "2020-01-02T03:04:05.678Z",
        "modifiedTime": "2021-01-02T03:04:05+01:00",
        "viewedByMeTime": "2022-01-02T03:04:05Z",
        "originalFilename": "plan.txt",
        "copyRequiresWriterPermission": True,
        "writersCanShare": False,
        "contentHints": {"indexableText": "hidden words"},
        "downloadRestrictions": {"itemDownloadRestriction": {"restrictedForReaders": True}},
        "contentRestrictions": [{"readOnly": True, "reason": "final"}],
    }
    file = await made(client, body)
    assert file["mimeType"] == "text/plain"
    for name in ("name", "description", "starred", "properties", "appProperties", "createdTime", "originalFilename"):
        assert file[name] == body[name]
    assert (file["modifiedTime"], file["viewedByMeTime"]) == ("2021-01-02T02:04:05.000Z", "2022-01-02T03:04:05.000Z")
    assert (file["copyRequiresWriterPermission"], file["writersCanShare"]) == (True, False)
    assert file["contentRestrictions"][0]["reason"] == "final"
    assert file["downloadRestrictions"]["itemDownloadRestriction"]["restrictedForReaders"] is True
    assert "contentHints" not in file
    assert seen(client.world.item(file["id"])).traits.indexable_text == "hidden words"


async def test_a_folder_has_the_closest_colour_of_the_palette(client: Client) -> None:
    """A colour that Drive does not have is replaced by one that it has (facts A6)."""
    folder = await made(client, {"name": "Blue", "mimeType": FOLDER, "folderColorRgb": "#4987E8"})
    assert folder["folderColorRgb"] == "#4986e7"
    assert "size" not in folder


async def test_a_new_file_makes_one_entry_in_the_change_log(client: Client) -> None:
    """Whatever is set at once is one change."""
    follower = await follow(client)
    file = await made(client, {"name": "a", "starred": True, "properties": {"a": "b"}})
    assert await follower.told() == [(file["id"], False)]
    assert file["version"] == "1"


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("{", 400, "parseError@"),
        ('{"name": 5}', 400, "invalid@"),
        ('{"modifiedTime": "yesterday"}', 400, "invalid@"),
        ('{"createdTime": "0001-01-01T00:00:00+14:00"}', 400, "invalid@"),
        ('{"mimeType": "text"}', 400, "invalid@"),
        ('{"mimeType": "application/vnd.google-apps.nonsense"}', 400, "badRequest@"),
        ('{"folderColorRgb": "red"}', 400, "invalid@"),
        ('{"size": "5"}', 403, "fieldNotWritable@"),
        ('{"permissions": []}', 403, "fieldNotWritable@"),
        ('{"id": "1chosen-by-myself"}', 400, "fileIdNotUsable@"),
        ('{"parents": ["1nowhere"]}', 404, "notFound@fileId"),
        ('{"parents": ["root", "root"]}', 403, "cannotAddParent@"),
        ('{"mimeType": "application/vnd.google-apps.shortcut"}', 400, "required@"),
        ('{"contentRestrictions": [{"reason": "why"}]}', 400, "badRequest@"),
        ('{"contentRestrictions": [{"readOnly": true}, {"readOnly": true}]}', 400, "badRequest@"),
    ],
)
async def test_a_bad_body_is_refused_and_nothing_is_made(client: Client, body: str, status: int, reason: str) -> None:
    """Each mistake has Google's status and reason, and leaves no file behind."""
    before = client.world.counts()
    answer = await client.send("POST", "/drive/v3/files", data=body)
    assert (answer.status, answer.reason) == (status, reason)
    assert client.world.counts() == before


async def test_fields_that_nobody_knows_are_ignored(client: Client) -> None:
    """Google ignores them, and the kind of a resource too."""
    file = await made(client, {"name": "a", "kind": "drive#file", "colour": "red", "size": None})
    assert file["name"] == "a"


async def test_a_bad_mask_is_refused_before_anything_is_made(client: Client) -> None:
    """A mask is checked first."""
    before = client.world.counts()
    answer = await post(client, "files", {"name": "a"}, fields="nonsense")
    assert (answer.status, answer.reason) == (400, "invalidParameter@fields")
    assert client.world.counts() == before


async def test_properties_have_limits(client: Client) -> None:
    """30 properties of a kind, 124 bytes each (facts A6)."""
    assert (await made(client, {"properties": {f"k{n}": "v" for n in range(30)}}))["properties"]["k29"] == "v"
    for properties in ({f"k{n}": "v" for n in range(31)}, {"key": "é" * 61}, {"": "v"}):
        answer = await post(client, "files", {"properties": properties})
        assert (answer.status, answer.reason) == (400, "badRequest@")


async def test_a_property_goes_when_it_is_null(client: Client) -> None:
    """Null takes one property away and leaves the others (facts A6)."""
    file = await made(client, {"properties": {"a": "1", "b": "2"}, "appProperties": {"c": "3"}})
    body = {"properties": {"a": None, "d": "4"}, "appProperties": {"c": None}}
    changed = (await patch(client, f"files/{file['id']}", body, fields="properties,appProperties")).json
    assert changed == {"properties": {"b": "2", "d": "4"}}


async def test_an_id_is_generated_used_once_and_only_by_its_user(client: Client) -> None:
    """Ids come from generateIds; another user's and a used one are refused (facts C2)."""
    ids = (await client.get("files/generateIds", count="2")).json
    assert (ids["kind"], ids["space"], len(set(ids["ids"]))) == ("drive#generatedIds", "drive", 2)
    other = await post(as_user(client, client.world.users[1]), "files", {"id": ids["ids"][0]})
    assert (other.status, other.reason) == (400, "fileIdNotUsable@")
    assert (await made(client, {"id": ids["ids"][0]}))["id"] == ids["ids"][0]
    again = await post(client, "files", {"id": ids["ids"][0]})
    assert (again.status, again.reason) == (409, "duplicate@")
    document = await post(client, "files", {"id": ids["ids"][1], "mimeType": DOCUMENT})
    assert (document.status, document.reason) == (400, "fileIdNotUsable@")


async def test_ids_for_shortcuts_are_for_shortcuts(client: Client) -> None:
    """An id has the kind that was asked for."""
    target = (await made(client))["id"]
    ids = (await client.get("files/generateIds", type="shortcuts", count="1")).json["ids"]
    assert (await post(client, "files", {"id": ids[0]})).status == 400
    body = {"id": ids[0], "mimeType": SHORTCUT, "shortcutDetails": {"targetId": target}}
    assert (await made(client, body))["shortcutDetails"]["targetId"] == target


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"count": "1001"}, "invalidParameter@count"),
        ({"space": "photos"}, "invalid@space"),
        ({"type": "folders"}, "invalid@type"),
        ({"type": "shortcuts", "space": "appDataFolder"}, "invalid@type"),
    ],
)
async def test_bad_wishes_for_ids_are_refused(client: Client, params: dict[str, str], reason: str) -> None:
    """Counts and kinds are checked."""
    answer = await client.get("files/generateIds", **params)
    assert (answer.status, answer.reason) == (400, reason)


async def test_a_shortcut_cannot_lead_to_a_shortcut_or_to_what_is_hidden(client: Client) -> None:
    """A target must be visible and no shortcut."""
    hidden = client.world.create("hidden", owner=client.world.users[1])
    target = await made(client, {"name": "target", "mimeType": DOCUMENT})
    body = {"mimeType": SHORTCUT, "shortcutDetails": {"targetId": target["id"]}}
    shortcut = await made(client, body)
    assert shortcut["shortcutDetails"]["targetMimeType"] == DOCUMENT
    for target_id, expected in (
        (hidden.id, (404, "notFound@fileId")),
        (shortcut["id"], (403, "shortcutTargetInvalid@")),
    ):
        answer = await post(client, "files", {"mimeType": SHORTCUT, "shortcutDetails": {"targetId": target_id}})
        assert (answer.status, answer.reason) == expected


async def test_a_parent_must_be_a_folder_that_may_be_added_to(client: Client) -> None:
    """A file is no parent, and a folder shared for reading takes nothing."""
    owner = client.world.users[1]
    folder = client.world.create("shared", mime_type=FOLDER, owner=owner)
    reader = as_user(client, client.world.users[2])
    await post(as_user(client, owner), f"files/{folder.id}/permissions", _grant(client.world.users[2], "reader"))
    answer = await post(reader, "files", {"parents": [folder.id]})
    assert (answer.status, answer.reason) == (403, "insufficientParentPermissions@")
    file = await made(client)
    answer = await post(client, "files", {"parents": [file["id"]]})
    assert (answer.status, answer.reason) == (403, "parentNotAFolder@")


def _grant(user: User, role: str) -> dict[str, str]:
    return {"type": "user", "role": role, "emailAddress": user.email}


async def test_who_writes_into_a_shared_folder_owns_what_they_put_there(client: Client) -> None:
    """A writer's file in another one's folder is the writer's."""
    owner, writer = client.world.users[1], client.world.users[2]
    folder = client.world.create("shared", mime_type=FOLDER, owner=owner)
    await post(as_user(client, owner), f"files/{folder.id}/permissions", _grant(writer, "writer"))
    file = await made(as_user(client, writer), {"parents": [folder.id]})
    assert (file["ownedByMe"], file["parents"]) == (True, [folder.id])
    assert (await as_user(client, owner).get(f"files/{file['id']}")).status == 200


async def test_a_service_account_owns_nothing(client: Client) -> None:
    """It has no storage in My Drive, but writes into shared drives (facts A11)."""
    client.world.add_user(SERVICE_ACCOUNT)
    robot, drive_id = as_user(client, SERVICE_ACCOUNT.email), made_drive(client)
    answer = await post(robot, "files", {"name": "a"})
    assert (answer.status, answer.reason) == (403, "storageQuotaExceeded@")
    body = {"type": "user", "role": "writer", "emailAddress": SERVICE_ACCOUNT.email}
    await post(client, f"files/{drive_id}/permissions", body, **SUPPORTS)
    assert (await made(robot, {"parents": [drive_id]}, **SUPPORTS))["driveId"] == drive_id


# ── changing ─────────────────────────────────────────────────────────────────


async def test_one_patch_is_one_change(client: Client) -> None:
    """Name, description, star, trash and place make one entry and one new version."""
    file, folder = await made(client), await made(client, {"mimeType": FOLDER})
    follower = await follow(client)
    body = {"name": "b", "description": "new", "starred": True, "trashed": True, "properties": {"a": "b"}}
    moved = {"addParents": folder["id"], "removeParents": file["parents"][0]}
    changed = (await patch(client, f"files/{file['id']}", body, fields="*", **moved)).json
    assert {name: changed[name] for name in body} == body
    assert changed["parents"] == [folder["id"]]
    assert int(changed["version"]) == int(file["version"]) + 1
    assert await follower.told() == [(file["id"], False)]


async def test_a_name_sets_the_time_of_modification_and_a_move_does_not(client: Client) -> None:
    """A rename is a modification by who renamed; starring, trashing and properties are none."""
    file = await made(client, {"modifiedTime": "2020-01-01T00:00:00Z"})
    path = f"files/{file['id']}"
    for body in ({"starred": True}, {"trashed": True}, {"properties": {"a": "b"}}, {"writersCanShare": False}):
        assert (await patch(client, path, body, fields="modifiedTime")).json["modifiedTime"] == file["modifiedTime"]
    renamed = (await patch(client, path, {"name": "b"}, fields="modifiedTime,lastModifyingUser(me)")).json
    assert renamed["modifiedTime"] > file["modifiedTime"]
    set_back = {"name": "c", "modifiedTime": "2019-05-06T07:08:09.010Z"}
    assert (await patch(client, path, set_back, fields="modifiedTime")).json["modifiedTime"] == set_back["modifiedTime"]


async def test_who_modified_last_is_told(client: Client) -> None:
    """A writer who renames is the last to have modified."""
    writer = client.world.users[1]
    file = await made(client)
    await post(client, f"files/{file['id']}/permissions", _grant(writer, "writer"))
    await patch(as_user(client, writer), f"files/{file['id']}", {"name": "theirs"})
    told = (await client.get(f"files/{file['id']}", fields="lastModifyingUser(emailAddress),modifiedByMe")).json
    assert told == {"lastModifyingUser": {"emailAddress": writer.email}, "modifiedByMe": False}


async def test_an_empty_patch_changes_nothing(client: Client) -> None:
    """Nothing wanted, nothing logged."""
    file, follower = await made(client), await follow(client)
    answer = await patch(client, f"files/{file['id']}", {}, fields="version")
    assert answer.json == {"version": file["version"]}
    assert await follower.told() == []


async def test_a_star_is_told_to_its_user_alone(client: Client) -> None:
    """Others who see the file have no entry, and no star."""
    reader = client.world.users[1]
    file = await made(client)
    await post(client, f"files/{file['id']}/permissions", _grant(reader, "reader"))
    mine, theirs = await follow(client), await follow(as_user(client, reader))
    body = {"starred": True, "viewedByMeTime": "2021-01-01T00:00:00Z"}
    starred = await patch(as_user(client, reader), f"files/{file['id']}", body, fields="starred,viewedByMeTime")
    assert starred.json == {"starred": True, "viewedByMeTime": "2021-01-01T00:00:00.000Z"}
    assert (await mine.told(), await theirs.told()) == ([], [(file["id"], False)])
    assert (await client.get(f"files/{file['id']}", fields="starred")).json == {"starred": False}


async def test_a_description_can_be_taken_away(client: Client) -> None:
    """Null and the empty text both do."""
    for gone in (None, ""):
        file = await made(client, {"description": "words"})
        assert (await patch(client, f"files/{file['id']}", {"description": gone}, fields="description")).json == {}


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"parents": ["root"]}, 403, "fieldNotWritable@"),
        ({"id": "other"}, 403, "fieldNotWritable@"),
        ({"createdTime": "2020-01-01T00:00:00Z"}, 403, "fieldNotWritable@"),
        ({"shortcutDetails": {"targetId": "x"}}, 403, "fieldNotWritable@"),
        ({"capabilities": {}}, 403, "fieldNotWritable@"),
        ({"mimeType": DOCUMENT}, 403, "fieldNotWritable@"),
        ({"trashed": "yes"}, 400, "invalid@"),
    ],
)
async def test_what_cannot_be_changed_is_refused(
    client: Client, body: dict[str, Any], status: int, reason: str
) -> None:
    """Fields that are set once, or never, are refused (facts C2)."""
    file = await made(client)
    answer = await patch(client, f"files/{file['id']}", body)
    assert (answer.status, answer.reason) == (status, reason)


@pytest.mark.parametrize(
    ("role", "body", "status"),
    [
        ("reader", {"name": "x"}, 403),
        ("reader", {"starred": True}, 200),
        ("commenter", {"description": "x"}, 403),
        ("writer", {"name": "x"}, 200),
        ("writer", {"properties": {"a": "b"}}, 200),
        ("writer", {"trashed": True}, 403),
        ("writer", {"writersCanShare": False}, 403),
        ("writer", {"copyRequiresWriterPermission": True}, 200),
        ("writer", {"contentRestrictions": [{"readOnly": True}]}, 200),
        ("writer", {"inheritedPermissionsDisabled": True}, 200),
    ],
)
async def test_capabilities_decide(client: Client, role: str, body: dict[str, Any], status: int) -> None:
    """What a role may not do is refused with the id of the file (facts A6)."""
    user, file = client.world.users[1], await made(client)
    await post(client, f"files/{file['id']}/permissions", _grant(user, role))
    answer = await patch(as_user(client, user), f"files/{file['id']}", body)
    assert answer.status == status, answer.body
    if status == 403:
        assert answer.reason == "insufficientFilePermissions@"
        assert answer.json["error"]["message"].endswith(f"permissions for file {file['id']}.")


async def test_a_locked_file_keeps_its_name_until_it_is_unlocked(client: Client) -> None:
    """A content restriction forbids new names and content; taking it off allows them again (facts A6)."""
    file = await made(client, {"contentRestrictions": [{"readOnly": True, "ownerRestricted": True}]})
    user, path = client.world.users[1], f"files/{file['id']}"
    await post(client, f"{path}/permissions", _grant(user, "writer"))
    assert (await patch(client, path, {"name": "new"})).status == 403
    unlock = {"contentRestrictions": [{"readOnly": False}]}
    assert (await patch(as_user(client, user), path, unlock)).status == 403
    assert (await patch(client, path, unlock, fields="contentRestrictions")).json == {}
    assert (await patch(client, path, {"name": "new"})).status == 200


async def test_a_root_folder_cannot_be_changed(client: Client) -> None:
    """Neither My Drive nor a shared drive's folder."""
    drive_id = made_drive(client)
    for file_id in ("root", drive_id):
        answer = await patch(client, f"files/{file_id}", {"name": "x"}, **SUPPORTS)
        assert (answer.status, answer.reason) == (403, "insufficientFilePermissions@")


# ── the trash, and beyond ────────────────────────────────────────────────────


async def test_what_is_below_a_trashed_folder_is_trashed_and_comes_back_with_it(client: Client) -> None:
    """Below a trashed folder things are trashed, but not explicitly (facts A6)."""
    folder = await made(client, {"mimeType": FOLDER})
    file = await made(client, {"parents": [folder["id"]]})
    await patch(client, f"files/{folder['id']}", {"trashed": True})
    told = (await client.get(f"files/{file['id']}", fields="trashed,explicitlyTrashed")).json
    assert told == {"trashed": True, "explicitlyTrashed": False}
    await patch(client, f"files/{folder['id']}", {"trashed": False})
    assert (await client.get(f"files/{file['id']}", fields="trashed")).json == {"trashed": False}


async def test_only_the_owner_deletes_for_good(client: Client) -> None:
    """A writer cannot; the owner can, past the trash; then there is nothing."""
    user, file = client.world.users[1], await made(client)
    await post(client, f"files/{file['id']}/permissions", _grant(user, "writer"))
    refused = await delete(as_user(client, user), f"files/{file['id']}")
    assert (refused.status, refused.reason) == (403, "insufficientFilePermissions@")
    follower = await follow(client)
    gone = await delete(client, f"files/{file['id']}")
    assert (gone.status, gone.body) == (204, b"")
    assert await follower.told() == [(file["id"], True)]
    assert (await delete(client, f"files/{file['id']}")).status == 404


async def test_in_a_shared_drive_a_manager_deletes_and_a_content_manager_trashes(client: Client) -> None:
    """Roles of shared drives decide, and the drive must be asked for (facts A4)."""
    drive_id = made_drive(client, user1="fileOrganizer")
    file = await made(client, {"parents": [drive_id]}, **SUPPORTS)
    path, other = f"files/{file['id']}", as_user(client, client.world.users[1])
    assert (await delete(client, path)).status == 404
    assert (await delete(other, path, **SUPPORTS)).status == 403
    trashed = await patch(other, path, {"trashed": True}, fields="trashed,trashingUser(me)", **SUPPORTS)
    assert trashed.json == {"trashed": True, "trashingUser": {"me": True}}
    assert (await delete(client, path, **SUPPORTS)).status == 204


async def test_emptying_the_trash_takes_what_the_caller_owns(client: Client) -> None:
    """Files of others, and those of shared drives, stay in their trash."""
    folder = await made(client, {"mimeType": FOLDER, "name": "rubbish"})
    below = await made(client, {"parents": [folder["id"]]})
    await patch(client, f"files/{folder['id']}", {"trashed": True})
    drive_id = made_drive(client)
    shared = await made(client, {"parents": [drive_id]}, **SUPPORTS)
    await patch(client, f"files/{shared['id']}", {"trashed": True}, **SUPPORTS)
    emptied = await delete(client, "files/trash")
    assert (emptied.status, emptied.body) == (204, b"")
    assert [client.world.item(each["id"]) for each in (folder, below)] == [None, None]
    assert client.world.item(shared["id"]) is not None
    assert await client.pages("files", "files", q="trashed = true and 'me' in owners") == []


async def test_the_trash_of_a_shared_drive_is_emptied_by_a_manager(client: Client) -> None:
    """A driveId names whose trash; a content manager may not, a stranger does not see it."""
    drive_id = made_drive(client, user1="fileOrganizer")
    file = await made(client, {"parents": [drive_id]}, **SUPPORTS)
    await patch(client, f"files/{file['id']}", {"trashed": True}, **SUPPORTS)
    users = client.world.users
    statuses = [
        (await delete(as_user(client, user), "files/trash", driveId=drive_id)).status for user in (users[1], users[2])
    ]
    assert statuses == [403, 404]
    assert (await delete(client, "files/trash", driveId=drive_id)).status == 204
    assert client.world.item(file["id"]) is None


# ── copying ──────────────────────────────────────────────────────────────────


async def test_a_copy_says_the_same_and_is_its_makers(client: Client) -> None:
    """Content, properties and description are copied; the owner is who copies."""
    owner, user = client.world.users[1], client.world.users[2]
    original = client.world.create("a.txt", data=b"bytes", owner=owner, description="words")
    client.world.star(original.id, owner, starred=True)
    await patch(as_user(client, owner), f"files/{original.id}", {"properties": {"a": "1", "b": "2"}})
    await post(as_user(client, owner), f"files/{original.id}/permissions", _grant(user, "reader"))
    body = {"properties": {"a": None, "c": "3"}}
    copy = (await post(as_user(client, user), f"files/{original.id}/copy", body, fields="*")).json
    assert (copy["name"], copy["description"], copy["ownedByMe"]) == ("Copy of a.txt", "words", True)
    assert (copy["properties"], copy["starred"]) == ({"b": "2", "c": "3"}, False)
    assert copy["parents"] == [client.world.root_id(user)]
    assert (await as_user(client, user).read(copy["id"])).body == b"bytes"


async def test_a_copy_lies_beside_its_original_where_that_is_allowed(client: Client) -> None:
    """Without a parent a copy inherits that of its original."""
    folder = await made(client, {"mimeType": FOLDER})
    file = await made(client, {"parents": [folder["id"]]})
    copy = (await post(client, f"files/{file['id']}/copy", {"name": "b"}, fields="name,parents")).json
    assert copy == {"name": "b", "parents": [folder["id"]]}


async def test_folders_and_what_may_not_be_copied_are_not(client: Client) -> None:
    """A folder has no copy, nor has a file that its owner keeps from readers."""
    folder = await made(client, {"mimeType": FOLDER})
    file = await made(client, {"copyRequiresWriterPermission": True})
    reader = client.world.users[1]
    await post(client, f"files/{file['id']}/permissions", _grant(reader, "reader"))
    for caller, file_id in ((client, folder["id"]), (as_user(client, reader), file["id"])):
        answer = await post(caller, f"files/{file_id}/copy", {})
        assert (answer.status, answer.reason) == (403, "cannotCopyFile@")


async def test_a_copy_of_a_document_says_what_the_document_says(client: Client) -> None:
    """Also where nobody ever wrote the document."""
    document = client.world.create("Report", mime_type=DOCUMENT)
    copy = (await post(client, f"files/{document.id}/copy", {})).json
    texts = [
        (await client.get(f"files/{each}/export", mimeType="text/plain")).body for each in (document.id, copy["id"])
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 1000


async def test_a_text_is_copied_as_a_document(client: Client) -> None:
    """A MIME type in the body converts."""
    file = client.world.create("a.txt", mime_type="text/plain", data=b"some text")
    copy = (await post(client, f"files/{file.id}/copy", {"mimeType": DOCUMENT})).json
    assert copy["mimeType"] == DOCUMENT
    assert b"some text" in (await client.get(f"files/{copy['id']}/export", mimeType="text/plain")).body


async def test_open_comments_are_copied_when_that_is_asked_for(client: Client) -> None:
    """Resolved ones are not."""
    file = client.world.create("a.txt", data=b"x")
    for content in ("open", "resolved"):
        comment = (await post(client, f"files/{file.id}/comments", {"content": content}, fields="id")).json
    await post(client, f"files/{file.id}/comments/{comment['id']}/replies", {"action": "resolve"}, fields="id")
    for params, expected in (({}, []), ({"copyComments": "true"}, ["open"])):
        copy = (await post(client, f"files/{file.id}/copy", {}, **params)).json
        comments = (await client.get(f"files/{copy['id']}/comments", fields="comments(content)")).json
        assert [comment["content"] for comment in comments.get("comments", [])] == expected
