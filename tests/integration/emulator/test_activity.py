"""Drive Activity over HTTP (facts E)."""

from typing import Any

import pytest

from google_drive_emulator.oauth.identity import account_number
from google_drive_emulator.world.commenting import add_comment, add_reply
from google_drive_emulator.world.items import (
    DOCUMENT,
    FOLDER,
    DriveRestrictions,
    Item,
    Label,
    Permission,
    Traits,
    User,
)

from .conftest import Answer, Client


async def ask(client: Client, **body: Any) -> Answer:
    return await client.send("POST", "/v2/activity:query", json=body)


async def activities(client: Client, **body: Any) -> list[Any]:
    answer = await ask(client, **body)
    assert answer.status == 200, answer.body
    found: list[Any] = answer.json.get("activities", [])
    return found


async def of(client: Client, item: Item) -> list[Any]:
    return await activities(client, itemName=f"items/{item.id}")


async def newest(client: Client, item: Item) -> Any:
    return (await of(client, item))[0]


def kinds(found: list[Any]) -> list[str]:
    """Return what each activity chiefly is."""
    return [next(iter(each["primaryActionDetail"])) for each in found]


def titles(found: list[Any]) -> list[str]:
    return [each["targets"][0]["driveItem"]["title"] for each in found]


def person(user: User, *, current: bool = False) -> Any:
    known: dict[str, Any] = {"personName": f"people/{account_number(user)}"}
    return {"knownUser": known | ({"isCurrentUser": True} if current else {})}


async def test_an_activity_tells_who_did_what_to_what_and_when(client: Client) -> None:
    """In full, with the fields that Google calls deprecated beside their successors."""
    client.world.clock.set(1_790_000_000_123)
    client.world.clock.freeze()
    file, first = client.world.create("a.txt", mime_type="text/plain", origin="upload"), client.world.users[0]
    (found,) = await of(client, file)
    assert found == {
        "primaryActionDetail": {"create": {"upload": {}}},
        "actors": [{"user": person(first, current=True)}],
        "actions": [{"detail": {"create": {"upload": {}}}}],
        "targets": [
            {
                "driveItem": {
                    "name": f"items/{file.id}",
                    "title": "a.txt",
                    "driveFile": {},
                    "file": {},
                    "mimeType": "text/plain",
                    "owner": {
                        "user": person(first, current=True),
                        "domain": found["targets"][0]["driveItem"]["owner"]["domain"],
                    },
                }
            }
        ],
        "timestamp": "2026-09-21T14:13:20.123Z",
    }
    assert found["targets"][0]["driveItem"]["owner"]["domain"]["name"] == "example.com"


async def test_what_is_done_over_http_is_recorded_newest_first(client: Client) -> None:
    """A title is that of right after the deed."""
    file, folder = client.world.create("before"), client.world.create("folder", mime_type=FOLDER)
    client.world.rename(file.id, "after")
    client.world.edit(file.id, b"text")
    client.world.move(file.id, folder.id)
    client.world.trash(file.id)
    client.world.restore(file.id)
    found = await of(client, file)
    assert kinds(found) == ["restore", "delete", "move", "edit", "rename", "create"]
    assert [each["primaryActionDetail"] for each in found[:2]] == [
        {"restore": {"type": "UNTRASH"}},
        {"delete": {"type": "TRASH"}},
    ]
    assert found[4]["primaryActionDetail"] == {"rename": {"oldTitle": "before", "newTitle": "after"}}
    assert titles(found) == ["after"] * 5 + ["before"]
    move = found[2]["primaryActionDetail"]["move"]
    assert move["addedParents"][0]["driveItem"]["title"] == "folder"
    assert move["removedParents"][0]["driveItem"]["driveFolder"] == {"type": "MY_DRIVE_ROOT"}


async def test_a_copy_names_its_original(client: Client) -> None:
    """As it was called when it was copied."""
    original = client.world.create("original")
    copy = client.world.create("copy", origin="copy", copied_from=original.id)
    client.world.rename(original.id, "renamed")
    copied = (await newest(client, copy))["primaryActionDetail"]["create"]["copy"]
    assert copied["originalObject"]["driveItem"]["title"] == "original"


async def test_grants_have_the_roles_of_drive_activity(client: Client) -> None:
    """And each kind of grantee its own field; nobody's address is told but that of groups."""
    file, other = client.world.create("a"), client.world.users[1]
    grants = [
        (
            Permission(other.permission_id, "user", "writer", email=other.email),
            {"role": "EDITOR", "user": person(other)},
        ),
        (
            Permission("5", "group", "commenter", email="g@example.com", display_name="G"),
            {"role": "COMMENTER", "group": {"email": "g@example.com", "title": "G"}},
        ),
        (
            Permission("anyone", "anyone", "reader", allow_file_discovery=True),
            {"role": "VIEWER", "anyone": {}, "allowDiscovery": True},
        ),
        (Permission("6", "user", "reader", is_deleted=True), {"role": "VIEWER", "user": {"deletedUser": {}}}),
    ]
    for grant, expected in grants:
        client.world.share(file.id, grant)
        changed = (await newest(client, file))["primaryActionDetail"]["permissionChange"]
        assert changed == {"addedPermissions": [expected]}
    client.world.unshare(file.id, "5")
    changed = (await newest(client, file))["primaryActionDetail"]["permissionChange"]
    assert changed == {"removedPermissions": [grants[1][1]]}
    client.world.share(file.id, Permission("7", "domain", "reader", domain="example.org"))
    (granted,) = (await newest(client, file))["primaryActionDetail"]["permissionChange"]["addedPermissions"]
    assert granted["domain"]["name"] == "example.org"


async def test_comments_are_targets_of_their_own(client: Client) -> None:
    """The ids are those of Drive; a reply names the discussion that it belongs to."""
    file, (first, other) = client.world.create("d", mime_type=DOCUMENT), client.world.users[:2]
    comment = add_comment(client.world, file.id, first, f"+{other.email} +guest@example.org")
    (said,) = (await newest(client, file))["targets"]
    detail = (await newest(client, file))["primaryActionDetail"]["comment"]
    reply = add_reply(client.world, file.id, comment.id, first, action="resolve")
    answered = await newest(client, file)
    target = answered["targets"][0]["fileComment"]
    assert detail == {"post": {"subtype": "ADDED"}, "mentionedUsers": [person(other), {"unknownUser": {}}]}
    assert (said["fileComment"]["legacyCommentId"], said["fileComment"]["legacyDiscussionId"]) == (
        comment.id,
        comment.id,
    )
    assert (target["legacyCommentId"], target["legacyDiscussionId"]) == (reply.id, comment.id)
    assert target["linkToDiscussion"] == f"https://docs.google.com/document/d/{file.id}/edit?disco={comment.id}"
    assert target["parent"]["name"] == f"items/{file.id}"
    assert answered["primaryActionDetail"]["comment"] == {"post": {"subtype": "RESOLVED"}}


async def test_assignments_name_the_assignee(client: Client) -> None:
    """They are comments of their own kind."""
    file, (first, other) = client.world.create("a"), client.world.users[:2]
    add_comment(client.world, file.id, first, "do it", assignee=other.email)
    detail = (await newest(client, file))["primaryActionDetail"]["comment"]
    assert detail == {"assignment": {"subtype": "ADDED", "assignedUser": person(other)}}


async def test_labels_are_told_with_their_fields(client: Client) -> None:
    """Each value by its type; several of one type are a list."""
    file = client.world.create("a")
    old = Label("l", "3", (("n", "integer", ("1",)), ("t", "text", ("x",))))
    fields = (
        ("n", "integer", ("2",)),
        ("d", "dateString", ("2026-01-02",)),
        ("s", "selection", ("a", "b")),
        ("u", "user", ("a@example.com",)),
    )
    client.world.update(file.id, traits=Traits(labels=(old,)))
    client.world.update(file.id, traits=Traits(labels=(Label("l", "3", fields),)))
    (change,) = (await newest(client, file))["primaryActionDetail"]["appliedLabelChange"]["changes"]
    assert (change["label"], change["types"]) == ("labels/l@3", ["LABEL_FIELD_VALUE_CHANGED"])
    changed = {each["fieldId"]: each for each in change["fieldChanges"]}
    assert (changed["n"]["oldValue"], changed["n"]["newValue"]) == (
        {"integer": {"value": "1"}},
        {"integer": {"value": "2"}},
    )
    assert changed["t"]["oldValue"] == {"text": {"value": "x"}}
    assert "newValue" not in changed["t"]
    assert changed["d"]["newValue"] == {"date": {"value": "2026-01-02T00:00:00.000Z"}}
    assert [each["value"] for each in changed["s"]["newValue"]["selectionList"]["values"]] == ["a", "b"]
    assert changed["u"]["newValue"] == {"user": {"value": "a@example.com"}}


async def test_a_shared_drive_is_a_target(client: Client) -> None:
    """With its root folder; what lies in it is owned by it, and an ancestor finds both."""
    drive = client.world.create_drive("Team")
    client.world.update_drive(
        type(drive)(drive.id, "Team", drive.created_ms, restrictions=DriveRestrictions(drive_members_only=True))
    )
    client.world.create("inside", parent=drive.id)
    found = await activities(client, ancestorName=f"items/{drive.id}")
    owner = found[0]["targets"][0]["driveItem"]["owner"]
    target = found[1]["targets"][0]["drive"]
    assert kinds(found) == ["create", "settingsChange", "create"]
    assert owner["drive"] == {"name": f"drives/{drive.id}", "title": "Team"}
    assert (target["name"], target["title"]) == (f"drives/{drive.id}", "Team")
    assert target["root"]["driveFolder"] == {"type": "SHARED_DRIVE_ROOT"}
    restriction = {"feature": "DIRECT_SHARING", "newRestriction": "FULLY_RESTRICTED"}
    assert found[1]["primaryActionDetail"] == {"settingsChange": {"restrictionChanges": [restriction]}}
    client.world.delete_drive(drive.id)
    assert kinds(await activities(client))[0] == "delete"


async def test_one_sees_what_was_done_to_what_one_may_see(client: Client) -> None:
    """Access now decides, also over the past; the same deed is another's and not the current user's."""
    other = client.world.users[1]
    file = client.world.create("mine")
    client.token = other.email
    hidden = await ask(client, itemName=f"items/{file.id}")
    unseen = titles(await activities(client))
    client.world.share(file.id, Permission(other.permission_id, "user", "reader", email=other.email))
    found = await of(client, file)
    assert (hidden.status, hidden.json["error"]["status"]) == (404, "NOT_FOUND")
    assert "mine" not in unseen
    assert kinds(found) == ["permissionChange", "create"]
    assert found[1]["actors"] == [{"user": person(client.world.users[0])}]


async def test_what_is_gone_is_told_to_who_had_access(client: Client) -> None:
    """By its id, by where it lay, and to nobody else."""
    folder = client.world.create("folder", mime_type=FOLDER)
    file = client.world.create("gone", parent=folder.id)
    client.world.delete(file.id)
    assert kinds(await of(client, file)) == ["delete", "create"]
    assert titles(await activities(client, ancestorName=f"items/{folder.id}")) == ["gone", "gone", "folder"]
    client.token = client.world.users[1].email
    assert (await ask(client, itemName=f"items/{file.id}")).status == 404


async def test_without_a_key_everything_is_told_or_what_lies_in_my_drive(client: Client) -> None:
    """A setting decides."""
    first, other = client.world.users[:2]
    theirs = client.world.create("theirs", owner=other)
    client.world.share(theirs.id, Permission(first.permission_id, "user", "reader", email=first.email))
    client.world.create("mine")
    everything = titles(await activities(client))
    await client.control("PUT", "activity", {"without_key": "my_drive"})
    assert everything == ["mine", "theirs", "theirs"]
    assert titles(await activities(client)) == ["mine"]
    assert titles(await activities(client, ancestorName="items/root")) == ["mine"]


async def test_what_the_world_began_with_was_created_once(client: Client) -> None:
    """Asked for by its name alone, an item has a past, which is in no other list."""
    file = next(item for item in map(client.world.item_at, range(300)) if item and item.modified_ms > item.created_ms)
    found = await of(client, file)
    assert kinds(found) == ["edit", "create"]
    assert await activities(client) == []
    only = await activities(client, itemName=f"items/{file.id}", filter="detail.action_detail_case:CREATE")
    assert kinds(only) == ["create"]


async def test_filters_choose_by_time_and_action(client: Client) -> None:
    """Both at once as well."""
    client.world.clock.freeze()
    file = client.world.create("a")
    client.world.clock.advance(10)
    moment = client.world.clock()
    client.world.rename(file.id, "b")
    client.world.clock.advance(10)
    client.world.rename(file.id, "c")
    found = await activities(client, filter=f"time <= {moment} AND detail.action_detail_case:(RENAME EDIT)")
    others = await activities(client, filter="-detail.action_detail_case:RENAME")
    assert titles(found) == ["b"]
    assert kinds(others) == ["create"]


async def test_pages_join_to_the_whole_whatever_happens_between(client: Client) -> None:
    """New activities appear in no later page, and none is given twice."""
    for number in range(7):
        client.world.create(str(number))
    found: list[str] = []
    body: dict[str, Any] = {"pageSize": 3}
    while True:
        answer = (await ask(client, **body)).json
        found += titles(answer["activities"])
        client.world.create("later")
        if "nextPageToken" not in answer:
            break
        body["pageToken"] = answer["nextPageToken"]
    assert found == [str(number) for number in reversed(range(7))]


async def test_pages_reach_back_to_what_the_world_began_with(client: Client) -> None:
    """The made-up past of an item has pages too."""
    file = next(item for item in map(client.world.item_at, range(300)) if item and item.modified_ms > item.created_ms)
    client.world.rename(file.id, "new")
    found: list[str] = []
    body: dict[str, Any] = {"itemName": f"items/{file.id}", "pageSize": 1}
    for _ in range(3):
        answer = (await ask(client, **body)).json
        found += kinds(answer["activities"])
        body["pageToken"] = answer.get("nextPageToken", "")
    assert (found, body["pageToken"]) == (["rename", "edit", "create"], "")


async def test_pages_may_be_short(client: Client) -> None:
    """The size is a hint, which the settings for pages may undercut."""
    for number in range(20):
        client.world.create(str(number))
    await client.control("PUT", "pages", {"short_pages": True})
    found: list[str] = []
    sizes: list[int] = []
    body: dict[str, Any] = {"pageSize": 10}
    while body.get("pageToken") != "":
        answer = (await ask(client, **body)).json
        sizes.append(len(answer["activities"]))
        found += titles(answer["activities"])
        body["pageToken"] = answer.get("nextPageToken", "")
    assert found == [str(number) for number in reversed(range(20))]
    assert max(sizes) < 10


async def test_page_tokens_belong_to_their_query_and_grow_old(client: Client) -> None:
    """Both are INVALID_ARGUMENT."""
    for name in ("a", "b"):
        client.world.create(name)
    token = (await ask(client, pageSize=1)).json["nextPageToken"]
    other = await ask(client, pageToken=token, filter="time > 1")
    await client.control("PUT", "clock", {"advance_ms": 7 * 3_600_000})
    old = await ask(client, pageToken=token)
    for answer in (other, old):
        assert (answer.status, answer.json["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_the_legacy_strategy_groups_what_belongs_together(client: Client) -> None:
    """Each action then has what the activity has several of; the time is a range."""
    first, other = client.world.users[:2]
    client.world.clock.freeze()
    files = [client.world.create(name) for name in ("a", "b")]
    for user in (first, other):
        client.world.clock.advance(1000)
        client.world.edit(files[0].id, user.email.encode(), by=user)
    edits, creations = await activities(client, consolidationStrategy={"legacy": {}})
    assert [each["user"]["knownUser"]["personName"] for each in edits["actors"]] == [
        person(user)["knownUser"]["personName"] for user in (other, first)
    ]
    assert [set(action) for action in edits["actions"]] == [{"detail", "actor", "timestamp"}] * 2
    assert (len(edits["targets"]), set(edits["timeRange"])) == (1, {"startTime", "endTime"})
    assert [each["driveItem"]["title"] for each in creations["targets"]] == ["b", "a"]
    assert [set(action) for action in creations["actions"]] == [{"detail", "target"}] * 2
    assert len(await activities(client, consolidationStrategy={"none": {}})) == 4


@pytest.mark.parametrize(
    ("deed", "detail"),
    [
        ({"deed": "flagged"}, {"dlpChange": {"type": "FLAGGED"}}),
        ({"deed": "discuss"}, {"reference": {"type": "DISCUSS"}}),
        ({"deed": "edit"}, {"edit": {}}),
        ({"suggestion": "ACCEPTED"}, {"comment": {"suggestion": {"subtype": "ACCEPTED"}}}),
    ],
)
async def test_the_control_api_adds_what_no_call_brings_about(
    client: Client, deed: dict[str, str], detail: dict[str, Any]
) -> None:
    """Deeds of other services."""
    file = client.world.create("a")
    assert (await client.control("POST", "activity", {"id": file.id, **deed})).status == 200
    assert (await newest(client, file))["primaryActionDetail"] == detail


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ("administrator", {"administrator": {}}),
        ("anonymous", {"anonymous": {}}),
        ("USER_DELETION", {"system": {"type": "USER_DELETION"}}),
    ],
)
async def test_not_only_users_act(client: Client, actor: str, expected: dict[str, Any]) -> None:
    """The control API says who did it."""
    file, other = client.world.create("a"), client.world.users[1]
    await client.control("POST", "activity", {"id": file.id, "deed": "edit", "actor": actor})
    impersonation = {"id": file.id, "deed": "edit", "actor": "impersonation", "user": other.email}
    assert (await newest(client, file))["actors"] == [expected]
    await client.control("POST", "activity", impersonation)
    assert (await newest(client, file))["actors"] == [{"impersonation": {"impersonatedUser": person(other)}}]


async def test_the_system_empties_the_trash(client: Client) -> None:
    """What was trashed 30 days ago is deleted by it, and what lay in that; the rest stays."""
    folder, early = client.world.create("folder", mime_type=FOLDER), client.world.create("early")
    inside = client.world.create("inside", parent=folder.id)
    late = client.world.create("late")
    for item in (inside, folder, early):
        client.world.trash(item.id)
    client.world.clock.advance(30 * 86_400_000)
    client.world.trash(late.id)
    answer = await client.control("POST", "trash/purge", {})
    assert set(answer.json["deleted"]) >= {folder.id, early.id}
    assert [client.world.item(item.id) is None for item in (folder, inside, early, late)] == [True, True, True, False]
    purged = await newest(client, early)
    assert purged["primaryActionDetail"] == {"delete": {"type": "PERMANENT_DELETE"}}
    assert purged["actors"] == [{"system": {"type": "TRASH_AUTO_PURGE"}}]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"itemName": "items/x", "ancestorName": "items/root"}, 400),
        ({"consolidationStrategy": {"none": {}, "legacy": {}}}, 400),
        ({"itemName": "x"}, 400),
        ({"itemName": "items/"}, 400),
        ({"itemName": "items/unknown"}, 404),
        ({"ancestorName": "items/unknown"}, 404),
        ({"filter": "nonsense"}, 400),
        ({"pageSize": -1}, 400),
        ({"pageSize": "many"}, 400),
        ({"pageToken": "nonsense"}, 400),
        ({"colour": "red"}, 400),
    ],
)
async def test_bad_queries_are_refused_as_google_rpc_does(client: Client, body: dict[str, Any], status: int) -> None:
    """With a status and without ``errors``."""
    answer = await ask(client, **body)
    assert answer.status == status
    assert answer.json["error"]["status"] == {400: "INVALID_ARGUMENT", 404: "NOT_FOUND"}[status]
    assert "errors" not in answer.json["error"]


async def test_malformed_queries_and_masks_are_refused(client: Client) -> None:
    """In the same shape."""
    malformed = await client.send("POST", "/v2/activity:query", data=b"{")
    unmasked = await client.send("POST", "/v2/activity:query", params={"fields": "colour"}, json={})
    masked = await client.send("POST", "/v2/activity:query", params={"fields": "activities(timestamp)"}, json={})
    assert [answer.json["error"].get("errors") for answer in (malformed, unmasked)] == [None, None]
    assert (malformed.status, unmasked.status, masked.json) == (400, 400, {})


@pytest.mark.parametrize(
    "message",
    [
        {"id": "unknown", "deed": "edit"},
        {"deed": "edit"},
        {"id": "FILE"},
        {"id": "FILE", "deed": "edit", "suggestion": "ADDED"},
        {"id": "FILE", "deed": "burn"},
        {"id": "FILE", "deed": "edit", "user": "nobody@example.org"},
    ],
)
async def test_what_the_control_api_cannot_record_is_said(client: Client, message: dict[str, str]) -> None:
    """With status 400 and a text."""
    file = client.world.create("a")
    answer = await client.control("POST", "activity", {k: v.replace("FILE", file.id) for k, v in message.items()})
    assert (answer.status, bool(answer.json["error"])) == (400, True)


async def test_a_reset_forgets_what_was_done(client: Client) -> None:
    """The record is part of the world."""
    client.world.create("a")
    held = (await client.control("GET", "activity")).json["activities"]
    await client.control("POST", "reset")
    assert (held, (await client.control("GET", "activity")).json["activities"]) == (1, 0)
    assert await activities(client) == []


async def test_an_internal_error_is_brought_about_by_a_fault(client: Client) -> None:
    """As users of Drive Activity report them; it has the shape of google.rpc as well."""
    await client.control("POST", "faults", {"faults": [{"route": "activity.query", "kind": "error", "status": 500}]})
    failed, again = await ask(client), await ask(client)
    assert (failed.status, failed.json["error"]["status"], again.status) == (500, "INTERNAL", 200)
    assert "errors" not in failed.json["error"]
