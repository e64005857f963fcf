"""Files by Google's own client: listing, reading, making, changing and removing them."""

import io
from typing import Any

import pytest
from googleapiclient.errors import HttpError  # type: ignore[import-untyped] # Google's client has no types
from googleapiclient.http import MediaIoBaseUpload  # type: ignore[import-untyped] # as above

from google_drive_emulator import Running
from google_drive_emulator.world.items import FOLDER, SHORTCUT


def all_pages(resource: Any, request: Any, items: str) -> list[Any]:
    """Follow ``list_next`` to the end."""
    found: list[Any] = []
    while request is not None:
        page = request.execute()
        found += page[items]
        request = resource.list_next(request, page)
    return found


def test_list_next_goes_through_all_files(drive: Any) -> None:
    """Paging ends after every file came once."""
    request = drive.files().list(pageSize=30, fields="nextPageToken,files(id,name)", orderBy="name")
    files = all_pages(drive.files(), request, "files")
    assert len({file["id"] for file in files}) == len(files) == 200


def test_a_file_is_got_with_the_fields_asked_for(drive: Any) -> None:
    """A listed file can be got alone."""
    listed = drive.files().list(pageSize=1).execute()["files"][0]
    got = drive.files().get(fileId=listed["id"], fields="id,name,capabilities(canEdit)").execute()
    assert got == {"id": listed["id"], "name": listed["name"], "capabilities": {"canEdit": True}}


def test_a_long_query_is_sent_as_a_post(drive: Any) -> None:
    """Above 2048 characters the client turns a GET into a POST with an override (facts G)."""
    name = drive.files().list(pageSize=1).execute()["files"][0]["name"].replace("\\", "\\\\").replace("'", "\\'")
    others = " or ".join(f"name = 'There is no file of this name {number}'" for number in range(60))
    request = drive.files().list(q=f"{others} or name = '{name}'")
    assert len(request.uri) > 2048
    assert request.execute()["files"]


def test_about_says_who_calls(drive: Any, running: Running) -> None:
    """about.get gives the user, the quota as text, and what documents can become."""
    about = drive.about().get(fields="user,storageQuota,exportFormats,maxUploadSize").execute()
    assert about["user"]["emailAddress"] == running.world.users[0].email
    assert about["user"]["me"] is True
    assert int(about["storageQuota"]["usage"]) >= 0
    assert "application/pdf" in about["exportFormats"]["application/vnd.google-apps.document"]


def test_a_file_is_made_with_an_id_that_was_given_before(drive: Any) -> None:
    """An id of generateIds can be used once; a second time is 409."""
    ids = drive.files().generateIds(count=3, space="drive").execute()["ids"]
    assert len(set(ids)) == 3
    made = drive.files().create(body={"id": ids[0], "name": "Made.txt", "mimeType": "text/plain"}).execute()
    assert made["id"] == ids[0]
    with pytest.raises(HttpError) as refused:
        drive.files().create(body={"id": ids[0], "name": "Again.txt"}).execute()
    assert refused.value.status_code == 409


def test_a_folder_is_filled_renamed_moved_trashed_and_deleted(drive: Any) -> None:
    """The life of a file, each step seen by the next call."""
    files = drive.files()
    folders = [files.create(body={"name": name, "mimeType": FOLDER}).execute()["id"] for name in ("From", "To")]
    file_id = files.create(body={"name": "a.txt", "parents": [folders[0]]}, fields="id").execute()["id"]
    changed = {"name": "b.txt", "description": "words", "properties": {"colour": "red"}, "starred": True}
    fields = "name,description,properties,starred"
    assert files.update(fileId=file_id, body=changed, fields=fields).execute() == changed
    moved = files.update(fileId=file_id, addParents=folders[1], removeParents=folders[0], fields="parents").execute()
    assert moved == {"parents": [folders[1]]}
    assert files.list(q=f"'{folders[1]}' in parents").execute()["files"][0]["id"] == file_id
    assert files.update(fileId=file_id, body={"trashed": True}, fields="trashed").execute() == {"trashed": True}
    assert files.delete(fileId=file_id).execute() == ""
    with pytest.raises(HttpError):
        files.get(fileId=file_id).execute()


def test_a_copy_has_the_bytes_of_its_original(drive: Any) -> None:
    """files.copy makes a new file with a name of its own."""
    media = MediaIoBaseUpload(io.BytesIO(b"the same bytes"), "text/plain")
    original = drive.files().create(body={"name": "original.txt"}, media_body=media, fields="id,md5Checksum").execute()
    copy = drive.files().copy(fileId=original["id"], body={"name": "copy.bin"}, fields="id,name,md5Checksum").execute()
    assert copy["id"] != original["id"]
    assert (copy["name"], copy["md5Checksum"]) == ("copy.bin", original["md5Checksum"])
    assert drive.files().get_media(fileId=copy["id"]).execute() == b"the same bytes"


def test_a_shortcut_points_at_a_file(drive: Any) -> None:
    """A shortcut is made from the id of its target and knows the target's type."""
    target = drive.files().create(body={"name": "target.txt", "mimeType": "text/plain"}).execute()["id"]
    body = {"name": "link", "mimeType": SHORTCUT, "shortcutDetails": {"targetId": target}}
    made = drive.files().create(body=body, fields="shortcutDetails").execute()
    assert made["shortcutDetails"]["targetId"] == target
    assert made["shortcutDetails"]["targetMimeType"] == "text/plain"


def test_emptying_the_trash_deletes_what_is_in_it(drive: Any) -> None:
    """files.emptyTrash answers nothing, and nothing of one's own is left in the trash."""
    file_id = drive.files().create(body={"name": "rubbish"}).execute()["id"]
    drive.files().update(fileId=file_id, body={"trashed": True}).execute()
    assert drive.files().emptyTrash().execute() == ""
    assert drive.files().list(q="trashed = true and 'me' in owners").execute()["files"] == []


def test_labels_are_set_listed_and_removed(drive: Any) -> None:
    """files.modifyLabels says what it changed, files.listLabels what there is."""
    file_id = drive.files().create(body={"name": "labelled"}).execute()["id"]
    change = {"fieldId": "priority", "setTextValues": ["high"]}
    body = {"labelModifications": [{"labelId": "important", "fieldModifications": [change]}]}
    modified = drive.files().modifyLabels(fileId=file_id, body=body).execute()["modifiedLabels"]
    assert [label["id"] for label in modified] == ["important"]
    labels = drive.files().listLabels(fileId=file_id).execute()["labels"]
    assert labels[0]["fields"]["priority"]["text"] == ["high"]
    removal = {"labelModifications": [{"labelId": "important", "removeLabel": True}]}
    drive.files().modifyLabels(fileId=file_id, body=removal).execute()
    assert drive.files().listLabels(fileId=file_id).execute().get("labels", []) == []
