"""The jobs of this process: which run now, what becomes of their failures.

In: ids of connections whose state changed (`wake`). Out: batches, by way of the outlet. A connection has three lanes
(plan.py), a task for each while it has work; each lane has slots of its own, so that a long scan, of another connection
or of the same, never keeps a change waiting.

Failures are typed, and each type is handled here, once:

| error | then |
|---|---|
| `RetryableError` (its tries have ended), anything unforeseen | an error record; again later, then by a trigger |
| `DailyLimitError` | an error record; again every hour, until the day is over or the cap is raised |
| `ConnectionBrokenError`, `ItemError` of a list, `BatchRefusedError` | an error record, an event, parked |
| `CursorLostError` | an error record; a new snapshot of that corpus alone |
| `BatchDroppedError` | plan again from the state |
| `OutletClosedError` | stop: somebody else goes on |
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from weakref import WeakValueDictionary

from clustera_toolkit.timing import REAL_TIMING, Timing
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.errors import (
    CursorLostError,
    DailyLimitError,
    DriveError,
    ItemError,
    ReauthorizationRequiredError,
    RetryableError,
)
from google_drive_worker.client.session import DriveSession
from google_drive_worker.schemas.event import ErrorRecord, EventName, SyncEvent
from google_drive_worker.schemas.state import ConnectionState, JobState, Parked
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.engine import Engine, LostCorpusError
from google_drive_worker.sync.job_table import JobKind, JobTable, Stage
from google_drive_worker.sync.outlet import BatchDroppedError, BatchRefusedError, Outlet, OutletClosedError
from google_drive_worker.sync.patch import Patch, known_job
from google_drive_worker.sync.plan import Idle, Plan, due_at, next_backfill, next_increment, next_list
from google_drive_worker.sync.state import LoseCursor
from google_drive_worker.sync.traffic import TrafficControl
from google_drive_worker.sync.wishes import Park

log = logging.getLogger(__name__)

JOB_BACKOFF = Backoff(base_seconds=5.0, cap_seconds=300.0, max_attempts=8, max_elapsed_seconds=1800.0)
INCREMENT_SLOTS_PER_SCAN_SLOT = 4
MAX_CURSOR_LOSSES = 3

LANES: dict[JobKind, Plan] = {
    JobKind.INCREMENT: next_increment,
    JobKind.SCAN: next_backfill,
    JobKind.LIST: next_list,
}
Job = tuple[str, JobKind]
"""A connection, and the lane of it that runs."""

SessionFactory = Callable[[str, JobState], Awaitable[DriveSession]]


@dataclass(frozen=True, slots=True)
class RunnerObserver:
    """What metrics want to know."""

    failed: Callable[[str], None] = lambda _: None
    seconds: Callable[[float], None] = lambda _: None
    retried: Callable[[str], None] = lambda _: None
    """A job backs off after an error of that code, and is tried again."""


@dataclass(slots=True)
class _Setbacks:
    """What a job has met so far: `failures` in a row, cursors lost in all."""

    failures: int = 0
    losses: int = 0


class Runner:
    """Runs jobs, at most one a connection and lane, and `max_scans` scans at once."""

    def __init__(
        self,
        engine: Engine,
        outlet: Outlet,
        sessions: SessionFactory,
        *,
        max_scans: int,
        backoff: Backoff = JOB_BACKOFF,
        outlasts_days: bool = True,
        timing: Timing = REAL_TIMING,
        observer: RunnerObserver | None = None,
    ) -> None:
        self._engine = engine
        self._outlet = outlet
        self._sessions = sessions
        self._slots = {
            JobKind.INCREMENT: asyncio.Semaphore(max_scans * INCREMENT_SLOTS_PER_SCAN_SLOT),
            JobKind.SCAN: asyncio.Semaphore(max_scans),
            JobKind.LIST: asyncio.Semaphore(max_scans),
        }
        self._backoff = backoff
        self._outlasts_days = outlasts_days
        self._timing = timing
        self._observer = observer or RunnerObserver()
        self._tasks: dict[Job, asyncio.Task[bool]] = {}
        self._restarting: set[Job] = set()
        self._alarms: dict[str, asyncio.TimerHandle] = {}
        self._traffic: WeakValueDictionary[str, TrafficControl] = WeakValueDictionary()
        self._stopping = False
        self.jobs = JobTable(timing.monotonic)
        """Which jobs wait, run or back off, for metrics."""

    @property
    def running(self) -> int:
        """Jobs that have a slot."""
        return self.jobs.count(Stage.RUNNING)

    @property
    def waiting(self) -> int:
        """Jobs that wait for one."""
        return self.jobs.count(Stage.WAITING)

    def wake(self, connection_id: str) -> None:
        """Start the connection's lanes that have work and do not run."""
        for kind in LANES:
            current = self._tasks.get((connection_id, kind))
            if (current is None or current.done()) and self._wanted(connection_id, kind) is not None:
                self._start((connection_id, kind))
        self._set_alarm(connection_id)

    async def interrupt(self, connection_id: str) -> None:
        """Stop the connection's jobs where they are (its state says where), and start what is wanted now."""
        await self._cancel([(connection_id, kind) for kind in LANES])
        self.wake(connection_id)

    async def join(self, connection_id: str) -> None:
        """Wait until the connection's jobs have ended, whichever way; its state says what became of them."""
        while tasks := [task for kind in LANES if (task := self._tasks.get((connection_id, kind))) is not None]:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)  # lets what the end of one starts be seen

    async def stop(self) -> None:
        """Stop all jobs where they are. None starts meanwhile; afterwards `wake` starts them again."""
        self._stopping = True
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()
        try:
            await self._cancel(list(self._tasks))
        finally:
            self._stopping = False

    def _start(self, job: Job) -> None:
        if self._stopping:
            return
        task = asyncio.create_task(self._run(job), name=f"{job[1].value} {job[0]}")
        self._tasks[job] = task
        task.add_done_callback(lambda done: self._ended(job, done))

    def _set_alarm(self, connection_id: str) -> None:
        """Wake the connection when something falls due of itself."""
        if (alarm := self._alarms.pop(connection_id, None)) is not None:
            alarm.cancel()
        state = self._outlet.state(connection_id)
        due = due_at(state) if state is not None else None
        if due is None or self._stopping:
            return
        seconds = (due - self._timing.now()).total_seconds()
        if seconds > 0:
            loop = asyncio.get_running_loop()
            self._alarms[connection_id] = loop.call_later(seconds + 0.001, self.wake, connection_id)

    async def _cancel(self, jobs: Iterable[Job]) -> None:
        tasks = [task for job in jobs if (task := self._tasks.get(job)) is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, job: Job, task: asyncio.Task[bool]) -> None:
        if self._tasks.get(job) is task:
            del self._tasks[job]
        restarts = job in self._restarting
        self._restarting.discard(job)
        if task.cancelled():
            if restarts:
                self.wake(job[0])
            return
        if (error := task.exception()) is not None:
            log.error("a job ended by an error of its own", exc_info=error, extra={"connection_id": job[0]})
            return
        if task.result():
            self.wake(job[0])  # what one lane has done may be work for another

    def _has_new_settings(self, connection_id: str, state: ConnectionState) -> bool:
        """Whether a trigger has brought other settings, another credential perhaps, since the job began."""
        job = (self._outlet.state(connection_id) or state).job
        return job is not None and job.config != known_job(state).config

    async def _settled(self, job: Job) -> ConnectionState | None:
        """The state to work from, once nothing of an earlier job is on its way; None when nothing is wanted."""
        while True:
            try:
                await self._outlet.settle(job[0], changes_only=job[1] is JobKind.INCREMENT)
            except (BatchDroppedError, BatchRefusedError):
                self._plan_anew(job)
                continue
            except OutletClosedError:
                return None
            return self._wanted(*job)

    def _wanted(self, connection_id: str, kind: JobKind) -> ConnectionState | None:
        state = self._outlet.state(connection_id)
        if state is None or isinstance(LANES[kind](state, self._timing.now()), Idle):
            return None
        return state

    async def _run(self, job: Job) -> bool:
        """Work until nothing is wanted; a wish that came meanwhile is seen in the state. True: all was done."""
        setbacks = _Setbacks()
        while (state := await self._settled(job)) is not None:
            try:
                await self._in_slot(job, state)
                setbacks.failures = 0
            except BatchDroppedError:
                self._plan_anew(job)
            except OutletClosedError:
                return False
            except Exception as error:  # noqa: BLE001 # `_goes_on` tells the unforeseen ones apart
                if not await self._goes_on(job, state, _cause(error), setbacks):
                    return False
        return True

    def _plan_anew(self, job: Job) -> None:
        """A batch was dropped, and with it what other lanes handed over after it: they start anew too.

        The outlet tells of a drop once, to whichever lane asks first; a lane that is cancelled hands over nothing more.
        """
        for kind in LANES:
            other = (job[0], kind)
            if kind is not job[1] and (task := self._tasks.get(other)) is not None:
                self._restarting.add(other)
                task.cancel()

    async def _goes_on(self, job: Job, state: ConnectionState, error: Exception, setbacks: "_Setbacks") -> bool:
        """Do what the table above says. False: the job ends until it is woken again."""
        connection_id = job[0]
        match error:
            case BatchRefusedError():
                return await self._park(job, state, _refused(error))
            case CursorLostError():
                setbacks.losses += 1
                started_over = setbacks.losses <= MAX_CURSOR_LOSSES and await self._start_over(job, state, error)
                return started_over or await self._park(job, state, error)
            case DailyLimitError():
                failures = 1 if self._outlasts_days else self._backoff.max_attempts
                return await self._try_later(job, state, error, failures)
            case RetryableError():
                setbacks.failures += 1
                return await self._try_later(job, state, error, setbacks.failures)
            case DriveError():
                if self._has_new_settings(connection_id, state):
                    return True
                return await self._park(job, state, error)
            case _:
                log.error("a job failed", exc_info=error, extra={"connection_id": connection_id})
                setbacks.failures += 1
                return await self._try_later(job, state, _unforeseen(error), setbacks.failures)

    async def _in_slot(self, job: Job, state: ConnectionState) -> None:
        connection_id, kind = job
        slots = self._slots[kind]
        with self.jobs.standing(connection_id, Stage.WAITING, kind):
            await slots.acquire()
        started = self._timing.monotonic()
        try:
            with self.jobs.standing(connection_id, Stage.RUNNING, kind):
                await self._work(job, state)
        finally:
            slots.release()
            self._observer.seconds(self._timing.monotonic() - started)

    async def _work(self, job: Job, state: ConnectionState) -> None:
        connection_id, kind = job
        follows_changes = kind is JobKind.INCREMENT
        session = await self._sessions(connection_id, known_job(state))
        traffic = self._traffic.get(connection_id)
        if traffic is None:
            traffic = self._traffic[connection_id] = TrafficControl()

        async def refresh() -> ConnectionState | None:
            await self._outlet.settle(connection_id, changes_only=follows_changes)
            self.wake(connection_id)
            return self._outlet.state(connection_id)

        run = self._engine.run(state, session, lane=LANES[kind], traffic=traffic, refresh=refresh)
        async with aclosing(run) as batches:
            async for batch in batches:
                await self._outlet.put(connection_id, batch, bulk=not follows_changes)
        await self._outlet.settle(connection_id, changes_only=follows_changes)

    async def _start_over(self, job: Job, state: ConnectionState, error: CursorLostError) -> bool:
        """Have a snapshot opened for the corpus whose token Drive refused. False: no corpus is to blame."""
        if not isinstance(error, LostCorpusError):
            return False
        await self._tell(job, state, error, LoseCursor(error.corpus, error.snapshot_id))
        return True

    async def _park(self, job: Job, state: ConnectionState, error: DriveError) -> bool:
        """Park the connection. False: not even that can be written, so the job ends until the next trigger."""
        patch = Park(Parked(error.code, error.message, rfc3339(self._timing.now())))
        told = await self._tell(job, state, error, patch)
        self._plan_anew(job)  # what the other lanes are at is not to be gone on with
        return told

    async def _try_later(self, job: Job, state: ConnectionState, error: RetryableError, failures: int) -> bool:
        """Wait, unless the tries have ended: then the next trigger takes the job up where it is."""
        connection_id, kind = job
        await self._tell(job, state, error, None, attempts=failures)
        if failures >= self._backoff.max_attempts:
            return False
        delay = self._backoff.delay(failures - 1, self._timing.random())
        self._observer.retried(error.code)
        with self.jobs.standing(connection_id, Stage.BACKING_OFF, kind):
            await self._timing.sleep(max(delay, error.retry_after_seconds or 0.0))
        return True

    async def _tell(
        self,
        job: Job,
        state: ConnectionState,
        error: DriveError,
        patch: Patch | None,
        attempts: int | None = None,
    ) -> bool:
        """Write the error record, the event and what becomes of the job in one batch. False: it was refused."""
        connection_id = job[0]
        self._observer.failed(error.code)
        wanted, now = known_job(state), rfc3339(self._timing.now())
        record = ErrorRecord(
            message_id=wanted.message_id,
            integration_connection_id=connection_id,
            occurred_at=now,
            stage="sync",
            code=error.code,
            retryable=error.retryable,
            message=str(error),
            http_status=error.http_status,
            reason=error.reason,
            attempts=attempts or error.attempts,
            trace_id=wanted.trace_id,
        )
        broken = isinstance(error, ReauthorizationRequiredError)
        name = EventName.REAUTHORIZATION_REQUIRED if broken else EventName.JOB_FAILED
        event = SyncEvent(name, connection_id, now, code=error.code, message=error.message)
        try:
            await self._outlet.put(connection_id, Batch(patch, notices=[record, event]))
            await self._outlet.settle(connection_id)
        except BatchDroppedError:
            log.info("a failure was not recorded: the state had moved on", extra={"connection_id": connection_id})
            self._plan_anew(job)
        except OutletClosedError:
            log.info("a failure was not recorded: the partitions are gone", extra={"connection_id": connection_id})
        except BatchRefusedError as refused:
            log.error("a failure was not recorded: %s", refused, extra={"connection_id": connection_id})
            return False
        return True


def _cause(error: Exception) -> Exception:
    """The first of several failures at once, which cancelled the others."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _refused(error: BatchRefusedError) -> ItemError:
    """What this connection leads to cannot be written; others go on."""
    return ItemError(str(error), code="batch_refused")


def _unforeseen(error: Exception) -> RetryableError:
    """A defect of this program; the type alone is told, since its text may hold anything."""
    return RetryableError(f"an unforeseen error ({type(error).__name__}); the log has more", code="internal_error")
