"""The engine: a job and its state to batches of records with patches to the state.

In: a connection's state, a session to its Drive. Out: batches, until nothing is left to do. It knows neither where
jobs come from nor where batches go; what it yields is exactly what it would yield after a crash at any batch.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import aclosing

from clustera_toolkit.timing import REAL_TIMING, Timing
from google_drive_worker.client.errors import CursorLostError, NotFoundError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.schemas.state import ConnectionState
from google_drive_worker.sync import plan
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.changes import replay
from google_drive_worker.sync.enrich import begin_sweep, enrich, follow
from google_drive_worker.sync.membership import LeaveDrive, close, list_drives
from google_drive_worker.sync.opening import open_corpus
from google_drive_worker.sync.run import EngineSettings, Run
from google_drive_worker.sync.scan import scan_corpus
from google_drive_worker.sync.settle import look_back, settle
from google_drive_worker.sync.traffic import TrafficControl
from google_drive_worker.sync.walk import account, relist

Refresh = Callable[[], Awaitable[ConnectionState | None]]


class LostCorpusError(CursorLostError):
    """Drive refuses a token of a corpus: it, and no other, needs a new snapshot."""

    def __init__(self, corpus: str, snapshot_id: str, cause: CursorLostError) -> None:
        super().__init__(
            cause.message,
            code=cause.code,
            reason=cause.reason,
            http_status=cause.http_status,
            endpoint=cause.endpoint,
        )
        self.attempts = cause.attempts
        self.corpus = corpus
        self.snapshot_id = snapshot_id


class Engine:
    """Runs jobs. `pages` is the thread in which pages become records."""

    def __init__(self, settings: EngineSettings, pages: Executor, timing: Timing = REAL_TIMING) -> None:
        self._settings = settings
        self._pages = pages
        self._timing = timing

    async def run(
        self,
        state: ConnectionState,
        session: DriveSession,
        *,
        lane: plan.Plan = plan.next_step,
        traffic: TrafficControl | None = None,
        refresh: Refresh | None = None,
    ) -> AsyncGenerator[Batch, None]:
        """Yield batches until the lane's plan is idle. Raises the client's `DriveError`s, `LostCorpusError`.

        Lanes that run at once share `traffic`. `refresh` gives the state as committed, between steps: what another
        lane has done since is seen there. None ends the run.
        """
        run = Run(self._settings, self._timing, self._pages, state, session, traffic or TrafficControl())
        while not isinstance(step := lane(run.state, self._timing.now()), plan.Idle):
            async with aclosing(_guarded(run, step)) as batches:
                async for batch in batches:
                    if batch.patch is not None:
                        run.state = batch.patch.apply(run.state).saved()
                    yield batch
            if refresh is not None:
                committed = await refresh()
                if committed is None:
                    return
                run.state = committed


async def _guarded(run: Run, step: plan.Step) -> AsyncGenerator[Batch, None]:
    """Take a step; a shared drive that answers 404 is left, and nothing else is (ARCHITECTURE.md)."""
    drive_id = _drive_of(step)
    try:
        async with aclosing(_perform(run, step)) as batches:
            async for batch in batches:
                yield batch
    except CursorLostError as error:
        corpus = getattr(step, "corpus", None)
        if corpus is None or isinstance(corpus, str):
            raise
        raise LostCorpusError(corpus.corpus, corpus.snapshot_id, error) from error
    except NotFoundError:
        if drive_id is None:
            raise
        yield Batch(LeaveDrive(drive_id))


def _drive_of(step: plan.Step) -> str | None:
    match step:
        case plan.Open():
            return step.drive_id
        case plan.ScanCorpus() | plan.Replay() | plan.Settle() | plan.Enrich():
            return step.corpus.drive_id
        case _:
            return None


async def _perform(run: Run, step: plan.Step) -> AsyncGenerator[Batch, None]:
    single = await _single(run, step)
    if single is not None:
        yield single
        return
    async with aclosing(_several(run, step)) as batches:
        async for batch in batches:
            yield batch


async def _single(run: Run, step: plan.Step) -> Batch | None:
    """The batch of a step that has one."""
    match step:
        case plan.Open():
            return await open_corpus(run, step)
        case plan.ListDrives():
            return await list_drives(run)
        case plan.Close():
            return close(run, step.corpus)
        case plan.Sweep():
            return begin_sweep(run, step.corpus)
        case _:
            return None


def _several(run: Run, step: plan.Step) -> AsyncGenerator[Batch, None]:
    match step:
        case plan.ScanCorpus():
            return scan_corpus(run, step)
        case plan.Account():
            return account(run, step)
        case plan.Replay():
            return replay(run, step)
        case plan.Relist():
            return relist(run, step)
        case plan.Settle():
            return settle(run, step)
        case plan.LookBack():
            return look_back(run, step)
        case plan.Follow():
            return follow(run, step)
        case plan.Enrich():
            return enrich(run, step)
        case _:
            raise ValueError(f"not a step of several batches: {type(step).__name__}")
