"""Several corpora of one connection against an emulated drive: who has what, and what becomes of it."""

import json
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.sync.emulated import AGAIN, CONFIG, CONN, EmulatedDrive, held, run_job
from tests.unit.sync.memory_outlet import MemoryOutlet

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import ANYONE_WITH_LINK, FOLDER, Item, Permission
from google_drive_worker.schemas.event import EventName
from google_drive_worker.schemas.state import Phase
from google_drive_worker.sync.runner import Runner
from google_drive_worker.sync.wishes import Accept


def team(drive: EmulatedDrive, *, by: int = 0, files: int = 3) -> str:
    """A shared drive with a folder and some files in it; its maker is its organizer."""
    world = drive.world
    made = world.create_drive("Team", by=world.users[by])
    folder = world.create("Plans", mime_type=FOLDER, parent=made.id)
    for number in range(files):
        world.create(f"plan {number}", parent=folder.id)
    return made.id


def folder_of(drive: EmulatedDrive, parent: str | None = None, *, files: int = 2) -> Item:
    """A folder with a folder in it, and files in both."""
    world = drive.world
    outer = world.create("Outer", mime_type=FOLDER, parent=parent)
    inner = world.create("Inner", mime_type=FOLDER, parent=outer.id)
    for place in (outer, inner):
        for number in range(files):
            world.create(f"{place.name} {number}", parent=place.id)
    return outer


async def first_sync(drive: EmulatedDrive, **config: Any) -> tuple[Runner, MemoryOutlet]:
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    await run_job(runner, outlet, Accept(CONFIG | config))
    return runner, outlet


def markers(outlet: MemoryOutlet, phase: str) -> list[str]:
    """The corpora whose snapshot markers say so."""
    said = [json.loads(record.value) for record in outlet.records if record.resource_type == "snapshot"]
    return [envelope["source"]["corpus"] for envelope in said if envelope["data"]["phase"] == phase]


async def test_every_drive_is_a_corpus_of_its_own(drive: EmulatedDrive) -> None:
    """Each item is emitted in one corpus, its drive's if it has one; the wish is answered once all are complete."""
    first, second = team(drive), team(drive)
    _, outlet = await first_sync(drive)
    assert held(outlet) == await drive.seen()
    assert set(markers(outlet, "complete")) == {"user:me", f"drive:{first}", f"drive:{second}"}
    listed = [record.resource_id for record in outlet.records if record.resource_type in {"file", "folder"}]
    assert len(listed) == len(set(listed))
    job = outlet.job(CONN)
    assert (job.incremental_done, set(job.drives)) == (job.incremental_wanted, {first, second})


async def test_a_drive_is_followed(drive: EmulatedDrive) -> None:
    """What changes in a drive is told by its own log, once."""
    drive_id = team(drive)
    runner, outlet = await first_sync(drive)
    before = len(outlet.records)
    created = drive.world.create("new", parent=drive_id)
    await run_job(runner, outlet, AGAIN)
    emitted = [record for record in outlet.records[before:] if record.op == "upsert"]
    assert [record.resource_id for record in emitted] == [created.id]
    assert held(outlet) == await drive.seen()


async def test_a_drive_that_is_joined_is_opened(drive: EmulatedDrive) -> None:
    """The user's log tells of it, and the same trigger leads to all that is in it."""
    runner, outlet = await first_sync(drive)
    drive_id = team(drive)
    await run_job(runner, outlet, AGAIN)
    assert outlet.corpus(CONN, f"drive:{drive_id}").phase is Phase.LIVE
    assert held(outlet) == await drive.seen()
    job = outlet.job(CONN)
    assert job.incremental_done == job.incremental_wanted


@pytest.mark.parametrize("how", ["leave", "delete"])
async def test_a_drive_that_is_left_or_deleted_is_closed(drive: EmulatedDrive, how: str) -> None:
    """A closing marker takes back all of it, its part of the state goes, and the others go on."""
    world = drive.world
    drive_id = team(drive, by=1)
    world.share(drive_id, user_grant(world.users[0], "reader"))
    runner, outlet = await first_sync(drive)
    assert any(corpus == f"drive:{drive_id}" for corpus in markers(outlet, "complete"))
    if how == "leave":
        world.unshare(drive_id, world.users[0].permission_id)
    else:
        world.delete_drive(drive_id)
    await run_job(runner, outlet, AGAIN)
    assert markers(outlet, "closed") == [f"drive:{drive_id}"]
    assert EventName.CORPUS_CLOSED in [event.event for event in outlet.events]
    assert outlet.states[CONN].corpus(f"drive:{drive_id}") is None
    assert held(outlet) == await drive.seen()
    assert outlet.job(CONN).parked is None


async def test_what_is_still_shared_of_a_left_drive_is_the_users(drive: EmulatedDrive) -> None:
    """An individual share outlives the membership: the item then is of the user's corpus."""
    world = drive.world
    drive_id = team(drive, by=1)
    world.share(drive_id, user_grant(world.users[0], "reader"))
    kept = world.create("kept", parent=drive_id)
    world.share(kept.id, user_grant(world.users[0], "writer"))
    runner, outlet = await first_sync(drive)
    world.unshare(drive_id, world.users[0].permission_id)
    await run_job(runner, outlet, AGAIN)
    await run_job(runner, outlet, AGAIN)
    assert held(outlet)[kept.id]["corpus"] == "user:me"
    assert held(outlet) == await drive.seen()


async def test_a_drive_that_answers_404_is_left_alone(drive: EmulatedDrive) -> None:
    """Its corpus is closed; neither is the connection parked nor another corpus touched."""
    drive_id = team(drive)
    runner, outlet = await first_sync(drive)
    await drive.control(
        "faults",
        {"faults": [{"route": "changes.list", "status": 404, "reason": "notFound", "params": {"driveId": drive_id}}]},
    )
    await run_job(runner, outlet, AGAIN)
    assert markers(outlet, "closed") == [f"drive:{drive_id}"]
    assert outlet.job(CONN).parked is None
    assert outlet.corpus(CONN).phase is Phase.LIVE


@pytest.mark.parametrize("whole", [True, False], ids=["folder", "file"])
@pytest.mark.parametrize("into", [True, False], ids=["into the drive", "out of it"])
async def test_what_moves_between_corpora_is_held_once(drive: EmulatedDrive, whole: bool, into: bool) -> None:
    """With all that is below it, and in the corpus that it moved to, whichever log is read first."""
    world = drive.world
    drive_id, root = team(drive), world.root_id(world.users[0])
    here, there = (root, drive_id) if into else (drive_id, root)
    outer = folder_of(drive, here)
    item = outer if whole else world.create("alone", parent=here)
    runner, outlet = await first_sync(drive)
    world.move(item.id, there)
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()
    expected = f"drive:{drive_id}" if into else "user:me"
    assert held(outlet)[item.id]["corpus"] == expected


@pytest.mark.parametrize("told_by_both", [False, True], ids=["one log tells", "both logs tell"])
async def test_what_is_hidden_in_a_folder_that_moved_is_taken_back(drive: EmulatedDrive, told_by_both: bool) -> None:
    """A limited folder shows its name alone in the drive, and what lies in it is in neither corpus any more."""
    world = drive.world
    world.quirks = replace(world.quirks, item_changes_in_user_log=told_by_both)
    drive_id = team(drive, by=1)
    world.share(drive_id, user_grant(world.users[0], "reader"))
    outer = folder_of(drive)
    world.limit(outer.id, limited=True)
    runner, outlet = await first_sync(drive)
    world.move(outer.id, drive_id)
    await run_job(runner, outlet, AGAIN)
    assert held(outlet)[outer.id]["corpus"] == f"drive:{drive_id}"
    assert held(outlet) == await drive.seen()


@pytest.mark.parametrize("how", ["leave", "delete"])
async def test_a_drive_that_came_and_went_between_two_polls(drive: EmulatedDrive, how: str) -> None:
    """What of it was shared one by one has other grants, or is gone, and the log tells of the drive alone; once."""
    world, (me, _, other, *_) = drive.world, drive.world.users
    drive_id = team(drive, by=1)
    world.share(drive_id, user_grant(other, "reader"))
    kept = world.create("kept", parent=drive_id)
    world.share(kept.id, user_grant(me, "writer"))
    runner, outlet = await first_sync(drive)
    assert held(outlet)[kept.id]["corpus"] == "user:me"
    world.share(drive_id, user_grant(me, "organizer"))
    world.unshare(drive_id, other.permission_id)
    if how == "leave":
        world.unshare(drive_id, me.permission_id)
    else:
        world.delete_drive(drive_id)
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()
    await run_job(runner, outlet, Accept(CONFIG, full=True))
    assert outlet.corpus(CONN).snapshot_id == "000000000003"


async def test_what_moves_between_drives_is_held_once(drive: EmulatedDrive) -> None:
    """From one drive to another and back: each time in one corpus, and never in none."""
    world = drive.world
    first, second = team(drive), team(drive)
    outer = folder_of(drive, first)
    runner, outlet = await first_sync(drive)
    for there in (second, first):
        world.move(outer.id, there)
        await run_job(runner, outlet, AGAIN)
        assert held(outlet) == await drive.seen()
        assert held(outlet)[outer.id]["corpus"] == f"drive:{there}"


async def test_what_moved_to_a_drive_that_is_lost_before_it_told_is_taken_back(drive: EmulatedDrive) -> None:
    """The drive that it left is the only one that can say so: the other is closed without having had it."""
    world = drive.world
    first, second = team(drive), team(drive)
    moved = world.create("moved", parent=first)
    runner, outlet = await first_sync(drive)
    world.move(moved.id, second)
    lost = {"route": "changes.list", "status": 404, "reason": "notFound", "params": {"driveId": second}}
    await drive.control("faults", {"faults": [lost]})
    await run_job(runner, outlet, AGAIN)
    assert markers(outlet, "closed") == [f"drive:{second}"]
    assert moved.id not in held(outlet)


async def test_what_moved_to_a_my_drive_where_it_is_only_visible_is_taken_back(drive: EmulatedDrive) -> None:
    """Anyone who has the link sees it, so that the drive's log shows it; it is in no corpus of the user's."""
    world, other = drive.world, drive.world.users[1]
    world.quirks = replace(world.quirks, hide_link_children=True)
    drive_id = team(drive)
    world.share(drive_id, user_grant(other, "organizer"))
    moved = world.create("moved", parent=drive_id)
    world.share(moved.id, Permission(ANYONE_WITH_LINK, "anyone", "reader"))
    runner, outlet = await first_sync(drive)
    world.move(moved.id, world.root_id(other), by=other)
    await run_job(runner, outlet, AGAIN)
    assert moved.id not in held(outlet)
    assert held(outlet) == await drive.seen()


@pytest.mark.parametrize(
    ("corpora", "wanted"),
    [
        ({"drives": "none"}, {"user:me"}),
        ({"drives": ["first"]}, {"user:me", "first"}),
        ({"user": "none"}, {"first", "second"}),
    ],
    ids=["no drives", "one drive", "drives alone"],
)
async def test_the_settings_say_which_are_followed(
    drive: EmulatedDrive, corpora: dict[str, Any], wanted: set[str]
) -> None:
    """Items of no other corpus are emitted, also not as somebody else's."""
    names = {"first": team(drive), "second": team(drive)}
    drives = corpora.get("drives")
    given = corpora | ({"drives": [names[name] for name in drives]} if isinstance(drives, list) else {})
    _, outlet = await first_sync(drive, corpora=given)
    expected = {f"drive:{names[name]}" if name in names else name for name in wanted}
    assert {each["corpus"] for each in held(outlet).values()} == expected
    assert held(outlet) == {name: each for name, each in (await drive.seen()).items() if each["corpus"] in expected}


async def test_a_drive_that_is_wanted_no_more_is_closed(drive: EmulatedDrive) -> None:
    """Other settings come with the next trigger: what they leave out is taken back, what they add is opened."""
    first, second = team(drive), team(drive)
    runner, outlet = await first_sync(drive, corpora={"drives": [first]})
    await run_job(runner, outlet, Accept(CONFIG | {"corpora": {"drives": [second]}}))
    assert markers(outlet, "closed") == [f"drive:{first}"]
    assert {each["corpus"] for each in held(outlet).values()} == {"user:me", f"drive:{second}"}


async def test_a_full_wish_takes_all_corpora_anew(drive: EmulatedDrive) -> None:
    """Each has a new snapshot, and what left it in between is swept."""
    drive_id = team(drive)
    runner, outlet = await first_sync(drive)
    gone = drive.world.create("short-lived", parent=drive_id)
    await run_job(runner, outlet, AGAIN)
    drive.world.delete(gone.id)
    await run_job(runner, outlet, Accept(CONFIG, full=True))
    assert sorted(markers(outlet, "complete")) == sorted(["user:me", f"drive:{drive_id}"] * 2)
    assert held(outlet) == await drive.seen()
    job = outlet.job(CONN)
    assert (job.full_done, job.incremental_done) == (job.full_wanted, job.incremental_wanted)


@pytest.mark.parametrize("sees_members", [True, False])
async def test_a_drive_whose_members_changed_is_listed_anew_once(drive: EmulatedDrive, sees_members: bool) -> None:
    """The entry is read again before the new snapshot, which must not lead to another one."""
    world = drive.world
    drive_id = team(drive, by=1)
    world.share(drive_id, user_grant(world.users[0], "organizer" if sees_members else "reader"))
    runner, outlet = await first_sync(drive)
    world.share(drive_id, user_grant(world.users[2], "writer"))
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()
    assert outlet.corpus(CONN, f"drive:{drive_id}").snapshot_id == "000000000003"
    await run_job(runner, outlet, AGAIN)
    assert outlet.job(CONN).snapshots == 3


async def test_edits_in_a_drive_do_not_lower_what_a_snapshot_is_to_meet(drive: EmulatedDrive) -> None:
    """An item without grants of its own has its set taken back with each change; the item itself is not gone."""
    world = drive.world
    drive_id = team(drive)
    item = world.create("edited", parent=drive_id)
    runner, outlet = await first_sync(drive)
    expected = outlet.corpus(CONN, f"drive:{drive_id}").expected
    for number in range(3):
        world.rename(item.id, f"again {number}")
        await run_job(runner, outlet, AGAIN)
    assert expected > 0
    assert outlet.corpus(CONN, f"drive:{drive_id}").expected == expected
