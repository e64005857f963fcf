"""``about.get`` over a real socket (facts A3, A11)."""

from google_drive_emulator.world.items import User

from .conftest import Client
from .people import as_user, made_drive


async def quota(client: Client) -> dict[str, int]:
    shown = (await client.get("about", fields="storageQuota")).json["storageQuota"]
    return {name: int(size) for name, size in shown.items()}


async def test_a_mask_is_needed(client: Client) -> None:
    """Without a mask, or with an empty one, the method refuses."""
    for params in ({}, {"fields": ""}):
        answer = await client.get("about", **params)
        assert (answer.status, answer.reason) == (400, "required@fields")


async def test_about_tells_who_calls(client: Client) -> None:
    """The user is the caller, and ``me``."""
    guest = client.world.users[3]
    shown = (await as_user(client, guest).get("about", fields="user(emailAddress,permissionId,me)")).json["user"]
    assert shown == {"emailAddress": guest.email, "permissionId": guest.permission_id, "me": True}


async def test_about_in_full_is_as_documented(client: Client) -> None:
    """Themes, formats and limits are there; the recorder holds all of it against the documents."""
    about = (await client.get("about", fields="*")).json
    assert {theme["id"] for theme in about["driveThemes"]} >= {"abacus", "blueprints"}
    assert about["teamDriveThemes"] == about["driveThemes"]
    assert about["exportFormats"]["application/vnd.google-apps.document"]
    assert about["canCreateDrives"] is True


async def test_what_a_user_owns_is_counted(client: Client) -> None:
    """Usage goes with what the user owns, the trash included; shared drives count for nobody."""
    world, guest = client.world, client.world.users[3]
    theirs = as_user(client, guest)
    before = await quota(theirs)
    file = world.create("file", owner=guest, data=b"x" * 1000)
    world.create("in a drive", parent=made_drive(client, user3="writer"), owner=guest, data=b"x" * 1000)
    world.create("someone else's", data=b"x" * 1000)
    assert (await quota(theirs))["usage"] == before["usage"] + 1000
    world.trash(file.id)
    after = await quota(theirs)
    assert after["usageInDriveTrash"] == before["usageInDriveTrash"] + 1000
    assert after["usage"] == after["usageInDrive"] == before["usage"] + 1000
    world.delete(file.id)
    assert await quota(theirs) == before


async def test_the_usage_of_a_world_is_that_of_its_files(client: Client) -> None:
    """In a small world the sum is exact."""
    world, me = client.world, client.world.users[0]
    items = [world.item_at(position) for position in world.positions()]
    owned = sum(item.size or 0 for item in items if item is not None and item.owner is me)
    assert (await quota(client))["usage"] == owned > 0


async def test_a_program_has_no_storage(client: Client) -> None:
    """A service account's limit is 0 (facts A11)."""
    client.world.add_user(User("robot@project.iam.gserviceaccount.com", "Robot", "90002"))
    assert (await quota(as_user(client, "robot@project.iam.gserviceaccount.com")))["limit"] == 0
