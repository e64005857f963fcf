"""What several people do, by Google's own client: permissions, comments, replies, shared drives, the directory."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from googleapiclient.errors import HttpError  # type: ignore[import-untyped] # Google's client has no types
from googleapiclient.http import MediaIoBaseUpload  # type: ignore[import-untyped] # as above

from google_drive_emulator import Running

ALL_DRIVES = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}


@pytest.fixture
def file_id(drive: Any) -> str:
    """Make a file of the first user's."""
    made: str = drive.files().create(body={"name": "shared.txt"}).execute()["id"]
    return made


def test_a_permission_is_given_changed_and_taken_back(
    drive: Any, client_of: Callable[..., Any], running: Running, file_id: str
) -> None:
    """Who is given a role sees the file, and sees it no longer when the role is taken back."""
    other = running.world.users[1].email
    theirs, permissions = client_of(bearer=other), drive.permissions()
    body = {"type": "user", "role": "reader", "emailAddress": other}
    given = permissions.create(fileId=file_id, body=body, sendNotificationEmail=False, fields="id,role").execute()
    assert theirs.files().get(fileId=file_id).execute()["name"] == "shared.txt"
    changed = permissions.update(fileId=file_id, permissionId=given["id"], body={"role": "writer"}).execute()
    assert changed["role"] == "writer"
    got = permissions.get(fileId=file_id, permissionId=given["id"], fields="emailAddress,role").execute()
    assert got == {"emailAddress": other, "role": "writer"}
    listed = permissions.list(fileId=file_id, fields="permissions(id,role)").execute()["permissions"]
    assert {permission["role"] for permission in listed} == {"owner", "writer"}
    assert permissions.delete(fileId=file_id, permissionId=given["id"]).execute() == ""
    with pytest.raises(HttpError) as refused:
        theirs.files().get(fileId=file_id).execute()
    assert refused.value.status_code == 404


def test_a_reader_may_not_rename(client_of: Callable[..., Any], drive: Any, running: Running, file_id: str) -> None:
    """A 403 gives its reason in the details of the client's error (facts C2)."""
    other = running.world.users[1].email
    drive.permissions().create(fileId=file_id, body={"type": "user", "role": "reader", "emailAddress": other}).execute()
    with pytest.raises(HttpError) as refused:
        client_of(bearer=other).files().update(fileId=file_id, body={"name": "mine"}).execute()
    assert refused.value.status_code == 403
    assert refused.value.error_details[0]["reason"] == "insufficientFilePermissions"


def test_a_comment_lives_with_its_replies(drive: Any, file_id: str) -> None:
    """All methods of comments and replies, to a comment that is resolved, and deleted (facts A9)."""
    comments, replies = drive.comments(), drive.replies()
    made = comments.create(fileId=file_id, body={"content": "first"}, fields="id,content,resolved").execute()
    where = {"fileId": file_id, "commentId": made["id"]}
    assert made["content"] == "first"
    assert comments.update(**where, body={"content": "second"}, fields="content").execute() == {"content": "second"}
    reply = replies.create(**where, body={"content": "an answer"}, fields="id").execute()["id"]
    replies.update(**where, replyId=reply, body={"content": "another"}, fields="content").execute()
    assert replies.get(**where, replyId=reply, fields="content").execute() == {"content": "another"}
    replies.create(**where, body={"content": "done", "action": "resolve"}, fields="id,action").execute()
    got = comments.get(**where, fields="resolved,replies(content,action)").execute()
    assert got == {"resolved": True, "replies": [{"content": "another"}, {"content": "done", "action": "resolve"}]}
    assert replies.delete(**where, replyId=reply).execute() == ""
    listed = replies.list(**where, includeDeleted=True, fields="replies(id,deleted)").execute()["replies"]
    assert {"id": reply, "deleted": True} in listed
    assert comments.delete(**where).execute() == ""
    assert comments.list(fileId=file_id, fields="comments(id)").execute()["comments"] == []


def test_comments_are_listed_in_pages(drive: Any, file_id: str) -> None:
    """list_next goes through all comments."""
    comments, found = drive.comments(), []
    for number in range(5):
        comments.create(fileId=file_id, body={"content": str(number)}, fields="id").execute()
    request = comments.list(fileId=file_id, pageSize=2, fields="nextPageToken,comments(content)")
    while request is not None:
        page = request.execute()
        found += [comment["content"] for comment in page["comments"]]
        request = comments.list_next(request, page)
    assert sorted(found) == ["0", "1", "2", "3", "4"]


def test_a_shared_drive_lives(drive: Any) -> None:
    """A shared drive is made once for a request id, renamed, hidden, shown, and deleted."""
    drives = drive.drives()
    made = drives.create(requestId="request-1", body={"name": "Team"}, fields="id,name").execute()
    with pytest.raises(HttpError) as refused:
        drives.create(requestId="request-1", body={"name": "Team"}).execute()
    assert refused.value.status_code == 409
    assert made["id"] in [each["id"] for each in drives.list(pageSize=100).execute()["drives"]]
    assert drives.update(driveId=made["id"], body={"name": "Crew"}, fields="name").execute() == {"name": "Crew"}
    assert drives.hide(driveId=made["id"], fields="hidden").execute() == {"hidden": True}
    assert drives.unhide(driveId=made["id"], fields="hidden").execute() == {"hidden": False}
    assert drives.get(driveId=made["id"], fields="name,capabilities(canDeleteDrive)").execute() == {
        "name": "Crew",
        "capabilities": {"canDeleteDrive": True},
    }
    assert drives.delete(driveId=made["id"]).execute() == ""
    with pytest.raises(HttpError):
        drives.get(driveId=made["id"]).execute()


def test_files_live_in_a_shared_drive(drive: Any) -> None:
    """A file of a shared drive is found by who says that they know of shared drives, and by no one else (facts A4)."""
    drive_id = drive.drives().create(requestId="request-2", body={"name": "Team"}).execute()["id"]
    media = MediaIoBaseUpload(io.BytesIO(b"text"), "text/plain")
    body = {"name": "a.txt", "parents": [drive_id]}
    made = drive.files().create(body=body, media_body=media, supportsAllDrives=True, fields="id,driveId").execute()
    assert made["driveId"] == drive_id
    listed = drive.files().list(corpora="drive", driveId=drive_id, **ALL_DRIVES, fields="files(id,name)").execute()
    assert listed == {"files": [{"id": made["id"], "name": "a.txt"}]}
    changes = drive.changes().getStartPageToken(driveId=drive_id, supportsAllDrives=True).execute()
    assert changes["startPageToken"]
    with pytest.raises(HttpError) as refused:
        drive.files().get(fileId=made["id"]).execute()
    assert refused.value.status_code == 404


def test_the_directory_knows_users_and_groups(client_of: Callable[..., Any], running: Running) -> None:
    """Users, groups and members by the client of the Admin SDK (facts D)."""
    directory = client_of("admin", "directory_v1")
    users = directory.users().list(customer="my_customer", maxResults=500).execute()["users"]
    assert {user["primaryEmail"] for user in users} == {user.email for user in running.world.users}
    group = directory.groups().list(customer="my_customer").execute()["groups"][0]
    assert directory.groups().get(groupKey=group["email"]).execute()["id"] == group["id"]
    members = directory.members().list(groupKey=group["email"]).execute()["members"]
    member = directory.members().hasMember(groupKey=group["email"], memberKey=members[0]["email"]).execute()
    assert member == {"isMember": True}


def test_the_profile_is_that_of_the_caller(client_of: Callable[..., Any], running: Running) -> None:
    """The client of OAuth2 v2 gives the address of who calls (facts F)."""
    address = running.world.users[0].email
    assert client_of("oauth2", "v2", bearer=address).userinfo().get().execute()["email"] == address
