"""The engine: a job and its state to batches of records with patches to the state.

In: a connection's state, a session to its Drive. Out: batches, until nothing is left to do. It knows neither where
jobs come from nor where batches go; what it yields is exactly what it would yield after a crash at any batch.
"""

from collections.abc import AsyncGenerator
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import replace

from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.timing import REAL_TIMING, Timing
from google_drive_worker.schemas.state import ConnectionState
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.changes import replay
from google_drive_worker.sync.plan import Idle, Open, Replay, Scan, next_step
from google_drive_worker.sync.run import EngineSettings, Run
from google_drive_worker.sync.scan import open_corpus, scan_range


class Engine:
    """Runs jobs. `pages` is the thread in which pages become records."""

    def __init__(self, settings: EngineSettings, pages: Executor, timing: Timing = REAL_TIMING) -> None:
        self._settings = settings
        self._pages = pages
        self._timing = timing

    async def run(self, state: ConnectionState, session: DriveSession) -> AsyncGenerator[Batch, None]:
        """Yield batches until the plan is idle. Raises the client's `DriveError`s."""
        run = Run(self._settings, self._timing, self._pages, state, session)
        while not isinstance(step := next_step(run.state), Idle):
            async with aclosing(_perform(run, step)) as batches:
                async for batch in batches:
                    if batch.patch is not None:
                        run = replace(run, state=batch.patch.apply(run.state))
                    yield batch


async def _perform(run: Run, step: Open | Scan | Replay) -> AsyncGenerator[Batch, None]:
    match step:
        case Open():
            yield await open_corpus(run, step)
        case Scan():
            async with aclosing(scan_range(run, step)) as pages:
                async for batch in pages:
                    yield batch
        case Replay():
            async with aclosing(replay(run, step)) as pages:
                async for batch in pages:
                    yield batch
