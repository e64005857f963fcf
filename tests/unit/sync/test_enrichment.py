"""What is read call by call against an emulated drive: who has access, revisions, comments, and their manifests."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.unit.sync.emulated import AGAIN, CONFIG, CONN, EmulatedDrive, found, held, run_engine, run_job
from tests.unit.sync.memory_outlet import MemoryOutlet
from tests.unit.sync.replica import Replica
from tests.unit.sync.test_drives import first_sync, team

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.commenting import add_comment, delete_comment
from google_drive_worker.sync.completion import Confirm, Hold
from google_drive_worker.sync.enrich import LIST_TRIES, AdvanceEnrichment
from google_drive_worker.sync.follow import AddFollowUps, FollowedUp
from google_drive_worker.sync.run import MAX_RESTARTS
from google_drive_worker.sync.settle import AdvanceSettling
from google_drive_worker.sync.wishes import Accept

EVERYTHING: dict[str, Any] = {
    "resources": ["file", "permission", "revision", "comment"],
    "backfill": ["file", "permission", "revision", "comment"],
}


def lists_of(outlet: MemoryOutlet, kind: str, file_id: str) -> list[str]:
    """Ids of what hangs below a file."""
    return sorted(name for name in Replica.of(outlet.records).of_type(kind) if name.startswith(f"{file_id}:"))


async def test_members_of_a_drive_and_own_grants_have_sets(drive: EmulatedDrive) -> None:
    """One for the drive, one for each item with grants of its own; items that inherit all have none."""
    world = drive.world
    drive_id = team(drive)
    own = world.create("own grants", parent=drive_id)
    world.share(own.id, user_grant(world.users[2], "reader"))
    _, outlet = await first_sync(drive)
    sets = Replica.of(outlet.records).of_type("permission_set")
    assert set(sets) == {drive_id, own.id}
    assert [grant["id"] for grant in sets[drive_id]["permissions"]] == [world.users[0].permission_id]
    assert world.users[2].permission_id in {grant["id"] for grant in sets[own.id]["permissions"]}
    assert (sets[drive_id]["item_type"], sets[own.id]["item_type"], sets[own.id]["complete"]) == ("drive", "file", True)


async def test_a_set_follows_its_item(drive: EmulatedDrive) -> None:
    """Shared, an item has one; no longer shared by itself, it is deleted."""
    world = drive.world
    item = world.create("plan", parent=team(drive))
    runner, outlet = await first_sync(drive)
    grant = user_grant(world.users[2], "reader")
    for has_set in (True, False):
        if has_set:
            world.share(item.id, grant)
        else:
            world.unshare(item.id, grant.id)
        await run_job(runner, outlet, AGAIN)
        assert (item.id in Replica.of(outlet.records).of_type("permission_set")) == has_set


async def test_revisions_of_a_change(drive: EmulatedDrive) -> None:
    """A file that was edited has its revisions and a manifest; what there was before is left, unless it is wanted."""
    runner, outlet = await first_sync(drive, resources=EVERYTHING["resources"])
    assert not Replica.of(outlet.records).of_type("revision")
    made = drive.world.create("words.txt", mime_type="text/plain", data=b"one")
    drive.world.edit(made.id, b"two")
    await run_job(runner, outlet, AGAIN)
    manifest = Replica.of(outlet.records).of_type("manifest")[f"{made.id}:revision"]
    assert len(manifest["ids"]) == 2
    assert lists_of(outlet, "revision", made.id) == sorted(f"{made.id}:{each}" for each in manifest["ids"])


async def test_a_backfill_reads_what_there_was(drive: EmulatedDrive) -> None:
    """Every file has its manifests after the first snapshot, comments with their text and replies."""
    made = drive.world.create("words.txt", mime_type="text/plain", data=b"one")
    comment = add_comment(drive.world, made.id, drive.world.users[0], "a word")
    _, outlet = await first_sync(drive, **EVERYTHING)
    replica = Replica.of(outlet.records)
    assert replica.of_type("comment")[f"{made.id}:{comment.id}"]["content"] == "a word"
    with_comments = {name.rpartition(":")[0] for name in replica.of_type("manifest") if name.endswith(":comment")}
    held_files = (drive.world.item(name) for name in replica.of_type("file"))
    assert with_comments == {item.id for item in held_files if item is not None and not item.is_shortcut}


async def test_comments_are_read_again_in_time(drive: EmulatedDrive) -> None:
    """A comment need not be in any log (facts A9): the sweep finds a new one, and one that was deleted."""
    made = drive.world.create("words.txt", mime_type="text/plain", data=b"one")
    first = add_comment(drive.world, made.id, drive.world.users[0], "first")
    runner, outlet = await first_sync(drive, **EVERYTHING)
    second = add_comment(drive.world, made.id, drive.world.users[0], "second")
    delete_comment(drive.world, made.id, first.id)
    drive.time.seconds += drive.settings.comment_sweep_seconds + 1
    await run_job(runner, outlet, AGAIN)
    comments = Replica.of(outlet.records).of_type("comment")
    assert comments[f"{made.id}:{second.id}"]["content"] == "second"
    assert comments[f"{made.id}:{first.id}"]["deleted"] is True


async def test_a_file_that_is_gone_costs_itself(drive: EmulatedDrive) -> None:
    """An item that answers 404 leads to no record and no error, and the list is worked off."""
    runner, outlet = await first_sync(drive)
    corpus = outlet.corpus(CONN)
    outlet.change(CONN, AddFollowUps("user:me", corpus.snapshot_id, {"never": ["file", "revision", "comment"]}))
    before = len(outlet.records)
    await run_job(runner, outlet, AGAIN)
    assert outlet.states[CONN].follow_ups == {}
    assert len(outlet.records) == before
    assert not outlet.errors


@pytest.mark.parametrize("kind", ["permission", "revision", "comment"])
async def test_a_list_that_arrives_in_pieces_is_read_again(drive: EmulatedDrive, kind: str) -> None:
    """An answer that is not whole JSON, and has a good status, passes: no log would bring the item up again."""
    drive_id = team(drive)
    made = drive.world.create("words.txt", mime_type="text/plain", data=b"one", parent=drive_id)
    await drive.fault(f"{kind}s.list", kind="truncate_json", count=LIST_TRIES - 1)
    _, outlet = await first_sync(drive, **EVERYTHING)
    replica = Replica.of(outlet.records)
    assert replica.of_type("permission_set")[drive_id]["complete"]
    assert {f"{made.id}:revision", f"{made.id}:comment"} <= replica.of_type("manifest").keys()
    assert not outlet.errors


async def test_a_list_that_is_never_whole_costs_itself(drive: EmulatedDrive) -> None:
    """It is asked for so many times, each later than the one before; then there is an error, and others are read."""
    drive_id = team(drive)
    made = drive.world.create("words.txt", mime_type="text/plain", data=b"one", parent=drive_id)
    await drive.fault("permissions.list", kind="truncate_json", count=None)
    _, outlet = await first_sync(drive, **EVERYTHING)
    (error,) = outlet.errors
    assert (error.code, error.resource_id, error.attempts) == ("malformed_response", drive_id, LIST_TRIES)
    assert drive.time.slept == sorted(set(drive.time.slept))
    assert len(drive.time.slept) == LIST_TRIES - 1
    assert f"{made.id}:revision" in Replica.of(outlet.records).of_type("manifest")
    assert outlet.states[CONN].follow_ups == {}


async def test_follow_ups_outlive_the_process(drive: EmulatedDrive) -> None:
    """Cut after any batch, what is left to read is read by the next process."""
    outlet = MemoryOutlet()
    outlet.change(CONN, Accept(CONFIG | EVERYTHING))
    for _ in range(60):
        outlet.room = 1
        await run_engine(drive, outlet)
    manifests = Replica.of(outlet.records).of_type("manifest")
    outlet.room = None
    await run_engine(drive, outlet)
    assert outlet.states[CONN].follow_ups == {}
    assert len(Replica.of(outlet.records).of_type("manifest")) >= len(manifests)
    assert any(found(batch, FollowedUp) for batch in outlet.batches)


async def test_a_range_is_not_begun_anew_for_ever(drive: EmulatedDrive) -> None:
    """When its page tokens are lost again and again, it begins with a new snapshot, and is gone over then."""
    drive.settings = replace(drive.settings, settle_seconds=0.0)
    runner, outlet = await first_sync(drive, **EVERYTHING)
    drive.time.seconds += drive.settings.comment_sweep_seconds + 1
    await drive.lose_page_tokens(MAX_RESTARTS + 1)
    await run_job(runner, outlet, AGAIN)
    pages = [page for batch in outlet.batches if (page := found(batch, AdvanceEnrichment)) is not None]
    assert sum(page.page_token == "" for page in pages) == MAX_RESTARTS
    assert [error.code for error in outlet.errors] == ["page_token_expired"]
    assert outlet.corpus(CONN).snapshot_id == "000000000002"
    assert outlet.corpus(CONN).enrich == {}


# Listings that lag, and completions that would take too much away.


async def test_what_a_listing_did_not_show_yet_is_found_later(drive: EmulatedDrive) -> None:
    """A file made just before the snapshot is in no listing for a while, and in no log after it (facts A4)."""
    world = drive.world
    made = world.create("just made")
    world.quirks = msgspec.structs.replace(world.quirks, listing_lag_ms=600_000)
    drive.settings = replace(drive.settings, settle_seconds=300.0)
    runner, outlet = await first_sync(drive)
    assert made.id not in held(outlet)
    world.quirks = msgspec.structs.replace(world.quirks, listing_lag_ms=0)
    drive.time.seconds += 301.0
    await run_job(runner, outlet, AGAIN)
    assert outlet.corpus(CONN).settle_at is None
    assert held(outlet) == await drive.seen()


async def test_a_settle_pass_is_not_begun_anew_for_ever(drive: EmulatedDrive) -> None:
    """When its page tokens are lost again and again, it is given up for a new snapshot with a pass of its own."""
    for number in range(30):
        drive.world.create(f"just made {number}")
    drive.settings = replace(drive.settings, settle_seconds=300.0)
    runner, outlet = await first_sync(drive)
    drive.time.seconds += 301.0
    await drive.lose_page_tokens(MAX_RESTARTS + 1)
    await run_job(runner, outlet, AGAIN)
    pages = [page for batch in outlet.batches if (page := found(batch, AdvanceSettling)) is not None]
    assert sum(page.page_token == "" for page in pages) == MAX_RESTARTS
    assert [error.code for error in outlet.errors] == ["page_token_expired"]
    assert outlet.corpus(CONN).snapshot_id == "000000000002"
    assert outlet.corpus(CONN).settle_at is not None
    assert held(outlet) == await drive.seen()


@pytest.mark.parametrize("confirmed", [True, False])
async def test_a_snapshot_that_would_take_too_much_away_is_held(drive: EmulatedDrive, confirmed: bool) -> None:
    """Nothing is swept, the log goes on, and an event says how many; a word lets it complete."""
    runner, outlet = await first_sync(drive)
    corpus = outlet.corpus(CONN)
    outlet.states[CONN] = outlet.states[CONN].with_part(
        "corpus:user:me", msgspec.structs.replace(corpus, expected=5000)
    )
    await run_job(runner, outlet, Accept(CONFIG, full=True))
    assert outlet.corpus(CONN).held == 5000 - sum(outlet.corpus(CONN).counts.values())
    assert any(found(batch, Hold) for batch in outlet.batches)
    drive.world.create("meanwhile")
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()
    if confirmed:
        outlet.change(CONN, Confirm())
        await run_job(runner, outlet, AGAIN)
    job = outlet.job(CONN)
    assert (job.full_done == job.full_wanted) == confirmed
    assert (outlet.corpus(CONN).held is None) == confirmed
