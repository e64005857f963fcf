"""files.list and files.get over a real socket."""

import hashlib
import json

import pytest

from google_drive_emulator.world.items import FOLDER

from .conftest import Client

ALL_DRIVES = {"includeItemsFromAllDrives": "true", "supportsAllDrives": "true"}
INT64_FIELDS = ("size", "quotaBytesUsed", "version", "thumbnailVersion")


async def test_pages_add_up_to_the_world(client: Client) -> None:
    """Following nextPageToken gives every item once."""
    files = await client.pages("files", "files", pageSize="70")
    assert len({file["id"] for file in files}) == len(files) == 300


async def test_without_a_mask_a_file_has_four_fields(client: Client) -> None:
    """The default mask of a list is kind, id, name and mimeType (facts A3)."""
    answer = await client.get("files", pageSize="1")
    assert set(answer.json) == {"kind", "incompleteSearch", "nextPageToken", "files"}
    assert set(answer.json["files"][0]) == {"kind", "id", "name", "mimeType"}


async def test_a_mask_without_the_token_hides_it(client: Client) -> None:
    """NextPageToken vanishes when the mask omits it (facts A3)."""
    answer = await client.get("files", pageSize="1", fields="files(id)")
    assert set(answer.json) == {"files"}


async def test_an_empty_mask_selects_nothing(client: Client) -> None:
    """``fields=`` answers an empty object (facts A3)."""
    answer = await client.get("files", fields="")
    assert answer.json == {}


async def test_a_file_is_the_same_listed_and_alone(client: Client) -> None:
    """files.get gives what files.list gave, for every kind of item."""
    for listed in (await client.get("files", pageSize="60", fields="files")).json["files"]:
        assert (await client.get(f"files/{listed['id']}", fields="*")).json == listed


async def test_resources_follow_the_kind_of_item(client: Client) -> None:
    """Checksums are for blobs, sizes for all but folders and shortcuts, int64 are strings (facts A6)."""
    for file in await client.pages("files", "files", pageSize="1000", fields="files"):
        is_native = file["mimeType"].startswith("application/vnd.google-apps.")
        is_sizeless = file["mimeType"] in {FOLDER, "application/vnd.google-apps.shortcut"}
        assert ("md5Checksum" in file) == ("headRevisionId" in file) == (not is_native)
        assert ("size" in file) == (not is_sizeless)
        assert ("shortcutDetails" in file) == file["mimeType"].endswith(".shortcut")
        assert all(isinstance(file.get(name, ""), str) for name in INT64_FIELDS)
        assert len(file["permissions"]) == len(file["permissionIds"]) == (1 if file["mimeType"] == FOLDER else 3)
        assert ("parents" in file) == file["ownedByMe"]


async def test_shortcuts_name_the_type_of_their_target(client: Client) -> None:
    """A shortcut's target exists and has the MIME type that the shortcut says (facts A6)."""
    query = "mimeType = 'application/vnd.google-apps.shortcut'"
    shortcuts = await client.pages("files", "files", q=query, fields="files(shortcutDetails)")
    assert shortcuts
    for shortcut in shortcuts:
        details = shortcut["shortcutDetails"]
        target = await client.get(f"files/{details['targetId']}")
        assert target.json["mimeType"] == details["targetMimeType"]


async def test_root_is_an_alias(client: Client) -> None:
    """``root`` names My Drive, in paths and in queries."""
    root = (await client.get("files/root", fields="*")).json
    children = await client.pages("files", "files", q="'root' in parents", fields="files(parents)", pageSize="1000")
    assert root["name"] == "My Drive"
    assert "parents" not in root
    assert children
    assert all(child["parents"] == [root["id"]] for child in children)


@pytest.mark.parametrize(
    ("params", "status", "reason"),
    [
        ({"pageSize": "1001"}, 400, "invalidParameter@page_size"),
        ({"pageSize": "0"}, 400, "invalidParameter@page_size"),
        ({"pageSize": "many"}, 400, "invalid@"),
        ({"supportsAllDrives": "maybe"}, 400, "invalid@"),
        ({"orderBy": "colour"}, 400, "invalid@orderBy"),
        ({"orderBy": "name,name desc"}, 403, "orderByContainsDuplicateSortKeys@orderBy"),
        ({"includeItemsFromAllDrives": "true"}, 403, "supportsTeamDrivesRequired@"),
        ({"corpora": "drive"}, 400, "invalid@driveId"),
        (ALL_DRIVES | {"corpora": "drive", "driveId": "x"}, 404, "notFound@driveId"),
        ({"q": "colour = 'red'"}, 400, "invalid@q"),
        ({"pageToken": "nonsense"}, 400, "invalid@pageToken"),
        ({"fields": "files(colour)"}, 400, "invalidParameter@fields"),
        ({"alt": "media"}, 400, "badRequest@alt"),
        ({"pageSize": "0", "q": "nonsense", "fields": "nonsense"}, 400, "invalidParameter@page_size"),
        ({"q": "nonsense", "pageToken": "nonsense", "fields": "nonsense"}, 400, "invalid@q"),
    ],
)
async def test_bad_parameters_are_refused_in_order(
    client: Client, params: dict[str, str], status: int, reason: str
) -> None:
    """Each bad parameter has Google's status, reason and location; of several the first in Google's order counts."""
    answer = await client.get("files", **params)
    assert (answer.status, answer.reason) == (status, reason)


async def test_a_token_belongs_to_its_query(client: Client) -> None:
    """A page token given with another query is invalid; page size and mask may change."""
    token = (await client.get("files", pageSize="5", q="trashed = false")).json["nextPageToken"]
    other = await client.get("files", pageSize="5", q="trashed = true", pageToken=token)
    resized = await client.get("files", pageSize="9", q="trashed = false", pageToken=token, fields="files(id)")
    assert (other.status, other.reason) == (400, "invalid@pageToken")
    assert len(resized.json["files"]) == 9


async def test_order_by_sorts_across_pages(client: Client) -> None:
    """A sorted listing is sorted over all of its pages."""
    files = await client.pages(
        "files", "files", orderBy="modifiedTime desc", pageSize="45", fields="nextPageToken,files(modifiedTime)"
    )
    times = [file["modifiedTime"] for file in files]
    assert len(times) == 300
    assert times == sorted(times, reverse=True)


async def test_an_unknown_file_is_not_found(client: Client) -> None:
    """The message names the id and ends with a full stop (facts C2)."""
    answer = await client.get("files/1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    assert (answer.status, answer.reason) == (404, "notFound@fileId")
    assert answer.json["error"]["message"] == "File not found: 1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA."


async def test_an_unknown_path_is_not_found_in_googles_shape(client: Client) -> None:
    """Paths that nothing serves answer a Drive error."""
    answer = await client.get("nothing/here")
    assert (answer.status, answer.reason) == (404, "notFound@")


async def test_media_is_what_the_checksums_say(client: Client) -> None:
    """alt=media gives the stated number of bytes with the stated checksums."""
    fields = "files(id,size,md5Checksum,sha256Checksum)"
    files = await client.pages("files", "files", pageSize="100", fields=fields)
    blobs = [file for file in files if "md5Checksum" in file]
    for file in blobs[:20]:
        media = await client.read(file["id"])
        assert str(len(media.body)) == file["size"]
        assert hashlib.md5(media.body, usedforsecurity=False).hexdigest() == file["md5Checksum"]
        assert hashlib.sha256(media.body).hexdigest() == file["sha256Checksum"]


async def test_ranges_put_together_are_the_whole(client: Client) -> None:
    """Parts read by Range have status 206 and join to the whole content (facts A10)."""
    item = client.world.create("a.bin", data=bytes(range(256)) * 5)
    whole = (await client.read(item.id)).body
    parts = [await client.read(item.id, f"bytes={start}-{start + 499}") for start in range(0, 1280, 500)]
    assert [part.status for part in parts] == [206, 206, 206]
    assert parts[1].headers["Content-Range"] == "bytes 500-999/1280"
    assert b"".join(part.body for part in parts) == whole


async def test_a_range_past_the_end_is_not_satisfiable(client: Client) -> None:
    """A range past the end answers 416 and says the size, also for an empty file (facts A10)."""
    item = client.world.create("empty.bin")
    answer = await client.read(item.id, "bytes=0-9")
    assert (answer.status, answer.headers["Content-Range"]) == (416, "bytes */0")
    assert answer.reason == "requestedRangeNotSatisfiable@Range"


async def test_a_folder_cannot_be_downloaded(client: Client) -> None:
    """Only blobs have bytes (facts A10)."""
    answer = await client.get("files/root", alt="media")
    assert (answer.status, answer.reason) == (403, "fileNotDownloadable@alt")


async def test_a_long_query_may_come_as_a_post(client: Client) -> None:
    """A POST that says it is a GET is one, with the parameters in its body (facts G)."""
    answer = await client.send(
        "POST", "/drive/v3/files", headers={"X-HTTP-Method-Override": "GET"}, data={"pageSize": "3"}
    )
    assert len(answer.json["files"]) == 3


async def test_answers_are_indented_unless_that_is_refused(client: Client) -> None:
    """By default JSON is indented by two spaces and ends with a newline; prettyPrint=false gives the same compact."""
    plain, indented = (
        await client.get("files", pageSize="1000", prettyPrint="false"),
        await client.get("files", pageSize="1000"),
    )
    assert plain.body.startswith(b'{"kind"')
    assert indented.body.endswith(b"\n}\n")
    assert indented.body.startswith(b'{\n  "kind"')
    assert indented.json == plain.json == json.loads(plain.body)


async def test_a_rename_shows_in_the_next_listing(client: Client) -> None:
    """Rendered files that were kept are not used once the item changed."""
    listed = (await client.get("files", pageSize="5")).json["files"]
    client.world.rename(listed[3]["id"], "renamed")
    again = (await client.get("files", pageSize="5")).json["files"]
    assert [file["name"] for file in again] == [*(file["name"] for file in listed[:3]), "renamed", listed[4]["name"]]


async def test_a_trashed_folder_shows_on_what_is_below_it(client: Client) -> None:
    """Listing again after a folder was trashed says so of its children, whose versions did not change."""
    query = f"'root' in parents and mimeType = '{FOLDER}'"
    folder_id = (await client.get("files", q=query)).json["files"][0]["id"]
    below = {"q": f"'{folder_id}' in parents", "fields": "files(trashed,explicitlyTrashed,version)"}
    before = (await client.get("files", **below)).json["files"]
    client.world.trash(folder_id)
    after = (await client.get("files", **below)).json["files"]
    assert before
    assert [file["version"] for file in after] == [file["version"] for file in before]
    assert all(file["trashed"] for file in after)


async def test_permissions_are_listed_whole_or_in_pages(client: Client) -> None:
    """permissions.list gives the inline permissions, in pages if a page size is given."""
    file = (await client.get("files", pageSize="1", fields="files(id,permissions)")).json["files"][0]
    path = f"files/{file['id']}/permissions"
    whole = (await client.get(path, fields="*")).json["permissions"]
    paged = await client.pages(path, "permissions", pageSize="1", fields="*")
    assert whole == paged == file["permissions"]
