"""The lanes of one connection at work at once: what changes now never waits, and what one drops all begin anew."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.sync.emulated import AGAIN, CONFIG, CONN, EmulatedDrive, found, held, run_job
from tests.unit.sync.memory_outlet import MemoryOutlet
from tests.unit.sync.test_drives import first_sync, team
from tests.unit.sync.test_runner import until

from google_drive_emulator.world.accounts import user_grant
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.membership import CloseCorpus
from google_drive_worker.sync.outlet import BatchDroppedError, BatchRefusedError
from google_drive_worker.sync.state import AdvanceScan
from google_drive_worker.sync.wishes import Accept, Cancel

FULL = Accept(CONFIG, full=True)
COMMIT_SECONDS = 0.001
MOST_WAITING = 50


class HoldingOutlet(MemoryOutlet):
    """Holds batches back at its door while `holds` says so."""

    def __init__(self) -> None:
        super().__init__()
        self.holds: Callable[[Batch], bool] = lambda _: False
        self.waiting = 0

    async def put(self, connection_id: str, batch: Batch, *, bulk: bool = False) -> None:
        self.waiting += 1
        while self.holds(batch):  # noqa: ASYNC110 # what it waits for has no event of its own
            await asyncio.sleep(0)
        self.waiting -= 1
        await super().put(connection_id, batch, bulk=bulk)


class LateOutlet(MemoryOutlet):
    """Commits a batch when the loop comes round to it and not before, as a committer does that works beside the jobs.

    `handed` are all batches, also those that were dropped; an end is put to a lane that keeps the loop to itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.handed: list[Batch] = []
        self._waiting: deque[tuple[str, Batch, bool, asyncio.Future[None]]] = deque()

    async def put(self, connection_id: str, batch: Batch, *, bulk: bool = False) -> None:
        self._raise_broken(connection_id)
        assert len(self._waiting) < MOST_WAITING, "handed over again and again"
        self.handed.append(batch)
        loop = asyncio.get_running_loop()
        self._waiting.append((connection_id, batch, bulk, loop.create_future()))
        loop.call_later(COMMIT_SECONDS, self._commit_oldest)

    async def settle(self, connection_id: str, *, changes_only: bool = False) -> None:
        awaited = [done for _, _, bulk, done in self._waiting if not (changes_only and bulk)]
        if awaited:
            await asyncio.wait(awaited)
        self._raise_broken(connection_id)

    def _commit_oldest(self) -> None:
        connection_id, batch, _, done = self._waiting.popleft()
        error = self._committed(connection_id, batch)
        if error is None:
            self.batches.append(batch)
        else:
            self._broken[connection_id] = error
        done.set_result(None)


def scans(batch: Batch, corpus: str) -> bool:
    """Whether a batch is a page of that corpus's listing of everything."""
    scanned = found(batch, AdvanceScan)
    return scanned is not None and scanned.corpus == corpus and scanned.range_name != "folders"


async def test_a_change_goes_out_while_another_corpus_is_scanned(drive: EmulatedDrive) -> None:
    """A drive that was just joined is being listed; a rename in My Drive reaches its record before that is done."""
    outlet = HoldingOutlet()
    runner = drive.runner(outlet)
    await run_job(runner, outlet)
    drive_id = team(drive)
    outlet.holds = lambda batch: scans(batch, f"drive:{drive_id}")
    outlet.change(CONN, AGAIN)
    runner.wake(CONN)
    await until(lambda: outlet.waiting == 1 and outlet.states[CONN].corpus(f"drive:{drive_id}") is not None)
    before, changed = len(outlet.records), (await drive.file_ids())[0]
    drive.world.rename(changed, "renamed meanwhile")
    outlet.change(CONN, AGAIN)
    runner.wake(CONN)
    await until(lambda: changed in [record.resource_id for record in outlet.records[before:]])
    assert outlet.waiting == 1
    outlet.holds = lambda _: False
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()


@pytest.mark.parametrize("how", ["left", "wanted no more"])
async def test_a_lane_waits_for_its_own_commit(drive: EmulatedDrive, how: str) -> None:
    """A step that asks Drive for nothing is taken once: its lane does not plan it anew until it is committed."""
    outlet = LateOutlet()
    runner = drive.runner(outlet)
    world, drive_id = drive.world, team(drive, by=1)
    world.share(drive_id, user_grant(world.users[0], "reader"))
    await run_job(runner, outlet)
    if how == "left":
        world.unshare(drive_id, world.users[0].permission_id)
        wish = AGAIN
    else:
        wish = Accept({**CONFIG, "corpora": {"drives": "none"}})
    await run_job(runner, outlet, wish)
    closed = [patch.corpus for batch in outlet.handed if (patch := found(batch, CloseCorpus)) is not None]
    assert closed == [f"drive:{drive_id}"]
    assert len(outlet.handed) == len(outlet.batches)


@pytest.mark.parametrize("told", ["the lane itself", "the other lane"])
async def test_what_follows_a_dropped_page_is_dropped_too(drive: EmulatedDrive, told: str) -> None:
    """Whichever lane hears of it, the page is listed again before the snapshot ends."""
    runner, outlet = await first_sync(drive)
    drops = [BatchDroppedError("the state has moved on")]

    def drop(batch: Batch) -> Exception | None:
        if not scans(batch, "user:me") or not batch.records or not drops:
            return None
        if told == "the other lane":
            outlet.change(CONN, AGAIN)
            runner.wake(CONN)
        return drops.pop()

    outlet.verdict = drop
    await run_job(runner, outlet, FULL)
    assert not drops
    assert held(outlet) == await drive.seen()
    job = outlet.job(CONN)
    assert (job.full_done, job.incremental_done) == (job.full_wanted, job.incremental_wanted)


async def test_a_refused_page_stops_every_lane(drive: EmulatedDrive) -> None:
    """A parked connection costs nothing: whatever its other lanes are at ends too."""
    runner, outlet = await first_sync(drive)
    outlet.verdict = lambda batch: BatchRefusedError("too large") if scans(batch, "user:me") else None
    await run_job(runner, outlet, FULL)
    parked = outlet.job(CONN).parked
    assert parked is not None
    assert parked.code == "batch_refused"
    assert (runner.running, runner.waiting) == (0, 0)


async def test_a_cancel_in_the_middle_stops_a_scan_beside_a_live_log(drive: EmulatedDrive) -> None:
    """The snapshot is left unfinished, the log goes on from where it was."""
    runner, outlet = await first_sync(drive)
    todo = [Cancel()]

    def cancel(batch: Batch) -> None:
        if scans(batch, "user:me") and todo:
            outlet.change(CONN, todo.pop())

    outlet.verdict = cancel
    await run_job(runner, outlet, FULL)
    complete = [record for record in outlet.records if b'"phase":"complete"' in record.data]
    assert len(complete) == 1
    drive.world.create("after the cancel")
    await run_job(runner, outlet, AGAIN)
    assert held(outlet) == await drive.seen()


async def test_an_alarm_wakes_what_falls_due(drive: EmulatedDrive) -> None:
    """Nobody asks for the settle pass: the runner starts it when its time has come."""
    drive.settings = replace(drive.settings, settle_seconds=0.05)
    runner, outlet = await first_sync(drive)
    assert outlet.corpus(CONN).settle_at is not None
    drive.time.seconds += 1.0
    await until(lambda: outlet.corpus(CONN).settle_at is None)
    await runner.stop()


async def test_lanes_fail_apart(drive: EmulatedDrive) -> None:
    """A listing that is not answered for now keeps no change waiting."""
    runner, outlet = await first_sync(drive)
    await drive.fault("files.list", status=503, count=None)
    created = drive.world.create("meanwhile")
    await run_job(runner, outlet, FULL)
    assert created.id in {record.resource_id for record in outlet.records}
    assert {error.code for error in outlet.errors} == {"backend_error"}
    assert outlet.job(CONN).full_done < outlet.job(CONN).full_wanted
