"""The change logs tell every change of an item by itself, to everybody concerned, and nothing else (facts A5)."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import msgspec
from hypothesis import given, note, settings
from tests.support.emulator import access
from tests.support.emulator.histories import crowded_world, happen, items_of

from google_drive_emulator import World
from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.params import Params
from google_drive_emulator.routes.changes import list_changes
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.events import Event, ItemEvent
from google_drive_emulator.world.items import FOLDER, Item, Permission, User
from google_drive_emulator.world.mutations import apply
from google_drive_emulator.world.random_mutations import RandomMutations

SETTINGS = settings(deadline=None, max_examples=15)
SEEDS = st.integers(0, 100_000)
FIELDS = "nextPageToken,changes(changeType,removed,fileId,driveId,file(id,name,explicitlyTrashed,size))"


def own_fields(item: Item | None) -> tuple[object, ...]:
    """Return what an item is by itself."""
    assert item is not None
    trashed, text = item.explicitly_trashed, item.traits.text
    content = item.size, item.head_revision, text, item.modified_ms
    return item.name, item.mime_type, item.parent, item.drive_id, item.owner, trashed, item.permissions, content


def changes(world: World, user: User, start: int, drive_id: str | None = None) -> Iterator[dict[str, Any]]:
    """Read a log as a client does, in pages."""
    state, token = EmulatorState(world), str(start)
    while token:
        asked = {"pageToken": token, "pageSize": "7", "supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}
        if drive_id is not None:
            asked["driveId"] = drive_id
        call = Call("GET", user, Params([*asked.items(), ("fields", FIELDS)]))
        reply = asyncio.run(list_changes(state, call))
        assert isinstance(reply.body, bytes)
        page = json.loads(reply.body)
        yield from page["changes"]
        token = page.get("nextPageToken", "")


def corpus_of_user(world: World, user: User) -> dict[str, tuple[object, ...]]:
    """Return what a user's own log is about, each item as it is by itself."""
    viewer = world.viewer(user)
    return {item.id: own_fields(world.stored(item.id)) for item in items_of(world) if viewer.has_in_corpus(item)}


def corpus_of_drive(world: World, user: User, drive_id: str) -> dict[str, tuple[object, ...]]:
    """Return what a member sees of a shared drive, each item as it is by itself."""
    viewer = world.viewer(user)
    found = (item for item in items_of(world) if item.drive_id == drive_id and viewer.sees(item))
    return {item.id: own_fields(world.stored(item.id)) for item in found}


def replayed(
    world: World, copy: dict[str, tuple[object, ...]], user: User, start: int, drive_id: str | None = None
) -> dict[str, tuple[object, ...]]:
    """Bring an old copy of a corpus up to date by its log."""
    found = dict(copy)
    for change in changes(world, user, start, drive_id):
        if change["changeType"] == "drive":
            continue
        found.pop(change["fileId"], None)
        if not change["removed"]:
            item = world.stored(change["fileId"])
            found[change["fileId"]] = own_fields(item)
            assert item is not None
            assert change["file"].get("name") == item.name
    return found


@SETTINGS
@given(seed=SEEDS, past=st.integers(0, 60), count=st.integers(1, 60))
def test_replaying_a_users_log_brings_a_copy_up_to_date(seed: int, past: int, count: int) -> None:
    """When no folder hands anything down, each user's old copy and log give what the user has now, and no more."""
    note(f"seed {seed}")
    world = crowded_world(seed, past)
    world.quirks = msgspec.structs.replace(world.quirks, views_log_changes=True)
    copies, start = {user.email: corpus_of_user(world, user) for user in world.users}, world.change_id + 1
    for operation in happen(world, seed + 1, count, inherited=False):
        note(str(operation))
    for user in world.users:
        assert replayed(world, copies[user.email], user, start) == corpus_of_user(world, user)


@SETTINGS
@given(seed=SEEDS, past=st.integers(0, 60), count=st.integers(1, 60))
def test_replaying_a_drives_log_brings_a_copy_up_to_date(seed: int, past: int, count: int) -> None:
    """The same holds for each shared drive and each of its members, whatever they may see of it."""
    note(f"seed {seed}")
    world = crowded_world(seed, past)
    members = [
        (user, drive_id) for drive_id in world.drives for user in world.users if world.viewer(user).is_member(drive_id)
    ]
    copies = [corpus_of_drive(world, user, drive_id) for user, drive_id in members]
    start = world.change_id + 1
    for operation in happen(world, seed + 1, count, inherited=False):
        note(str(operation))
    for (user, drive_id), copy in zip(members, copies, strict=True):
        assert replayed(world, copy, user, start, drive_id) == corpus_of_drive(world, user, drive_id)


@SETTINGS
@given(seed=SEEDS, past=st.integers(0, 60), count=st.integers(1, 60))
def test_a_change_is_told_to_who_has_the_item_before_or_after(seed: int, past: int, count: int) -> None:
    """Each change of an item is in the logs of all who had it or have it now, and in no other (facts A5)."""
    note(f"seed {seed}")
    world = crowded_world(seed, past)
    events: list[Event] = []
    world.listen(events.append)
    chooser = RandomMutations(world, seed + 1, everyone=True)
    for _ in range(count):
        operation = chooser.next()
        note(str(operation))
        item_id = getattr(operation, "id", None)
        before = access.logs_of(world, None if item_id in world.drives else world.item(item_id or ""))
        events.clear()
        item_id = apply(world, operation)
        if type(operation).__name__ in {"Star", "View"} or item_id in world.drives:
            continue
        after = access.logs_of(world, world.item(item_id))
        for event in events:
            changed = isinstance(event, ItemEvent) and (event.after or event.before)
            if changed and changed.id == item_id:
                assert event.logs == before | after


@SETTINGS
@given(seed=SEEDS, past=st.integers(0, 60), count=st.integers(1, 60))
def test_changes_of_drives_are_told_to_who_joins_and_leaves(seed: int, past: int, count: int) -> None:
    """Replaying the changes of drives in each user's log gives the drives that the user is a member of."""
    note(f"seed {seed}")
    world = crowded_world(seed, past)
    copies = {user.email: memberships(world, user) for user in world.users}
    start = world.change_id + 1
    for operation in happen(world, seed + 1, count):
        note(str(operation))
    for user in world.users:
        found = copies[user.email]
        for change in changes(world, user, start):
            if change["changeType"] == "drive":
                found = found - {change["driveId"]} if change["removed"] else found | {change["driveId"]}
        assert found == memberships(world, user)


def memberships(world: World, user: User) -> set[str]:
    return {drive_id for drive_id in world.drives if access.is_member(world, user, drive_id)}


@SETTINGS
@given(
    depth=st.integers(1, 5),
    change=st.sampled_from(["share", "unshare", "trash", "restore", "move", "limit", "into a drive", "transfer"]),
)
def test_what_is_handed_down_is_not_told(depth: int, change: str) -> None:
    """A folder's change is one entry, for the folder, though all below it is other than before (facts A5)."""
    world = crowded_world(0)
    guest, me = world.users[5], world.users[0]
    grant = Permission(guest.permission_id, "user", "writer", email=guest.email)
    above = world.create("above", mime_type=FOLDER)
    top = world.create("top", mime_type=FOLDER, parent=above.id)
    place = top
    for level in range(depth):
        place = world.create(f"level {level}", mime_type=FOLDER, parent=place.id)
    leaf = world.create("leaf", parent=place.id)
    prepare(world, change, above, top, grant)
    before, start = seen_by_all(world, leaf), world.change_id + 1
    carry_out(world, change, top, grant)
    told = {
        entry.item_id
        for key in (me.email, guest.email, *world.drives)
        for entry in world.log(key).since(start)
        if entry.kind == "file"
    }
    assert told == {top.id}
    assert seen_by_all(world, leaf) != before


def prepare(world: World, change: str, above: Item, top: Item, grant: Permission) -> None:
    if change in {"unshare", "transfer"}:
        world.share(top.id, grant)
    if change in {"limit", "move"}:
        world.share(above.id, grant)
    if change == "restore":
        world.trash(top.id)


def carry_out(world: World, change: str, top: Item, grant: Permission) -> None:
    """Change the top folder."""
    match change:
        case "share":
            world.share(top.id, grant)
        case "unshare":
            world.unshare(top.id, grant.id)
        case "trash":
            world.trash(top.id)
        case "restore":
            world.restore(top.id)
        case "move":
            world.move(top.id, world.root_id(world.users[0]))
        case "limit":
            world.limit(top.id, limited=True)
        case "into a drive":
            world.move(top.id, next(iter(world.drives)))
        case "transfer":
            world.transfer(top.id, world.users[6])


def seen_by_all(world: World, leaf: Item) -> list[object]:
    """Return what each user sees of an item."""
    item = world.item(leaf.id)
    assert item is not None
    return [(world.viewer(user).role(item), item.trashed, item.permissions) for user in world.users]
