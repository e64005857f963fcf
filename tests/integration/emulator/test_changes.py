"""changes.getStartPageToken and changes.list over a real socket (facts A5)."""

import pytest

from google_drive_emulator.world.items import Permission

from .conftest import Client


async def start(client: Client) -> str:
    token: str = (await client.get("changes/startPageToken")).json["startPageToken"]
    return token


async def test_an_untouched_world_has_no_changes(client: Client) -> None:
    """From the start token on there is nothing, and the new token is the old one."""
    token = await start(client)
    answer = await client.get("changes", pageToken=token)
    assert answer.json == {"kind": "drive#changeList", "newStartPageToken": token, "changes": []}


async def test_many_changes_of_an_item_are_one_entry(client: Client) -> None:
    """A newer change replaces the older one; entries are in the order of the newest changes."""
    token = await start(client)
    first, second = client.world.create("first"), client.world.create("second")
    client.world.rename(first.id, "first again")
    changes = (await client.get("changes", pageToken=token)).json["changes"]
    assert [(change["fileId"], change["file"]["name"]) for change in changes] == [
        (second.id, "second"),
        (first.id, "first again"),
    ]


async def test_a_deleted_item_leaves_a_tombstone(client: Client) -> None:
    """A deletion is an entry without a file, hidden by includeRemoved=false; trashing is an ordinary change."""
    token = await start(client)
    deleted, trashed = client.world.create("deleted"), client.world.create("trashed")
    client.world.delete(deleted.id)
    client.world.trash(trashed.id)
    fields = "newStartPageToken,changes(removed,fileId,file(trashed))"
    changes = (await client.get("changes", pageToken=token, fields=fields)).json["changes"]
    shown = (await client.get("changes", pageToken=token, fields=fields, includeRemoved="false")).json["changes"]
    kept = {"removed": False, "fileId": trashed.id, "file": {"trashed": True}}
    assert changes == [{"removed": True, "fileId": deleted.id}, kept]
    assert shown == [kept]


async def test_losing_access_looks_like_a_removal(client: Client) -> None:
    """Once a share is taken away the item is removed from that user's log, and from theirs only."""
    world, token = client.world, await start(client)
    guest = world.users[5]
    item = world.create("shared for a while")
    world.share(item.id, Permission(guest.permission_id, "user", "reader", email=guest.email))
    world.unshare(item.id, guest.permission_id)
    assert len(list(world.changes_since(guest, int(token)))) == 1
    mine = (await client.get("changes", pageToken=token)).json["changes"]
    assert [change["removed"] for change in mine] == [False]
    seen = world.item(item.id)
    assert seen is not None
    assert world.viewer(guest).role(seen) is None


async def test_a_folders_change_is_logged_for_the_folder_alone(client: Client) -> None:
    """Sharing or trashing a folder changes what is below it without entries for it."""
    world = client.world
    folder = world.create("folder", mime_type="application/vnd.google-apps.folder")
    child = world.create("child", parent=folder.id)
    token = await start(client)
    world.share(folder.id, Permission("77", "user", "reader", email="guest@example.org"))
    world.trash(folder.id)
    changes = (await client.get("changes", pageToken=token)).json["changes"]
    below = (await client.get(f"files/{child.id}", fields="trashed,explicitlyTrashed,permissionIds")).json
    assert [change["fileId"] for change in changes] == [folder.id]
    assert below == {
        "trashed": True,
        "explicitlyTrashed": False,
        "permissionIds": [world.users[0].permission_id, "77"],
    }


async def test_pages_of_changes_add_up(client: Client) -> None:
    """NewStartPageToken is on the last page only, and pages of any size hold every entry once."""
    token = await start(client)
    created = [client.world.create(f"file {number}").id for number in range(7)]
    found, pages = [], []
    while True:
        answer = (await client.get("changes", pageToken=token, pageSize="3")).json
        pages.append(answer)
        found += [change["fileId"] for change in answer["changes"]]
        if "newStartPageToken" in answer:
            break
        token = answer["nextPageToken"]
    assert found == created
    assert ["nextPageToken" in page for page in pages] == [True, True, False]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ({}, "required"),
        ({"pageToken": "x"}, "invalid"),
        ({"pageToken": "0"}, "invalid"),
        ({"pageToken": "99999"}, "invalid"),
    ],
)
async def test_a_bad_token_is_refused(client: Client, token: dict[str, str], reason: str) -> None:
    """A missing token is ``required``, one that the log never gave is ``invalid``."""
    answer = await client.get("changes", **token)
    assert (answer.status, answer.reason) == (400, f"{reason}@pageToken")
