"""What users see of the world, and how it is changed by the control API, over a real socket (facts A4, A7)."""

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.events import Event, ItemEvent
from google_drive_emulator.world.items import FOLDER
from google_drive_emulator.world.timestamps import rfc3339

from .conftest import Client
from .people import SUPPORTS, as_user, follow, made_drive


async def mutate(client: Client, *operations: dict[str, object]) -> list[str]:
    answer = await client.control("POST", "world", {"mutations": operations})
    assert answer.status == 200, answer.body
    return [result["id"] for result in answer.json["results"]]


async def test_a_user_sees_what_is_theirs_or_shared(client: Client) -> None:
    """Two users list different files, and neither finds what is private to the other."""
    world, (first, second) = client.world, client.world.users[1:3]
    mine = world.create("first's", owner=first)
    world.create("second's", owner=second)
    shared = world.create("shared", owner=second)
    world.share(shared.id, user_grant(first, "reader"))
    names = {file["name"] for file in await as_user(client, first).pages("files", "files", q="name contains 's'")}
    assert names >= {"shared"}
    assert "second's" not in names
    assert (await as_user(client, second).get(f"files/{mine.id}")).status == 404


async def test_who_owns_a_folder_sees_what_others_put_into_it(client: Client) -> None:
    """An item in another's folder is its maker's, and the folder's owner may write it but does not own it."""
    world, guest = client.world, client.world.users[3]
    folder = world.create("folder", mime_type=FOLDER)
    world.share(folder.id, user_grant(guest, "writer"))
    item = world.create("contribution", parent=folder.id, owner=guest)
    fields = "ownedByMe,parents,capabilities(canEdit,canDelete)"
    assert (await client.get(f"files/{item.id}", fields=fields)).json == {
        "ownedByMe": False,
        "parents": [folder.id],
        "capabilities": {"canEdit": True, "canDelete": False},
    }
    world.delete(folder.id)
    left = (await as_user(client, guest).get(f"files/{item.id}", fields="ownedByMe,parents")).json
    assert left == {"ownedByMe": True, "parents": [world.root_id(guest)]}


async def test_what_comes_with_a_shared_folder_is_not_shared_by_itself(client: Client) -> None:
    """``sharedWithMe`` is for the folder alone, as is its time."""
    world, guest = client.world, client.world.users[3]
    folder = world.create("sharing test", mime_type=FOLDER)
    world.create("sharing test inside", parent=folder.id)
    world.share(folder.id, user_grant(guest, "reader"))
    theirs = as_user(client, guest)
    listed = (await theirs.get("files", q="name contains 'sharing test'", fields="files(name,sharedWithMeTime)")).json
    assert {file["name"]: "sharedWithMeTime" in file for file in listed["files"]} == {
        "sharing test": True,
        "sharing test inside": False,
    }
    found = (await theirs.get("files", q="name contains 'sharing test' and sharedWithMe")).json["files"]
    assert [file["name"] for file in found] == ["sharing test"]


async def test_accounts_come_and_go_by_the_control_api(client: Client) -> None:
    """A new account has an empty drive of its own; a removed one gets in no more."""
    await mutate(client, {"op": "add_user", "emailAddress": "ann@elsewhere.org", "displayName": "Ann"})
    ann = as_user(client, "ann@elsewhere.org")
    assert (await ann.get("about", fields="user(displayName)")).json == {"user": {"displayName": "Ann"}}
    assert (await ann.get("files")).json["files"] == []
    assert (await ann.get("files/root", fields="name")).json == {"name": "My Drive"}
    await mutate(client, {"op": "remove_user", "emailAddress": "ann@elsewhere.org"})
    assert (await ann.get("files")).status == 401


async def test_drives_and_members_change_by_the_control_api(client: Client) -> None:
    """Drives, members, groups, limits, stars and transfers are operations, by whoever they name."""
    first, guest = client.world.users[0], client.world.users[3]
    log = await follow(as_user(client, guest))
    (drive_id,) = await mutate(client, {"op": "create_drive", "name": "Team"})
    address = "crew@example.com"
    *_, folder_id, inside_id = await mutate(
        client,
        {"op": "put_group", "emailAddress": address, "members": [guest.email]},
        {"op": "share", "id": drive_id, "role": "fileOrganizer", "type": "group", "emailAddress": address},
        {"op": "create", "name": "folder", "mimeType": FOLDER, "parent": drive_id, "by": guest.email},
        {"op": "create", "name": "gift", "by": guest.email},
    )
    assert await log.told() == [(drive_id, False), (inside_id, False)]
    await mutate(
        client,
        {"op": "limit", "id": folder_id},
        {"op": "star", "id": inside_id, "by": guest.email},
        {"op": "view", "id": inside_id, "by": guest.email},
        {"op": "transfer", "id": inside_id, "emailAddress": first.email, "moveToNewOwnersRoot": True},
        {"op": "update_drive", "id": drive_id, "name": "Crew", "restrictions": {"domainUsersOnly": True}},
    )
    theirs = as_user(client, guest)
    assert (await theirs.get(f"files/{inside_id}", fields="starred,ownedByMe,viewedByMe")).json == {
        "starred": True,
        "ownedByMe": False,
        "viewedByMe": True,
    }
    shown = await theirs.get(f"files/{folder_id}", fields="inheritedPermissionsDisabled", **SUPPORTS)
    assert shown.json == {"inheritedPermissionsDisabled": True}
    assert client.world.drives[drive_id].restrictions.domain_users_only
    await mutate(client, {"op": "remove_group", "emailAddress": address}, {"op": "delete_drive", "id": drive_id})
    assert (await theirs.get(f"files/{folder_id}", **SUPPORTS)).status == 404


async def test_an_operation_that_cannot_be_says_why(client: Client) -> None:
    """The message names what is wrong; operations before it were carried out."""
    drive_id, file = made_drive(client), client.world.create("file")
    for operation, text in (
        ({"op": "share", "id": file.id, "role": "organizer", "emailAddress": "a@b.org"}, "role must be one of"),
        ({"op": "share", "id": file.id, "type": "user"}, "needs an emailAddress"),
        ({"op": "share", "id": file.id, "type": "robot", "emailAddress": "a@b.org"}, "type must be"),
        ({"op": "share", "id": file.id, "type": "domain"}, "needs a domain"),
        ({"op": "rename", "id": file.id, "name": "x", "by": "nobody@example.com"}, "there is no user"),
        ({"op": "create_drive", "name": "x", "id": drive_id}, "there is already"),
        ({"op": "update_drive", "id": "none", "name": "x"}, "there is no shared drive"),
        ({"op": "remove_user", "emailAddress": client.world.users[0].email}, "the first user stays"),
        ({"op": "remove_group", "emailAddress": "none@example.com"}, "there is no group"),
        ({"op": "add_user", "emailAddress": client.world.users[1].email}, "there is already"),
        ({"op": "star", "id": "none"}, "there is no item"),
        ({"op": "fly", "id": "none"}, "Invalid value 'fly'"),
    ):
        answer = await client.control("POST", "world", {"mutations": [operation]})
        assert answer.status == 400
        assert text in answer.json["error"]


async def test_random_mutations_may_be_everyones(client: Client) -> None:
    """With ``everyone`` shared drives come, with members and items; without, all stays in the first user's drive."""
    first = client.world.users[0].email
    answer = await client.control("POST", "world/random", {"count": 100, "seed": 1})
    assert {operation.get("by") for operation in answer.json["mutations"]} == {None}
    assert not client.world.drives
    answer = await client.control("POST", "world/random", {"count": 300, "seed": 1, "everyone": True})
    done = answer.json["mutations"]
    assert len({operation.get("by") for operation in done} - {first, None}) > 3
    assert {"create_drive", "move", "limit", "transfer", "put_group"} <= {operation["op"] for operation in done}
    assert client.world.drives


async def test_grants_end_when_the_clock_is_set(client: Client) -> None:
    """Advancing the clock past the end of a grant tells it at once, to those who are notified too."""
    item = client.world.create("lent")
    (_,) = await mutate(
        client,
        {
            "op": "share",
            "id": item.id,
            "emailAddress": client.world.users[3].email,
            "expirationTime": rfc3339(client.world.clock() + 60_000),
        },
    )
    told: list[Event] = []
    client.world.listen(told.append)
    await client.control("PUT", "clock", {"advance_ms": 61_000})
    assert [isinstance(event, ItemEvent) and client.world.users[3].email in event.logs for event in told] == [True]
