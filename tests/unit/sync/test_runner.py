"""Jobs: slots, wishes that come at the wrong moment, and the table of failures row by row."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from tests.unit.sync.emulated import (
    AGAIN,
    CONFIG,
    CONN,
    DEADLINE_SECONDS,
    EmulatedDrive,
    found,
    run_engine,
    run_job,
)
from tests.unit.sync.memory_outlet import MemoryOutlet

from google_drive_worker.client.errors import (
    CursorLostError,
    DailyLimitError,
    DomainPolicyError,
    DriveError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    ReauthorizationRequiredError,
)
from google_drive_worker.client.session import DriveSession
from google_drive_worker.schemas.event import EventName
from google_drive_worker.schemas.state import JobState, Phase
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.engine import LostCorpusError
from google_drive_worker.sync.outlet import BatchDroppedError, BatchRefusedError, OutletClosedError
from google_drive_worker.sync.runner import JOB_BACKOFF, MAX_CURSOR_LOSSES, Runner, RunnerObserver
from google_drive_worker.sync.state import AdvanceScan
from google_drive_worker.sync.wishes import Accept, Park, Pause

Sessions = Callable[[str, JobState], Awaitable[DriveSession]]


class Opening:
    """Opens sessions on a drive; errors lie ahead of them, `times` of the same or for ever."""

    def __init__(self, drive: EmulatedDrive, error: Exception | None = None, times: int | None = None) -> None:
        self._drive = drive
        self._error = error
        self._left = times
        self.opened = 0

    async def __call__(self, _: str, __: JobState) -> DriveSession:
        self.opened += 1
        if self._error is None or self._left == 0:
            return self._drive.session()
        self._left = None if self._left is None else self._left - 1
        raise self._error


class Gate:
    """Opens sessions on a drive, once the connection's gate is open; `arrived` says who has a slot."""

    def __init__(self, drive: EmulatedDrive) -> None:
        self._drive = drive
        self._gates: dict[str, asyncio.Event] = {}
        self.arrived: list[str] = []

    def open(self, connection: str) -> None:
        self._gates.setdefault(connection, asyncio.Event()).set()

    async def __call__(self, connection: str, _: JobState) -> DriveSession:
        self.arrived.append(connection)
        await self._gates.setdefault(connection, asyncio.Event()).wait()
        return self._drive.session()


def runner_of(drive: EmulatedDrive, outlet: MemoryOutlet, sessions: Sessions, *, max_scans: int = 1) -> Runner:
    return Runner(drive.engine(), outlet, sessions, max_scans=max_scans, timing=drive.time.timing)


async def until(condition: Callable[[], bool]) -> None:
    """Let others run until it holds."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 # what it waits for has no event of its own
            await asyncio.sleep(0)


async def joined(runner: Runner, *connections: str) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        for connection in connections:
            await runner.join(connection)


async def test_a_day_without_quota_is_outlasted(drive: EmulatedDrive) -> None:
    """However often the day's cap refuses, the job tries again after what is asked for, and goes on by itself."""
    outlet = MemoryOutlet()
    opening = Opening(drive, DailyLimitError("cap", retry_after_seconds=3600.0), times=20)
    outlet.change(CONN, Accept(CONFIG))
    runner = runner_of(drive, outlet, opening)
    runner.wake(CONN)
    await joined(runner, CONN)
    assert outlet.corpus(CONN).phase is Phase.LIVE
    assert drive.time.slept.count(3600.0) == 20


# Slots.


async def test_scans_are_bounded(drive: EmulatedDrive) -> None:
    """No more than `max_scans` scans have a slot; the others are counted as waiting, and get theirs in turn."""
    outlet, gate = MemoryOutlet(), Gate(drive)
    runner = runner_of(drive, outlet, gate, max_scans=2)
    names = [f"conn_{number}" for number in range(5)]
    for name in names:
        outlet.change(name, Accept(CONFIG))
        runner.wake(name)
    await until(lambda: len(gate.arrived) == 2 and runner.waiting == 3)
    assert runner.running == 2
    for name in names:
        gate.open(name)
    await joined(runner, *names)
    assert all(outlet.corpus(name).phase is Phase.LIVE for name in names)
    assert (runner.running, runner.waiting) == (0, 0)


async def test_a_replay_is_not_kept_waiting_by_scans(drive: EmulatedDrive) -> None:
    """With every scan slot taken and more waiting, a live connection's changes go out."""
    outlet, gate = MemoryOutlet(), Gate(drive)
    runner = runner_of(drive, outlet, gate, max_scans=1)
    gate.open("live")
    outlet.change("live", Accept(CONFIG))
    runner.wake("live")
    await joined(runner, "live")
    for name in ("scan_1", "scan_2"):
        outlet.change(name, Accept(CONFIG))
        runner.wake(name)
    await until(lambda: "scan_1" in gate.arrived and runner.waiting == 1)
    created = drive.world.create("change")
    outlet.change("live", AGAIN)
    runner.wake("live")
    await joined(runner, "live")
    assert outlet.records[-1].resource_id == created.id
    await runner.stop()


async def test_a_connection_has_one_job(drive: EmulatedDrive) -> None:
    """Woken again and again, a connection runs once at a time."""
    outlet, gate = MemoryOutlet(), Gate(drive)
    runner = runner_of(drive, outlet, gate, max_scans=5)
    outlet.change(CONN, Accept(CONFIG))
    for _ in range(5):
        runner.wake(CONN)
    await until(lambda: bool(gate.arrived))
    assert runner.running + runner.waiting == 1
    await runner.stop()
    assert gate.arrived == [CONN]


async def test_nothing_wanted_starts_nothing(drive: EmulatedDrive) -> None:
    """Waking an unknown connection, or one without a wish, opens no session."""
    outlet, opening = MemoryOutlet(), Opening(drive)
    runner = runner_of(drive, outlet, opening)
    runner.wake("unknown")
    outlet.change(CONN, Accept(CONFIG), Pause())
    runner.wake(CONN)
    await joined(runner, "unknown", CONN)
    assert opening.opened == 0


# Wishes.


async def test_a_wish_while_the_job_ends_is_not_lost(drive: EmulatedDrive) -> None:
    """A wish made with the last batch on its way, whose wake finds a job that still runs, is answered by that job."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    late = [AGAIN]

    def wish_at_the_end(batch: Batch) -> None:
        if any(b'"phase":"complete"' in record.data for record in batch.records) and late:
            outlet.change(CONN, late.pop())
            runner.wake(CONN)

    outlet.verdict = wish_at_the_end
    await run_job(runner, outlet)
    job = outlet.job(CONN)
    assert job.incremental_done == job.incremental_wanted == 2


async def test_an_interrupt_goes_on_from_the_state(drive: EmulatedDrive) -> None:
    """The job that runs stops where it is, and what is wanted now starts; nothing is listed twice."""
    outlet = MemoryOutlet()
    runner = drive.runner(outlet)
    interrupts: list[asyncio.Task[None]] = []

    def interrupt(batch: Batch) -> None:
        if found(batch, AdvanceScan) and not interrupts:
            interrupts.append(asyncio.create_task(runner.interrupt(CONN)))

    outlet.verdict = interrupt
    await run_job(runner, outlet)
    await interrupts[0]
    await joined(runner, CONN)
    listed = [record.resource_id for record in outlet.records if record.resource_type != "snapshot"]
    assert sorted(listed) == sorted(await drive.items())


async def test_a_pause_stops_the_job(drive: EmulatedDrive) -> None:
    """Paused and interrupted, a job ends, and nothing starts in its place."""
    outlet, gate = MemoryOutlet(), Gate(drive)
    runner = runner_of(drive, outlet, gate)
    outlet.change(CONN, Accept(CONFIG))
    runner.wake(CONN)
    await until(lambda: bool(gate.arrived))
    outlet.change(CONN, Pause())
    await runner.interrupt(CONN)
    assert runner.running == runner.waiting == 0
    assert not outlet.batches


# The table of failures.


@pytest.mark.parametrize(
    "error",
    [NetworkError("reset"), RateLimitedError("slow down"), ValueError("a defect that says ya29.secret")],
    ids=str,
)
async def test_what_may_pass_is_tried_again(drive: EmulatedDrive, error: Exception) -> None:
    """A retryable or unforeseen error is recorded, and the job tried again after a wait; then it goes on."""
    outlet = MemoryOutlet()
    failed: list[str] = []
    retried: list[str] = []
    runner = Runner(
        drive.engine(),
        outlet,
        Opening(drive, error, times=2),
        max_scans=1,
        timing=drive.time.timing,
        observer=RunnerObserver(failed=failed.append, retried=retried.append),
    )
    await run_job(runner, outlet)
    assert [record.attempts for record in outlet.errors] == [1, 2]
    assert failed == retried == [record.code for record in outlet.errors]
    assert all(record.retryable for record in outlet.errors)
    assert [event.event for event in outlet.events[:2]] == [EventName.JOB_FAILED] * 2
    assert outlet.corpus(CONN).phase is Phase.LIVE
    assert drive.time.slept[:2] == [JOB_BACKOFF.delay(0, 0.0), JOB_BACKOFF.delay(1, 0.0)]


async def test_an_unforeseen_error_is_an_internal_one_and_ends(drive: EmulatedDrive) -> None:
    """A defect is told by its type, never by its text; its tries are bounded; the connection is not parked."""
    outlet, opening = MemoryOutlet(), Opening(drive, ValueError("ya29.secret"))
    await run_job(runner_of(drive, outlet, opening), outlet)
    assert opening.opened == JOB_BACKOFF.max_attempts
    assert {record.code for record in outlet.errors} == {"internal_error"}
    assert all("secret" not in record.message and "ValueError" in record.message for record in outlet.errors)
    assert outlet.job(CONN).parked is None


async def test_the_wait_that_drive_asks_for_is_kept(drive: EmulatedDrive) -> None:
    """A job waits no less than the error says."""
    outlet = MemoryOutlet()
    error = RateLimitedError("later", retry_after_seconds=1234.0)
    await run_job(runner_of(drive, outlet, Opening(drive, error, times=1)), outlet)
    assert drive.time.slept[0] == 1234.0


async def test_a_trigger_takes_up_what_was_given_up(drive: EmulatedDrive) -> None:
    """After the tries have ended, the next wish starts the job anew."""
    outlet = MemoryOutlet()
    runner = runner_of(drive, outlet, Opening(drive, NetworkError("reset"), times=JOB_BACKOFF.max_attempts))
    await run_job(runner, outlet)
    assert not outlet.records
    await run_job(runner, outlet, AGAIN)
    assert outlet.corpus(CONN).phase is Phase.LIVE


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (DomainPolicyError("forbidden here"), EventName.JOB_FAILED),
        (ReauthorizationRequiredError("consent is gone"), EventName.REAUTHORIZATION_REQUIRED),
        (NotFoundError("no such list"), EventName.JOB_FAILED),
    ],
    ids=str,
)
async def test_what_does_not_pass_parks(drive: EmulatedDrive, error: DriveError, event: EventName) -> None:
    """A broken connection is parked at once, with one error record and one event, and asks Drive nothing more."""
    outlet, opening = MemoryOutlet(), Opening(drive, error)
    await run_job(runner_of(drive, outlet, opening), outlet)
    parked = outlet.job(CONN).parked
    assert parked is not None
    assert (parked.code, parked.message) == (error.code, error.message)
    assert [(record.code, record.retryable) for record in outlet.errors] == [(error.code, False)]
    assert [told.event for told in outlet.events] == [event]
    assert opening.opened == 1
    assert outlet.job(CONN).incremental_wanted > outlet.job(CONN).incremental_done


async def test_a_lost_cursor_without_a_corpus_parks(drive: EmulatedDrive) -> None:
    """There is no corpus to start over, so somebody must look."""
    outlet = MemoryOutlet()
    await run_job(runner_of(drive, outlet, Opening(drive, CursorLostError("gone"))), outlet)
    parked = outlet.job(CONN).parked
    assert parked is not None
    assert parked.code == "cursor_lost"


async def test_a_lost_cursor_drops_the_corpus_alone(drive: EmulatedDrive) -> None:
    """The job stays, its wishes too; a new snapshot with the next id follows."""
    outlet = MemoryOutlet(room=2)
    outlet.change(CONN, Accept(CONFIG))
    await run_engine(drive, outlet)
    outlet.room = None
    lost = LostCorpusError("user:me", outlet.corpus(CONN).snapshot_id, CursorLostError("gone"))
    await run_job(runner_of(drive, outlet, Opening(drive, lost, times=1)), outlet, AGAIN)
    assert outlet.corpus(CONN).snapshot_id == "000000000002"
    assert [record.code for record in outlet.errors] == ["cursor_lost"]
    assert MAX_CURSOR_LOSSES > 1


async def test_a_refused_batch_parks(drive: EmulatedDrive) -> None:
    """What cannot be written parks the connection, with a reason; the others' jobs are none of its business."""
    outlet = MemoryOutlet()
    outlet.verdict = lambda batch: (
        BatchRefusedError("records refused it: too large") if found(batch, AdvanceScan) else None
    )
    await run_job(drive.runner(outlet), outlet)
    parked = outlet.job(CONN).parked
    assert parked is not None
    assert parked.code == "batch_refused"
    assert "too large" in parked.message


async def test_a_job_ends_when_not_even_its_failure_can_be_written(drive: EmulatedDrive) -> None:
    """If the parking itself is refused, the job ends instead of running into the same wall for ever."""
    outlet, opening = MemoryOutlet(), Opening(drive, DomainPolicyError("forbidden here"))
    outlet.verdict = lambda batch: BatchRefusedError("no topic") if isinstance(batch.patch, Park) else None
    await run_job(runner_of(drive, outlet, opening), outlet)
    assert opening.opened == 1
    assert not outlet.batches


async def test_a_dropped_batch_is_planned_again(drive: EmulatedDrive) -> None:
    """When the state has moved on under a job, it plans again from there, without an error record."""
    outlet = MemoryOutlet()
    drops = [BatchDroppedError("the state has moved on")]
    outlet.verdict = lambda batch: drops.pop() if found(batch, AdvanceScan) and drops else None
    await run_job(drive.runner(outlet), outlet)
    assert not outlet.errors
    listed = [record.resource_id for record in outlet.records if record.resource_type != "snapshot"]
    assert sorted(listed) == sorted(await drive.items())


async def test_a_closed_outlet_ends_the_job_silently(drive: EmulatedDrive) -> None:
    """Somebody else goes on: no error, no event, no retry."""
    outlet = MemoryOutlet(room=2)
    await run_job(drive.runner(outlet), outlet)
    assert not outlet.errors
    assert len(outlet.batches) == 2


async def test_a_job_that_waits_out_an_error_ends_when_the_outlet_closes(drive: EmulatedDrive) -> None:
    """A retry does not outlive the assignment: a failure that nobody records is not waited for again and again."""
    outlet, opening = MemoryOutlet(), Opening(drive, OutletClosedError())
    await run_job(runner_of(drive, outlet, opening), outlet)
    assert opening.opened == 1


async def test_an_error_record_names_the_trigger(drive: EmulatedDrive) -> None:
    """It carries the message and the trace that led to it, the stage and the attempts, and encodes as the contract."""
    outlet = MemoryOutlet()
    wish = Accept(CONFIG, message_id="msg_1", trace_id="trace_1")
    await run_job(runner_of(drive, outlet, Opening(drive, DomainPolicyError("no"))), outlet, wish)
    (record,) = outlet.errors
    assert (record.message_id, record.trace_id, record.stage) == ("msg_1", "trace_1", "sync")
    assert json.dumps(record.occurred_at) == '"2026-01-01T00:00:00.000Z"'


async def test_new_settings_are_tried_before_parking(drive: EmulatedDrive) -> None:
    """A credential that came while the old one failed is tried; a connection is not parked for the one before it."""
    outlet = MemoryOutlet()
    tried: list[JobState] = []

    async def sessions(_: str, job: JobState) -> DriveSession:
        tried.append(job)
        if job.config != CONFIG:
            return drive.session()
        outlet.change(CONN, Accept(CONFIG | {"refresh_token": "another ciphertext"}))
        raise ReauthorizationRequiredError("consent is gone")

    await run_job(runner_of(drive, outlet, sessions), outlet)
    assert len(tried) == 2
    assert outlet.job(CONN).parked is None
    assert outlet.corpus(CONN).phase is Phase.LIVE
