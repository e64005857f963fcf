"""``permissions`` in My Drives over a real socket (facts A7, C2)."""

import msgspec
import pytest

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import FOLDER, Item, User
from google_drive_emulator.world.policy import SharingPolicy
from google_drive_emulator.world.timestamps import rfc3339

from .conftest import Answer, Client
from .people import as_user, delete, patch, post

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def file(client: Client) -> Item:
    """A file of the first user's."""
    return client.world.create("notes.txt", data=b"hello")


@pytest.fixture
def guest(client: Client) -> User:
    """Another user of the same domain."""
    return client.world.users[3]


async def share(client: Client, file: Item, body: dict[str, object], **params: str) -> Answer:
    return await post(client, f"files/{file.id}/permissions", body, **params)


def to_user(user: User | str, role: str = "reader", **more: object) -> dict[str, object]:
    return {"type": "user", "role": role, "emailAddress": user if isinstance(user, str) else user.email, **more}


async def test_a_share_lets_someone_in(client: Client, file: Item, guest: User) -> None:
    """By default the answer is small; in full it is what the documents describe, and its id is the grantee's."""
    made = await share(client, file, to_user(guest, "commenter"))
    assert (made.status, made.json) == (
        200,
        {"kind": "drive#permission", "id": guest.permission_id, "type": "user", "role": "commenter"},
    )
    full = (await client.get(f"files/{file.id}/permissions/{guest.permission_id}", fields="*")).json
    assert full == {
        **made.json,
        "emailAddress": guest.email,
        "displayName": guest.display_name,
        "photoLink": full["photoLink"],
        "deleted": False,
        "pendingOwner": False,
    }
    theirs = await as_user(client, guest).get(f"files/{file.id}", fields="capabilities(canComment,canEdit)")
    assert theirs.json == {"capabilities": {"canComment": True, "canEdit": False}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "anyone", "role": "reader"}, {"id": "anyoneWithLink", "allowFileDiscovery": False}),
        (
            {"type": "anyone", "role": "writer", "allowFileDiscovery": True},
            {"id": "anyone", "allowFileDiscovery": True},
        ),
        ({"type": "domain", "role": "reader", "domain": "example.com"}, {"domain": "example.com"}),
        (
            {"type": "group", "role": "writer", "emailAddress": "crew@elsewhere.org"},
            {"emailAddress": "crew@elsewhere.org", "displayName": "crew", "deleted": False},
        ),
        ({"type": "user", "role": "reader", "emailAddress": "ann@elsewhere.org"}, {"displayName": "ann"}),
    ],
)
async def test_everybody_can_be_a_grantee(
    client: Client, file: Item, body: dict[str, object], expected: dict[str, object]
) -> None:
    """Links have ids of their own, domains and people outside the world get one that stays theirs."""
    made = await share(client, file, body, fields="*")
    assert made.status == 200
    assert made.json.items() >= {**expected, "type": body["type"], "role": body["role"]}.items()
    again = await share(client, file, body, fields="id")
    assert again.json == {"id": made.json["id"]}


async def test_capitals_in_an_address_do_not_matter(client: Client, file: Item, guest: User) -> None:
    """An address is the same account however it is written, here and elsewhere."""
    made = await share(client, file, to_user(guest.email.upper()), fields="id,emailAddress")
    assert made.json == {"id": guest.permission_id, "emailAddress": guest.email}
    ids = [(await share(client, file, to_user(address), fields="id")).json for address in ("A@b.org", "a@B.org")]
    assert ids[0] == ids[1]


async def test_a_group_lets_its_members_in(client: Client, file: Item, guest: User) -> None:
    """A grant to a group holds for who is in it."""
    groups = client.world.accounts.groups
    group = next(group for group in groups if guest.email in group.members)
    outsider = next(user for user in client.world.users[1:] if user.email not in group.members)
    await share(client, file, {"type": "group", "role": "writer", "emailAddress": group.email})
    shown = await as_user(client, guest).get(f"files/{file.id}", fields="capabilities(canEdit)")
    assert shown.json == {"capabilities": {"canEdit": True}}
    assert (await as_user(client, outsider).get(f"files/{file.id}")).status == 404


async def test_a_role_is_changed_and_taken_away(client: Client, file: Item, guest: User) -> None:
    """Update replaces the role, delete takes the grant away and answers nothing."""
    await share(client, file, to_user(guest))
    path = f"files/{file.id}/permissions/{guest.permission_id}"
    changed = await patch(client, path, {"role": "writer"}, fields="role")
    assert changed.json == {"role": "writer"}
    gone = await delete(client, path)
    assert (gone.status, gone.body) == (204, b"")
    assert (await as_user(client, guest).get(f"files/{file.id}")).status == 404
    missing = await delete(client, path)
    assert (missing.status, missing.reason) == (404, "notFound@permissionId")
    assert missing.json["error"]["message"] == f"Permission not found: {guest.permission_id}."


async def test_my_drive_lists_all_permissions_at_once(client: Client, file: Item) -> None:
    """Without a page size the whole list comes; with one, pages do, and an empty token has expired (facts A2, A4)."""
    for number in range(120):
        await share(client, file, to_user(f"guest{number}@elsewhere.org"), sendNotificationEmail="false")
    everything = (await client.get(f"files/{file.id}/permissions")).json
    assert "nextPageToken" not in everything
    assert len(everything["permissions"]) == 121
    paged = await client.pages(f"files/{file.id}/permissions", "permissions", pageSize="50")
    assert paged == everything["permissions"]
    expired = await client.get(f"files/{file.id}/permissions", pageToken="")
    assert (expired.status, expired.reason) == (403, "pageTokenExpired@")


async def test_a_folders_grant_is_shown_below_it_as_inherited(client: Client, guest: User) -> None:
    """Below a shared folder a role can be raised but neither lowered nor taken away (facts A7)."""
    folder = client.world.create("folder", mime_type=FOLDER)
    file = client.world.create("inside", parent=folder.id)
    await share(client, folder, to_user(guest, "commenter"))
    path = f"files/{file.id}/permissions/{guest.permission_id}"
    inherited = {"permissionType": "file", "role": "commenter", "inherited": True}
    assert (await client.get(path, fields="role,permissionDetails")).json == {
        "role": "commenter",
        "permissionDetails": [inherited],
    }
    for refused in (await patch(client, path, {"role": "reader"}), await delete(client, path)):
        assert (refused.status, refused.reason) == (403, "cannotModifyInheritedPermission@")
    raised = await patch(client, path, {"role": "writer"}, fields="role,permissionDetails")
    assert raised.json == {
        "role": "writer",
        "permissionDetails": [{"permissionType": "file", "role": "writer", "inherited": False}, inherited],
    }
    assert (await delete(client, path)).status == 204
    assert (await client.get(path, fields="role")).json == {"role": "commenter"}


async def test_less_than_what_is_inherited_is_raised_to_it(client: Client, guest: User) -> None:
    """A weaker grant made below a folder's comes out as strong as the folder's."""
    folder = client.world.create("folder", mime_type=FOLDER)
    file = client.world.create("inside", parent=folder.id)
    await share(client, folder, to_user(guest, "writer"))
    made = await share(client, file, to_user(guest, "reader"), fields="role")
    assert made.json == {"role": "writer"}


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"role": "reader"}, 400, "required@permission.type"),
        ({"type": "user", "emailAddress": "a@b.org"}, 400, "required@permission.role"),
        ({"type": "robot", "role": "reader"}, 400, "invalid@permission.type"),
        ({"type": "user", "role": "king", "emailAddress": "a@b.org"}, 400, "invalid@permission.role"),
        ({"type": "user", "role": "reader"}, 400, "invalid@permission.emailAddress"),
        ({"type": "user", "role": "reader", "emailAddress": "nobody"}, 400, "invalid@permission.emailAddress"),
        ({"type": "anyone", "role": "reader", "emailAddress": "a@b.org"}, 400, "invalid@permission.emailAddress"),
        ({"type": "domain", "role": "reader"}, 400, "invalid@permission.domain"),
        ({"type": "domain", "role": "reader", "domain": "none"}, 400, "invalid@permission.domain"),
        (to_user("a@b.org", allowFileDiscovery=True), 400, "invalid@permission.allowFileDiscovery"),
        (to_user("a@b.org", view="published"), 400, "invalid@permission.view"),
        (to_user("a@b.org", expirationTime="soon"), 400, "invalid@permission.expirationTime"),
        (to_user("a@b.org", expirationTime="2001-01-01T00:00:00Z"), 403, "expirationDatesMustBeInTheFuture@"),
        (to_user("a@b.org", expirationTime="2101-01-01T00:00:00Z"), 403, "cannotSetExpiration@"),
        (
            {"type": "anyone", "role": "reader", "expirationTime": "2101-01-01T00:00:00Z"},
            403,
            "cannotSetExpirationOnAnyoneOrDomain@",
        ),
        (to_user("a@b.org", "organizer"), 403, "organizerOnNonTeamDriveItemNotSupported@"),
        (to_user("a@b.org", "fileOrganizer"), 403, "fileOrganizerOnNonTeamDriveNotSupported@"),
        (to_user("a@b.org", "owner"), 403, "forbidden@transferOwnership"),
        ([], 400, "invalid@"),
        ({"type": 7}, 400, "invalid@"),
    ],
)
async def test_a_permission_that_cannot_be_is_refused(
    client: Client, file: Item, body: object, status: int, reason: str
) -> None:
    """Each mistake has its reason, and nothing changes."""
    answer = await post(client, f"files/{file.id}/permissions", body)
    assert (answer.status, answer.reason) == (status, reason)
    assert client.world.own_permissions(file.id) == file.permissions


async def test_a_bad_mask_is_refused_before_anything_changes(client: Client, file: Item, guest: User) -> None:
    """An unknown field in the mask leaves the permissions as they were."""
    answer = await share(client, file, to_user(guest), fields="name")
    assert (answer.status, answer.reason) == (400, "invalidParameter@fields")
    assert client.world.own_permissions(file.id) == file.permissions


async def test_an_address_at_home_that_is_nobodys_must_be_invited(client: Client, file: Item) -> None:
    """Without a notification, an address of a domain that is here must be an account's (facts C2)."""
    body = to_user("nobody@example.com")
    refused = await share(client, file, body, sendNotificationEmail="false")
    assert (refused.status, refused.reason) == (400, "invalidSharingRequest@")
    assert "Notify people" in refused.json["error"]["message"]
    assert (await share(client, file, body)).status == 200


async def test_who_gets_a_role_is_written_to(client: Client, file: Item, guest: User) -> None:
    """A notification says what was shared and carries the message; without one nobody is written to."""
    await share(client, file, to_user(guest, "writer"), emailMessage="Have a look")
    await share(client, file, to_user(client.world.users[4]), sendNotificationEmail="false")
    await share(client, file, {"type": "anyone", "role": "reader"})
    mails = (await client.control("GET", "mails")).json["mails"]
    assert [(mail["to"], mail["role"], mail["message"], mail["fileId"]) for mail in mails] == [
        (guest.email, "writer", "Have a look", file.id)
    ]


async def test_what_is_not_writable_is_refused(client: Client, file: Item, guest: User) -> None:
    """Of a permission the role and its end can be written; its id and kind may come along."""
    await share(client, file, to_user(guest))
    path = f"files/{file.id}/permissions/{guest.permission_id}"
    refused = await patch(client, path, {"role": "writer", "type": "user", "emailAddress": guest.email})
    assert (refused.status, refused.reason) == (403, "fieldNotWritable@")
    taken = await patch(client, path, {"role": "writer", "id": guest.permission_id, "kind": "drive#permission"})
    assert taken.status == 200


async def test_an_end_is_set_moved_and_lifted(client: Client, file: Item, guest: User) -> None:
    """A grant ends when it says so by the world's clock, unless its end is moved or lifted."""
    world = client.world
    in_an_hour, in_a_day = (rfc3339(world.clock() + later) for later in (HOUR_MS, DAY_MS))
    made = await share(client, file, to_user(guest, expirationTime=in_an_hour), fields="expirationTime")
    assert made.json == {"expirationTime": in_an_hour}
    path = f"files/{file.id}/permissions/{guest.permission_id}"
    moved = await patch(client, path, {"expirationTime": in_a_day}, fields="expirationTime")
    assert moved.json == {"expirationTime": in_a_day}
    world.clock.advance(2 * HOUR_MS)
    assert (await as_user(client, guest).get(f"files/{file.id}")).status == 200
    lifted = await patch(client, path, {}, removeExpiration="true", fields="id,expirationTime")
    assert lifted.json == {"id": guest.permission_id}
    world.clock.advance(2 * DAY_MS)
    assert (await as_user(client, guest).get(f"files/{file.id}")).status == 200


async def test_a_writer_shares_as_far_as_they_may(client: Client, file: Item, guest: User) -> None:
    """A reader may not share, a writer may give what they have, and the owner's grant nobody may touch."""
    theirs, other = as_user(client, guest), client.world.users[4]
    await share(client, file, to_user(guest, "reader"))
    refused = await share(theirs, file, to_user(other))
    assert (refused.status, refused.reason) == (403, "insufficientFilePermissions@")
    assert (await theirs.get(f"files/{file.id}/permissions")).status == 403
    await share(client, file, to_user(guest, "writer"))
    assert (await share(theirs, file, to_user(other, "writer"))).status == 200
    owner_path = f"files/{file.id}/permissions/{client.world.users[0].permission_id}"
    assert (await patch(theirs, owner_path, {"role": "reader"})).reason == "invalidSharingRequest@"
    assert (await delete(theirs, owner_path)).reason == "cannotRemoveOwner@"
    taken = await share(theirs, file, to_user(other, "owner"), transferOwnership="true")
    assert (taken.status, taken.reason) == (403, "insufficientFilePermissions@")


async def test_the_owner_stays_the_owner_when_shared_with(client: Client, file: Item) -> None:
    """To share with the owner changes nothing and answers the owner's permission."""
    owner = client.world.users[0]
    made = await share(client, file, to_user(owner, "reader"))
    assert (made.status, made.json["role"]) == (200, "owner")
    assert client.world.own_permissions(file.id) == file.permissions


async def test_who_may_not_share_may_leave(client: Client, file: Item, guest: User) -> None:
    """Everybody may read their own permission and take it away, and nobody else's."""
    theirs, other = as_user(client, guest), client.world.users[4]
    for user in (guest, other):
        await share(client, file, to_user(user))
    assert (await theirs.get(f"files/{file.id}/permissions/{guest.permission_id}")).json["role"] == "reader"
    assert (await theirs.get(f"files/{file.id}/permissions/{other.permission_id}")).status == 403
    for someone in (other.permission_id, "nobody"):
        assert (await delete(theirs, f"files/{file.id}/permissions/{someone}")).status == 403
    assert (await delete(theirs, f"files/{file.id}/permissions/{guest.permission_id}")).status == 204
    assert (await theirs.get(f"files/{file.id}")).status == 404


async def test_an_item_is_given_away(client: Client, file: Item, guest: User) -> None:
    """Within a domain the ownership goes over at once; who had it stays a writer."""
    made = await share(client, file, to_user(guest, "owner"), transferOwnership="true", moveToNewOwnersRoot="true")
    assert (made.status, made.json["role"], made.json["id"]) == (200, "owner", guest.permission_id)
    theirs = (await as_user(client, guest).get(f"files/{file.id}", fields="ownedByMe,parents")).json
    assert theirs == {"ownedByMe": True, "parents": [client.world.root_id(guest)]}
    mine = (await client.get(f"files/{file.id}", fields="ownedByMe,parents,capabilities(canEdit)")).json
    assert mine == {"ownedByMe": False, "capabilities": {"canEdit": True}}
    assert [mail.role for mail in client.world.mails] == ["owner"]


async def test_an_item_is_given_away_by_an_update(client: Client, file: Item, guest: User) -> None:
    """Update with role owner and transferOwnership does it too, and keeps the item in its folder."""
    await share(client, file, to_user(guest, "writer"))
    path = f"files/{file.id}/permissions/{guest.permission_id}"
    for body, params in (({"role": "owner"}, {}), ({"role": "writer"}, {"transferOwnership": "true"})):
        refused = await patch(client, path, body, **params)
        assert (refused.status, refused.reason) == (403, "forbidden@transferOwnership")
    given = await patch(client, path, {"role": "owner"}, transferOwnership="true")
    assert given.json["role"] == "owner"
    assert (await client.get(f"files/{file.id}", fields="parents")).json["parents"] == [file.parent]


async def test_a_transfer_must_be_told(client: Client, file: Item, guest: User) -> None:
    """The notification of a transfer cannot be switched off."""
    params = {"transferOwnership": "true", "sendNotificationEmail": "false"}
    refused = await share(client, file, to_user(guest, "owner"), **params)
    assert (refused.status, refused.reason) == (403, "forbidden@sendNotificationEmail")


async def test_ownership_stays_within_the_domain(client: Client, file: Item) -> None:
    """Neither another domain's account nor a program nor a stranger can be the owner."""
    world = client.world
    world.add_user(User("ann@elsewhere.org", "Ann", "90001"))
    world.add_user(User("robot@project.iam.gserviceaccount.com", "Robot", "90002"))
    reasons = []
    for address in ("ann@elsewhere.org", "robot@project.iam.gserviceaccount.com", "stranger@nowhere.org"):
        answer = await share(client, file, to_user(address, "owner"), transferOwnership="true")
        assert answer.status == 400
        reasons.append(answer.reason)
    refused = "invalidSharingRequest@"
    assert reasons == ["ownershipChangeAcrossDomainNotPermitted@", refused, refused]


async def test_between_consumers_ownership_is_offered_and_accepted(client: Client) -> None:
    """A consumer's item goes over only when who it was offered to takes it (facts A7)."""
    world = client.world
    ann, bob, eve = (
        User(f"{name}@gmail.com", name.title(), str(90001 + i)) for i, name in enumerate(("ann", "bob", "eve"))
    )
    for user in (ann, bob, eve):
        world.add_user(user)
    item = world.create("gift", owner=ann)
    anns, bobs, eves = (as_user(client, user) for user in (ann, bob, eve))
    refused = await share(anns, item, to_user(bob, "owner"), transferOwnership="true")
    assert (refused.status, refused.reason) == (403, "consentRequiredForOwnershipTransfer@")
    offered = await share(anns, item, to_user(bob, "writer", pendingOwner=True), fields="role,pendingOwner")
    assert offered.json == {"role": "writer", "pendingOwner": True}
    await share(anns, item, to_user(eve, "writer"))
    capability = "capabilities(canAcceptOwnership)"
    for theirs, accepts in ((bobs, True), (eves, False)):
        shown = await theirs.get(f"files/{item.id}", fields=capability)
        assert shown.json == {"capabilities": {"canAcceptOwnership": accepts}}
    path = f"files/{item.id}/permissions/"
    stolen = await patch(eves, path + eve.permission_id, {"role": "owner"}, transferOwnership="true")
    assert (stolen.status, stolen.reason) == (403, "insufficientFilePermissions@")
    taken = await patch(bobs, path + bob.permission_id, {"role": "owner"}, transferOwnership="true", fields="role")
    assert taken.json == {"role": "owner"}
    assert (await bobs.get(f"files/{item.id}", fields="ownedByMe")).json == {"ownedByMe": True}


async def test_an_offer_is_the_owners_to_make(client: Client, file: Item, guest: User) -> None:
    """A writer cannot offer what is not theirs, and a reader cannot be offered it."""
    await share(client, file, to_user(guest, "writer"))
    other = client.world.users[4]
    refused = await share(as_user(client, guest), file, to_user(other, "writer", pendingOwner=True))
    assert (refused.status, refused.reason) == (403, "insufficientFilePermissions@")
    assert (await share(client, file, to_user(other, "reader", pendingOwner=True))).status == 403


async def test_administrators_may_forbid_sharing(client: Client, file: Item, guest: User) -> None:
    """A domain's policy can keep items inside the domain, and off the public (facts C2)."""
    client.world.policy = SharingPolicy(share_outside=False, publish=False)
    outside = await share(client, file, to_user("ann@elsewhere.org"))
    public = await share(client, file, {"type": "anyone", "role": "reader"})
    domain = await share(client, file, {"type": "domain", "role": "reader", "domain": "elsewhere.org"})
    assert [(answer.status, answer.reason) for answer in (outside, public, domain)] == [
        (403, "shareOutNotPermitted@"),
        (403, "publishOutNotPermitted@"),
        (403, "shareOutNotPermitted@"),
    ]
    assert (await share(client, file, to_user(guest))).status == 200


async def test_a_removed_account_is_shown_as_deleted(client: Client, file: Item, guest: User) -> None:
    """What was granted to an account that is gone stays, without an address (facts A7)."""
    await share(client, file, to_user(guest))
    assert (await client.get(f"files/{file.id}", fields="permissions(id,deleted)")).json["permissions"][1][
        "deleted"
    ] is False
    client.world.remove_user(guest.email)
    fields = "permissions(id,deleted,emailAddress)"
    listed = (await client.get(f"files/{file.id}/permissions", fields=fields)).json["permissions"]
    inline = (await client.get(f"files/{file.id}", fields=fields)).json["permissions"]
    assert listed[1] == {"id": guest.permission_id, "deleted": True}
    assert inline == listed
    assert (await as_user(client, guest).get(f"files/{file.id}")).status == 401


async def test_the_public_and_strangers(client: Client, file: Item, guest: User) -> None:
    """A link's role holds for everybody, and the two kinds of links exclude each other."""
    await share(client, file, {"type": "anyone", "role": "reader"})
    await share(client, file, {"type": "anyone", "role": "writer", "allowFileDiscovery": True})
    ids = [grant.id for grant in client.world.own_permissions(file.id)]
    assert ids == [client.world.users[0].permission_id, "anyone"]
    shown = await as_user(client, guest).get(f"files/{file.id}", fields="capabilities(canEdit)")
    assert shown.json == {"capabilities": {"canEdit": True}}


async def test_my_drive_itself_is_not_shared(client: Client, guest: User) -> None:
    """The root folder of My Drive has no permissions to give."""
    answer = await post(client, "files/root/permissions", to_user(guest))
    assert (answer.status, answer.reason) == (403, "insufficientFilePermissions@")


async def test_writers_may_be_kept_from_sharing(client: Client, file: Item, guest: User) -> None:
    """With ``writersCanShare`` off only the owner shares."""
    world = client.world
    world.update(file.id, traits=msgspec.structs.replace(file.traits, writers_can_share=False))
    world.share(file.id, user_grant(guest, "writer"))
    answer = await share(as_user(client, guest), file, to_user(world.users[4]))
    assert (answer.status, answer.reason) == (403, "insufficientFilePermissions@")


async def test_a_limited_folder_shows_its_name_to_who_is_kept_out(client: Client, guest: User) -> None:
    """Grants from above are shown with view ``metadata``; those made on the folder hold as before (facts A7)."""
    world, other = client.world, client.world.users[4]
    top = world.create("top", mime_type=FOLDER)
    folder = world.create("secret", mime_type=FOLDER, parent=top.id)
    world.share(top.id, user_grant(guest, "writer"))
    world.share(folder.id, user_grant(other, "reader"))
    world.limit(folder.id, limited=True)
    listed = (await client.get(f"files/{folder.id}/permissions", fields="permissions(id,role,view)")).json[
        "permissions"
    ]
    assert {"id": guest.permission_id, "role": "reader", "view": "metadata"} in listed
    assert {"id": other.permission_id, "role": "reader"} in listed
    assert (await as_user(client, guest).get(f"files/{folder.id}", fields="name")).json == {"name": "secret"}
    assert (await as_user(client, guest).get("files", q=f"'{folder.id}' in parents")).json["files"] == []
    assert (await share(as_user(client, guest), folder, to_user(other))).status == 403
