"""What a folder hands down, of which the log tells the folder alone (facts A5): listed again until all is in step."""

from dataclasses import replace

import pytest
from tests.unit.sync.emulated import AGAIN, CONFIG, CONN, EmulatedDrive, found, held, run_engine, run_job
from tests.unit.sync.memory_outlet import MemoryOutlet
from tests.unit.sync.test_drives import first_sync, folder_of, team

from google_drive_emulator.world.accounts import user_grant
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.folders import MarkDirty, ScanAnew, WalkFolder
from google_drive_worker.sync.run import MAX_RESTARTS
from google_drive_worker.sync.state import AdvanceScan
from google_drive_worker.sync.wishes import Accept


def walked(outlet: MemoryOutlet, since: int = 0) -> list[str]:
    """The folders that were listed again, in order."""
    walks = (found(batch, WalkFolder) for batch in outlet.batches[since:])
    return [walk.folder_id for walk in walks if walk is not None]


def below(drive: EmulatedDrive, folder_id: str) -> set[str]:
    """Ids of all that lies below a folder."""
    items = [drive.world.item_at(position) for position in range(drive.world.next_position)]
    children = {item.id for item in items if item is not None and item.parent == folder_id}
    return children.union(*[below(drive, child) for child in children])


async def test_a_shared_folder_shares_what_is_below_it(drive: EmulatedDrive) -> None:
    """Grants of a folder are those of everything in it; taken back, they are gone everywhere."""
    world = drive.world
    outer = folder_of(drive)
    runner, outlet = await first_sync(drive)
    grant = user_grant(world.users[2], "writer")
    for shares in (True, False):
        before = len(outlet.records)
        if shares:
            world.share(outer.id, grant)
        else:
            world.unshare(outer.id, grant.id)
        await run_job(runner, outlet, AGAIN)
        assert held(outlet) == await drive.seen()
        emitted = {record.resource_id for record in outlet.records[before:]}
        assert emitted == {outer.id, *below(drive, outer.id)}


async def test_a_folder_of_somebody_elses_comes_and_goes_with_all_below_it(drive: EmulatedDrive) -> None:
    """Shared with the user, its whole tree is emitted; no longer shared, it is swept by a new snapshot."""
    world = drive.world
    theirs = world.root_id(world.users[1])
    outer = world.create("Theirs", mime_type="application/vnd.google-apps.folder", parent=theirs, owner=world.users[1])
    inner = world.create("Deep", mime_type=outer.mime_type, parent=outer.id, owner=world.users[1])
    leaf = world.create("leaf", parent=inner.id, owner=world.users[1])
    runner, outlet = await first_sync(drive)
    assert leaf.id not in held(outlet)
    world.share(outer.id, user_grant(world.users[0], "reader"))
    await run_job(runner, outlet, AGAIN)
    assert {outer.id, inner.id, leaf.id} <= set(held(outlet))
    assert held(outlet) == await drive.seen()
    world.unshare(outer.id, world.users[0].permission_id)
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()
    assert outlet.corpus(CONN).snapshot_id == "000000000002"


async def test_trash_and_restore_reach_what_is_below(drive: EmulatedDrive) -> None:
    """A trashed folder trashes all in it, a restored one brings it back."""
    outer = folder_of(drive)
    runner, outlet = await first_sync(drive)
    for change in (drive.world.trash, drive.world.restore):
        change(outer.id)
        await run_job(runner, outlet, AGAIN)
        assert held(outlet) == await drive.seen()


async def test_a_deleted_folder_takes_all_below_it(drive: EmulatedDrive) -> None:
    """What lay in it cannot be listed any more; a new snapshot beside the live log sweeps it."""
    outer = folder_of(drive)
    runner, outlet = await first_sync(drive)
    drive.world.delete(outer.id)
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()


async def test_a_move_inherits_from_the_new_place(drive: EmulatedDrive) -> None:
    """Into a shared folder and out of it: what is below has the grants of where it is now."""
    world = drive.world
    shared, outer = folder_of(drive), folder_of(drive)
    world.share(shared.id, user_grant(world.users[2], "reader"))
    runner, outlet = await first_sync(drive)
    for place in (shared.id, world.root_id(world.users[0])):
        world.move(outer.id, place)
        await run_job(runner, outlet, AGAIN)
        assert held(outlet) == await drive.seen()


async def test_a_rename_walks_nothing(drive: EmulatedDrive) -> None:
    """What those below do not inherit costs no listing."""
    outer = folder_of(drive)
    runner, outlet = await first_sync(drive)
    before = len(outlet.batches)
    drive.world.rename(outer.id, "Another name")
    await run_job(runner, outlet, AGAIN)
    assert walked(outlet, before) == []
    assert held(outlet) == await drive.seen()


async def test_a_walk_is_taken_up_after_a_crash(drive: EmulatedDrive) -> None:
    """Cut after any batch, it goes on with the folders that are left, and ends in step."""
    world = drive.world
    outer = folder_of(drive, files=30)
    outlet = MemoryOutlet()
    outlet.change(CONN, Accept(CONFIG))
    await run_engine(drive, outlet)
    world.share(outer.id, user_grant(world.users[2], "writer"))
    outlet.change(CONN, AGAIN)
    for _ in range(12):
        outlet.room = 1
        await run_engine(drive, outlet)
    assert held(outlet) == await drive.seen()
    tokens = [walk.page_token for batch in outlet.batches if (walk := found(batch, WalkFolder)) is not None]
    assert any(tokens)


async def test_a_change_during_the_scan_is_walked(drive: EmulatedDrive) -> None:
    """What was listed before its folder was shared, and the folder after it, is listed again by the end."""
    world = drive.world
    outer = folder_of(drive)
    outlet = MemoryOutlet()
    todo = [lambda: world.share(outer.id, user_grant(world.users[2], "writer"))]

    def share_in_between(batch: Batch) -> None:
        scanned = found(batch, AdvanceScan)
        if scanned is not None and scanned.range_name != "folders" and todo:
            todo.pop()()

    outlet.verdict = share_in_between
    await run_job(drive.runner(outlet), outlet)
    assert not todo
    assert held(outlet) == await drive.seen()


async def test_a_page_token_lost_in_a_walk_begins_the_folder_anew(drive: EmulatedDrive) -> None:
    """That folder alone is listed again from its first page."""
    world = drive.world
    outer = folder_of(drive, files=30)
    runner, outlet = await first_sync(drive)
    world.share(outer.id, user_grant(world.users[2], "writer"))
    await drive.lose_page_tokens(1)
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()
    assert outlet.corpus(CONN).snapshot_id == "000000000001"


async def test_a_folder_is_not_begun_anew_for_ever(drive: EmulatedDrive) -> None:
    """When its page tokens are lost again and again, the walk is given up for a new snapshot."""
    outer = folder_of(drive, files=30)
    runner, outlet = await first_sync(drive)
    drive.world.share(outer.id, user_grant(drive.world.users[2], "writer"))
    await drive.lose_page_tokens(MAX_RESTARTS + 1)
    await run_job(runner, outlet, AGAIN)
    walks = [walk for batch in outlet.batches if (walk := found(batch, WalkFolder)) is not None]
    assert sum(walk.page_token == "" for walk in walks) == MAX_RESTARTS
    assert [error.code for error in outlet.errors] == ["page_token_expired"]
    assert outlet.corpus(CONN).snapshot_id == "000000000002"
    assert held(outlet) == await drive.seen()


async def test_a_walk_that_is_refused_from_the_first_page_ends(drive: EmulatedDrive) -> None:
    """A token that was never sent cannot be lost: it is an error like any other, not a reason to ask for ever."""
    world = drive.world
    outer = folder_of(drive)
    runner, outlet = await first_sync(drive)
    world.share(outer.id, user_grant(world.users[2], "writer"))
    await drive.fault("files.list", status=403, reason="pageTokenExpired", count=None)
    await run_job(runner, outlet, AGAIN)
    assert outlet.errors
    assert outlet.job(CONN).parked is not None


async def test_a_folder_that_is_gone_meanwhile_ends_its_walk(drive: EmulatedDrive) -> None:
    """Marked to be walked and deleted before: nothing lies in it, and the connection goes on."""
    outer = folder_of(drive)
    runner, outlet = await first_sync(drive)
    drive.world.delete(outer.id)
    outlet.change(CONN, MarkDirty("user:me", frozenset([outer.id])))
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()
    assert outlet.job(CONN).parked is None


async def test_the_index_outlives_the_process(drive: EmulatedDrive) -> None:
    """A worker that was restarted knows from its state what each folder handed down."""
    outer = folder_of(drive)
    _, outlet = await first_sync(drive)
    drive.settings = replace(drive.settings, scan_parallelism=1)
    drive.world.share(outer.id, user_grant(drive.world.users[2], "writer"))
    await run_job(drive.runner(outlet), outlet, AGAIN)
    assert held(outlet) == await drive.seen()


async def test_a_limited_folder_of_a_drive(drive: EmulatedDrive) -> None:
    """Limited, a folder cuts off what was handed down, for everything in it."""
    world = drive.world
    drive_id = team(drive)
    world.share(drive_id, user_grant(world.users[2], "reader"))
    outer = folder_of(drive, drive_id)
    runner, outlet = await first_sync(drive)
    world.limit(outer.id, limited=True)
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()


@pytest.mark.parametrize("known", [True, False], ids=["known before", "not known before"])
async def test_a_large_tree_costs_a_snapshot_instead(
    drive: EmulatedDrive, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above a number of folders they are not listed one by one: a new snapshot finds all of them."""
    monkeypatch.setattr("google_drive_worker.sync.walk.MAX_DIRTY", 4)
    world = drive.world
    place = world.root_id(world.users[0] if known else world.users[1])
    owner = world.users[0] if known else world.users[1]
    outer = world.create("Many", mime_type="application/vnd.google-apps.folder", parent=place, owner=owner)
    for number in range(8):
        inner = world.create(f"n{number}", mime_type=outer.mime_type, parent=outer.id, owner=owner)
        world.create("leaf", parent=inner.id, owner=owner)
    runner, outlet = await first_sync(drive)
    world.share(outer.id, user_grant(world.users[2] if known else world.users[0], "reader"))
    await run_job(runner, outlet, AGAIN)
    assert any(found(batch, ScanAnew) for batch in outlet.batches)
    assert held(outlet) == await drive.seen()


async def test_what_lies_below_another_dirty_folder_is_walked_once(drive: EmulatedDrive) -> None:
    """An inner folder that was marked first waits for the outer one, whose walk comes to it anyway."""
    world = drive.world
    outer = world.create("outer", mime_type="application/vnd.google-apps.folder")
    inner = world.create("inner", mime_type=outer.mime_type, parent=outer.id)
    leaf = world.create("leaf", parent=inner.id)
    _, outlet = await first_sync(drive)
    outlet.change(CONN, MarkDirty("user:me", frozenset([inner.id])), MarkDirty("user:me", frozenset([outer.id])))
    before = len(outlet.batches)
    await run_engine(drive, outlet)
    assert walked(outlet, before) == [outer.id, inner.id]
    assert [record.resource_id for batch in outlet.batches[before:] for record in batch.records].count(leaf.id) == 1
