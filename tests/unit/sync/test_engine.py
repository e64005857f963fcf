"""The engine and its jobs against an emulated drive: what comes out equals what is there."""

import json
from collections import Counter
from dataclasses import replace as replaced

import pytest
from msgspec.structs import replace
from tests.unit.sync.emulated import (
    AGAIN,
    CONFIG,
    CONN,
    REFRESH_TOKEN,
    EmulatedDrive,
    comparable,
    found,
    run_engine,
    run_job,
)
from tests.unit.sync.memory_outlet import MemoryOutlet
from tests.unit.sync.replica import Replica

from google_drive_worker.schemas.event import EventName
from google_drive_worker.schemas.state import JOB, Phase, corpus_part
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.state import AdvanceScan, RestartRange
from google_drive_worker.sync.wishes import Accept, Cancel

FULL = Accept(CONFIG, full=True)


async def assert_in_step(drive: EmulatedDrive, outlet: MemoryOutlet) -> None:
    """The consumer's copy equals the drive."""
    assert comparable(Replica.of(outlet.records).items) == comparable(await drive.items())


async def test_a_snapshot_holds_every_item_once(drive: EmulatedDrive) -> None:
    """A first sync emits each item once, between the markers of its snapshot, and leaves the corpus live."""
    outlet = MemoryOutlet()
    await run_job(drive.runner(outlet), outlet)
    first, *items, last = outlet.records
    assert Counter(record.resource_id for record in items) == Counter(list(await drive.items()))
    phases = [json.loads(marker.data)["phase"] for marker in (first, last)]
    assert phases == ["started", "complete"]
    assert outlet.corpus(CONN).phase is Phase.LIVE
    await assert_in_step(drive, outlet)


async def test_the_completion_counts_what_was_emitted(drive: EmulatedDrive) -> None:
    """The closing marker and event name the snapshot's counts by type, and say that it is complete."""
    outlet = MemoryOutlet()
    await run_job(drive.runner(outlet), outlet)
    emitted = Counter(record.resource_type for record in outlet.records if record.resource_type != "snapshot")
    marker = json.loads(outlet.records[-1].data)
    assert marker["counts"] == emitted
    assert (marker["complete"], marker["covers"], marker["scope"]) == (True, ["file", "folder"], None)
    (event,) = [event for event in outlet.events if event.event is EventName.SNAPSHOT_COMPLETED]
    assert (event.counts, event.complete) == (dict(emitted), True)


async def test_a_snapshot_tells_its_life(drive: EmulatedDrive) -> None:
    """Opened, started, progress now and then, completed: in this order."""
    outlet = MemoryOutlet()
    await run_job(drive.runner(outlet), outlet)
    names = list(dict.fromkeys(event.event for event in outlet.events))
    assert names == [
        EventName.CORPUS_OPENED,
        EventName.SNAPSHOT_STARTED,
        EventName.SNAPSHOT_PROGRESS,
        EventName.SNAPSHOT_COMPLETED,
    ]


async def test_changes_during_the_scan_converge(drive: EmulatedDrive) -> None:
    """What is renamed, deleted or created while pages are listed is put right by the replay that ends the snapshot."""
    outlet = MemoryOutlet()
    files = await drive.file_ids()

    def meddle(batch: Batch) -> None:
        if found(batch, AdvanceScan) and len(files) > 3:
            drive.world.rename(files.pop(0), "renamed meanwhile")
            drive.world.delete(files.pop())
            drive.world.create("new meanwhile")

    outlet.verdict = meddle
    await run_job(drive.runner(outlet), outlet)
    await assert_in_step(drive, outlet)


async def test_a_replay_emits_what_changed(drive: EmulatedDrive) -> None:
    """After the snapshot, a wish leads to the changes alone, each with its time, and to a cursor at the head."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    await run_job(runner, outlet)
    before = len(outlet.records)
    created, deleted = drive.world.create("new.txt"), (await drive.file_ids())[0]
    drive.world.delete(deleted)
    await run_job(runner, outlet, AGAIN)
    assert {record.resource_id for record in outlet.records[before:]} == {created.id, deleted}
    assert outlet.events[-1].event is EventName.CHANGES_APPLIED
    assert outlet.job(CONN).incremental_done == outlet.job(CONN).incremental_wanted
    await assert_in_step(drive, outlet)


async def test_a_poll_that_finds_nothing_tells_nothing(drive: EmulatedDrive) -> None:
    """It leads to one batch that answers the wish: no record, no event."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    await run_job(runner, outlet)
    before = len(outlet.batches)
    await run_job(runner, outlet, AGAIN)
    (batch,) = outlet.batches[before:]
    assert not batch.records
    assert not batch.notices


async def test_a_full_wish_opens_the_next_snapshot(drive: EmulatedDrive) -> None:
    """A full sync of a live corpus has a larger snapshot id, and its completion sweeps what is gone."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    await run_job(runner, outlet)
    drive.world.delete((await drive.file_ids())[0])
    await run_job(runner, outlet, FULL)
    markers = [json.loads(record.data) for record in outlet.records if record.resource_type == "snapshot"]
    assert [(marker["snapshot_id"], marker["phase"]) for marker in markers] == [
        ("000000000001", "started"),
        ("000000000001", "complete"),
        ("000000000002", "started"),
        ("000000000002", "complete"),
    ]
    await assert_in_step(drive, outlet)


async def test_a_wish_made_during_a_run_leads_to_another(drive: EmulatedDrive) -> None:
    """A wish that comes while its forerunner runs is answered by the same job, after it."""
    outlet = MemoryOutlet()
    late = [Accept(None)]

    def wish_late(batch: Batch) -> None:
        if found(batch, AdvanceScan) and late:
            outlet.change(CONN, late.pop())
            drive.world.create("while it ran")

    outlet.verdict = wish_late
    await run_job(drive.runner(outlet), outlet)
    job = outlet.job(CONN)
    assert job.incremental_done == job.incremental_wanted == 2
    await assert_in_step(drive, outlet)


async def test_a_full_wish_during_a_scan_replaces_the_snapshot(drive: EmulatedDrive) -> None:
    """The job that was interrupted for it goes on with the newer snapshot; the older one is never marked complete."""
    outlet = MemoryOutlet(room=3)
    outlet.change(CONN, FULL)
    await run_engine(drive, outlet)
    outlet.room = None
    await run_job(drive.runner(outlet), outlet, FULL)
    complete = [
        json.loads(record.data)["snapshot_id"] for record in outlet.records if b'"phase":"complete"' in record.data
    ]
    assert complete == ["000000000002"]
    await assert_in_step(drive, outlet)


async def test_a_cancelled_snapshot_is_never_complete(drive: EmulatedDrive) -> None:
    """Cancel leaves it unfinished and drops what is on its way; the next wish starts a new one."""
    outlet = MemoryOutlet()

    def cancel(batch: Batch) -> None:
        if found(batch, AdvanceScan):
            outlet.change(CONN, Cancel())

    outlet.verdict = cancel
    runner = drive.runner(outlet)
    await run_job(runner, outlet)
    assert outlet.corpus(CONN).is_given_up
    assert not any(b'"phase":"complete"' in record.data for record in outlet.records)
    outlet.verdict = lambda _: None
    await run_job(runner, outlet, AGAIN)
    assert outlet.corpus(CONN).snapshot_id == "000000000002"
    await assert_in_step(drive, outlet)


async def test_a_page_token_lost_in_the_middle_restarts_the_range(drive: EmulatedDrive) -> None:
    """The listing begins anew within the same snapshot: nothing is missed, and ids repeat, so that a copy is equal."""
    drive.settings = replaced(drive.settings, scan_parallelism=1)
    outlet = MemoryOutlet()
    outlet.change(CONN, Accept(CONFIG))
    while not any(part.page_token for corpus in outlet.states[CONN].corpora for part in corpus.ranges.values()):
        outlet.room = 1
        await run_engine(drive, outlet)
    outlet.room = None
    await drive.fault("files.list", status=403, reason="pageTokenExpired")
    await run_job(drive.runner(outlet), outlet, AGAIN)
    restarts = [batch for batch in outlet.batches if found(batch, RestartRange)]
    assert len(restarts) == 1
    assert outlet.corpus(CONN).snapshot_id == "000000000001"
    await assert_in_step(drive, outlet)


async def test_a_range_is_not_restarted_for_ever(drive: EmulatedDrive) -> None:
    """When every page token is refused, the job ends parked instead of listing first pages for good."""
    outlet = MemoryOutlet()
    await drive.lose_page_tokens(60)
    await run_job(drive.runner(outlet), outlet)
    parked = outlet.job(CONN).parked
    assert parked is not None
    assert parked.code == "page_token_expired"


async def test_a_lost_cursor_leads_to_a_new_snapshot(drive: EmulatedDrive) -> None:
    """A change token that Drive refuses costs an error record and a new snapshot, after which all is in step."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    await run_job(runner, outlet)
    drive.world.delete((await drive.file_ids())[0])
    await drive.fault("changes.list", status=400, reason="invalid")
    await run_job(runner, outlet, AGAIN)
    assert [error.code for error in outlet.errors] == ["page_token_invalid"]
    assert outlet.corpus(CONN).snapshot_id == "000000000002"
    await assert_in_step(drive, outlet)


async def test_a_cursor_that_is_always_lost_parks(drive: EmulatedDrive) -> None:
    """Snapshots are not opened for ever: after a few losses in one job the connection is parked."""
    outlet = MemoryOutlet()
    await drive.fault("changes.list", status=400, reason="invalid", count=None)
    await run_job(drive.runner(outlet), outlet)
    parked = outlet.job(CONN).parked
    assert parked is not None
    assert parked.code == "page_token_invalid"
    assert outlet.job(CONN).snapshots <= 5


async def test_a_cursor_from_elsewhere_is_taken_over(drive: EmulatedDrive) -> None:
    """With no state and a `last_cursor`, the log is replayed from there, without a snapshot."""
    outlet = MemoryOutlet()
    cursor = str(drive.world.change_id + 1)
    created = drive.world.create("after the cursor")
    await run_job(drive.runner(outlet), outlet, Accept(CONFIG, last_cursor=cursor))
    assert [record.resource_id for record in outlet.records] == [created.id]
    assert outlet.job(CONN).snapshots == 0


async def test_another_account_parks(drive: EmulatedDrive) -> None:
    """A credential of another account than the snapshot's would mix two drives: parked, and nothing emitted."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    await run_job(runner, outlet)
    before = len(outlet.records)
    await drive.control(
        "oauth", {"action": "register", "refresh_token": REFRESH_TOKEN, "user": drive.world.users[1].email}
    )
    await run_job(runner, outlet, FULL)
    parked = outlet.job(CONN).parked
    assert parked is not None
    assert parked.code == "account_changed"
    assert len(outlet.records) == before


async def test_a_revoked_grant_parks_with_its_event(drive: EmulatedDrive) -> None:
    """When consent is gone, the connection costs nothing until someone acts, and a dashboard is told."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    await run_job(runner, outlet)
    await drive.control("oauth", {"action": "revoke", "refresh_token": REFRESH_TOKEN})
    await run_job(runner, outlet, AGAIN)
    parked = outlet.job(CONN).parked
    assert parked is not None
    assert parked.code == "reauthorization_required"
    assert outlet.events[-1].event is EventName.REAUTHORIZATION_REQUIRED
    assert (outlet.errors[-1].code, outlet.errors[-1].retryable) == ("reauthorization_required", False)
    batches = len(outlet.batches)
    await run_job(runner, outlet, AGAIN)
    assert len(outlet.batches) == batches


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "reason": "userRateLimitExceeded"},
        {"status": 429, "reason": "rateLimitExceeded", "retry_after": 5},
        {"kind": "html", "status": 502},
        {"kind": "reset"},
        {"kind": "truncate"},
    ],
    ids=str,
)
async def test_passing_faults_leave_no_trace(drive: EmulatedDrive, fault: dict[str, object]) -> None:
    """Errors that pass are repeated below the engine: the result is the same, and no error record is written."""
    outlet = MemoryOutlet()
    for route in ("files.list", "changes.list", "about.get", "changes.getStartPageToken"):
        await drive.fault(route, count=2, **fault)
    await run_job(drive.runner(outlet), outlet)
    assert not outlet.errors
    await assert_in_step(drive, outlet)


async def test_a_fault_that_lasts_ends(drive: EmulatedDrive) -> None:
    """Retries of calls and of jobs have an end; the job is not parked, so that the next trigger takes it up."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    await drive.fault("files.list", status=503, count=None)
    await run_job(runner, outlet)
    assert {(error.code, error.retryable) for error in outlet.errors} == {("backend_error", True)}
    assert outlet.job(CONN).parked is None
    await drive.control("reset", {})
    await run_job(runner, outlet, AGAIN)
    await assert_in_step(drive, outlet)


async def test_paused_means_nothing_happens(drive: EmulatedDrive) -> None:
    """While paused, wishes wait; resumed, they are answered."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    outlet.change(CONN, Accept(CONFIG))
    outlet.states[CONN] = outlet.states[CONN].with_part(JOB, replace(outlet.job(CONN), paused=True))
    await run_job(runner, outlet, AGAIN)
    assert not outlet.batches
    await run_job(runner, outlet, replaced(AGAIN, resume=True))
    await assert_in_step(drive, outlet)


async def test_an_unaccounted_item_makes_the_snapshot_incomplete(drive: EmulatedDrive) -> None:
    """A snapshot that lost something says `complete: false`, and a consumer sweeps nothing by it."""
    outlet = MemoryOutlet(room=2)
    outlet.change(CONN, FULL)
    await run_engine(drive, outlet)
    outlet.room = None
    corpus = replace(outlet.corpus(CONN), complete=False)
    outlet.states[CONN] = outlet.states[CONN].with_part(corpus_part("user:me"), corpus)
    await run_job(drive.runner(outlet), outlet, AGAIN)
    assert json.loads(outlet.records[-1].data)["complete"] is False
