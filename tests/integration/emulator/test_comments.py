"""``comments`` and ``replies`` over HTTP (facts A9)."""

from typing import Any

import pytest

from google_drive_emulator.world.commenting import add_comment
from google_drive_emulator.world.items import FOLDER, Permission, Restriction, Traits, User

from .conftest import Answer, Client

EVERYTHING = {"fields": "*"}


@pytest.fixture
def file_id(client: Client) -> str:
    """Make a file to talk about."""
    return client.world.create("a.txt", mime_type="text/plain").id


async def call(client: Client, method: str, path: str, body: object = None, **params: str) -> Answer:
    return await client.send(method, f"/drive/v3/files/{path}", params=EVERYTHING | params, json=body)


async def say(client: Client, file_id: str, content: str = "first", **more: Any) -> Any:
    answer = await call(client, "POST", f"{file_id}/comments", {"content": content, **more})
    assert answer.status == 200, answer.body
    return answer.json


def admit(client: Client, file_id: str, role: str) -> User:
    """Give the second user a role on the file, and let them call from now on."""
    other = client.world.users[1]
    client.world.share(file_id, Permission(other.permission_id, "user", role, email=other.email))
    client.token = other.email
    return other


async def test_a_comment_comes_back_as_it_was_said(client: Client, file_id: str) -> None:
    """With what it quotes and where; its author has neither address nor permission id."""
    quoted = {"mimeType": "text/plain", "value": "some words"}
    made = await say(client, file_id, "a < b\n+b@example.com", anchor='{"r":"head"}', quotedFileContent=quoted)
    assert (made["content"], made["anchor"], made["quotedFileContent"]) == (
        "a < b\n+b@example.com",
        '{"r":"head"}',
        quoted,
    )
    assert made["htmlContent"].startswith('a &lt; b<br><a href="mailto:b@example.com"')
    assert made["mentionedEmailAddresses"] == ["b@example.com"]
    assert set(made["author"]) == {"kind", "displayName", "photoLink", "me"}
    assert (made["deleted"], made["resolved"], made["replies"]) == (False, False, [])
    assert (await call(client, "GET", f"{file_id}/comments/{made['id']}")).json == made


async def test_the_file_does_not_change_with_what_is_said(client: Client, file_id: str) -> None:
    """Neither its time nor its version, and the change log is silent."""
    before, start = client.world.item(file_id), client.world.change_id
    await say(client, file_id)
    assert (client.world.item(file_id), client.world.change_id) == (before, start)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "comments"),
        ("POST", "comments"),
        ("GET", "comments/x"),
        ("PATCH", "comments/x"),
        ("GET", "comments/x/replies"),
        ("POST", "comments/x/replies"),
        ("GET", "comments/x/replies/y"),
        ("PATCH", "comments/x/replies/y"),
    ],
)
async def test_a_mask_is_mandatory(client: Client, file_id: str, method: str, path: str) -> None:
    """Without one it is 400 ``required``; a wrong name in it is refused too (facts A3)."""
    bare = await client.send(method, f"/drive/v3/files/{file_id}/{path}")
    wrong = await client.send(method, f"/drive/v3/files/{file_id}/{path}", params={"fields": "comment"})
    assert (bare.status, bare.reason) == (400, "required@fields")
    assert (wrong.status, wrong.reason) == (400, "invalidParameter@fields")


async def test_comments_are_listed_newest_first_in_pages(client: Client, file_id: str) -> None:
    """20 a page unless asked otherwise, 100 at most."""
    for number in range(25):
        add_comment(client.world, file_id, client.world.users[0], str(number))
    path = f"files/{file_id}/comments"
    first = (await client.get(path, fields="*")).json
    paged = await client.pages(path, "comments", fields="nextPageToken,comments(content)", pageSize="10")
    assert (len(first["comments"]), first["kind"]) == (20, "drive#commentList")
    assert [each["content"] for each in paged] == [str(number) for number in reversed(range(25))]
    assert (await client.get(path, fields="*", pageSize="101")).reason == "invalidParameter@page_size"


async def test_only_what_changed_since_is_listed(client: Client, file_id: str) -> None:
    """A reply counts as a change of its comment; deleted ones come along if asked for."""
    client.world.clock.freeze()
    old, other = await say(client, file_id, "old"), await say(client, file_id, "other")
    client.world.clock.advance(1000)
    await call(client, "POST", f"{file_id}/comments/{old['id']}/replies", {"content": "yes"})
    await call(client, "DELETE", f"{file_id}/comments/{other['id']}")
    since = {"startModifiedTime": (await call(client, "GET", f"{file_id}/comments/{old['id']}")).json["modifiedTime"]}
    listed = (await call(client, "GET", f"{file_id}/comments", **since)).json["comments"]
    more = (await call(client, "GET", f"{file_id}/comments", includeDeleted="true", **since)).json["comments"]
    assert [each["id"] for each in listed] == [old["id"]]
    assert [each["id"] for each in more] == [other["id"], old["id"]]
    bad = await call(client, "GET", f"{file_id}/comments", startModifiedTime="yesterday")
    assert (bad.status, bad.reason) == (400, "invalid@startModifiedTime")


async def test_a_deleted_comment_keeps_its_id_and_loses_its_content(client: Client, file_id: str) -> None:
    """It is found only by who asks for deleted ones."""
    made = await say(client, file_id, quotedFileContent={"value": "x"})
    path = f"{file_id}/comments/{made['id']}"
    assert (await call(client, "DELETE", path)).status == 204
    gone = await call(client, "GET", path)
    assert (gone.status, gone.reason) == (404, "notFound@commentId")
    found = (await call(client, "GET", path, includeDeleted="true")).json
    assert (found["id"], found["deleted"]) == (made["id"], True)
    assert not {"content", "htmlContent", "quotedFileContent"} & set(found)
    assert (await call(client, "GET", f"{file_id}/comments")).json["comments"] == []


async def test_replies_resolve_and_reopen_a_comment(client: Client, file_id: str) -> None:
    """An action needs no content; other actions there are not."""
    path = f"{file_id}/comments/{(await say(client, file_id))['id']}"
    for action, resolved in (("resolve", True), ("reopen", False)):
        reply = (await call(client, "POST", f"{path}/replies", {"action": action})).json
        assert (reply["action"], reply["content"]) == (action, "")
        assert (await call(client, "GET", path, fields="resolved")).json == {"resolved": resolved}
    assert (await call(client, "POST", f"{path}/replies", {"action": "burn"})).reason == "invalid@"
    assert (await call(client, "POST", f"{path}/replies", {})).reason == "required@"


async def test_replies_are_listed_oldest_first(client: Client, file_id: str) -> None:
    """Also inside their comment, where deleted ones are left out too."""
    path = f"{file_id}/comments/{(await say(client, file_id))['id']}"
    made = [(await call(client, "POST", f"{path}/replies", {"content": text})).json for text in ("a", "b", "c")]
    assert (await call(client, "DELETE", f"{path}/replies/{made[1]['id']}")).status == 204
    paged = await client.pages(f"files/{path}/replies", "replies", fields="*", pageSize="1")
    everything = (await call(client, "GET", f"{path}/replies", includeDeleted="true")).json["replies"]
    inside = (await call(client, "GET", path)).json["replies"]
    assert [each["content"] for each in paged] == [each["content"] for each in inside] == ["a", "c"]
    assert [each.get("content") for each in everything] == ["a", None, "c"]
    assert (await call(client, "GET", f"{path}/replies/{made[1]['id']}")).reason == "notFound@replyId"
    assert (await call(client, "GET", f"{path}/replies/{made[1]['id']}", includeDeleted="true")).json["deleted"] is True


async def test_edits_are_for_the_author(client: Client, file_id: str) -> None:
    """Others may reply, though, and edit that."""
    path = f"{file_id}/comments/{(await say(client, file_id))['id']}"
    changed = await call(client, "PATCH", path, {"content": "second"})
    assert (changed.json["content"], changed.status) == ("second", 200)
    admit(client, file_id, "commenter")
    reply = (await call(client, "POST", f"{path}/replies", {"content": "mine"})).json
    edited = await call(client, "PATCH", f"{path}/replies/{reply['id']}", {"content": "better"})
    assert edited.json["content"] == "better"
    for method in ("PATCH", "DELETE"):
        refused = await call(client, method, path, {"content": "third"})
        assert (refused.status, refused.reason) == (403, "insufficientFilePermissions@")
    client.token = client.world.users[0].email
    for method in ("PATCH", "DELETE"):
        assert (await call(client, method, f"{path}/replies/{reply['id']}", {"content": "x"})).status == 403


async def test_readers_read_and_do_not_comment(client: Client, file_id: str) -> None:
    """``canComment`` decides: a reader, and anybody on a locked file or a folder, may not."""
    made = await say(client, file_id)
    folder = client.world.create("f", mime_type=FOLDER)
    locked = client.world.create("b.txt", traits=Traits(restrictions=(Restriction(),)))
    for item_id in (folder.id, locked.id):
        refused = await call(client, "POST", f"{item_id}/comments", {"content": "x"})
        assert (refused.status, refused.reason) == (403, "insufficientFilePermissions@")
    admit(client, file_id, "reader")
    assert (await call(client, "GET", f"{file_id}/comments/{made['id']}")).json["author"]["me"] is False
    for path, body in (("comments", {"content": "x"}), (f"comments/{made['id']}/replies", {"action": "resolve"})):
        assert (await call(client, "POST", f"{file_id}/{path}", body)).status == 403


async def test_an_assignee_is_named(client: Client, file_id: str) -> None:
    """Comments are assigned by the world only, as the API cannot."""
    comment = add_comment(client.world, file_id, client.world.users[0], "do it", assignee="b@example.com")
    found = (await call(client, "GET", f"{file_id}/comments/{comment.id}", fields="assigneeEmailAddress")).json
    assert found == {"assigneeEmailAddress": "b@example.com"}


async def test_comments_of_shared_drives_need_no_parameter(client: Client) -> None:
    """The methods do not know ``supportsAllDrives`` (facts A2)."""
    drive = client.world.create_drive("Team")
    file = client.world.create("a.txt", mime_type="text/plain", parent=drive.id)
    made = await say(client, file.id)
    assert (await call(client, "GET", f"{file.id}/comments")).json["comments"] == [made]


@pytest.mark.parametrize(
    ("body", "reason"),
    [({}, "required@"), ({"content": ""}, "required@"), ({"content": 7}, "invalid@"), ([], "invalid@")],
)
async def test_a_comment_needs_content(client: Client, file_id: str, body: object, reason: str) -> None:
    """Nothing, or something else than text, is refused."""
    answer = await call(client, "POST", f"{file_id}/comments", body)
    assert (answer.status, answer.reason) == (400, reason)


async def test_an_unknown_file_or_comment_is_not_found(client: Client, file_id: str) -> None:
    """The file is looked for first."""
    assert (await call(client, "GET", "unknown/comments")).reason == "notFound@fileId"
    assert (await call(client, "GET", f"{file_id}/comments/unknown/replies")).reason == "notFound@commentId"
