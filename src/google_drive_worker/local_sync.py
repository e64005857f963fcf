"""One sync into one local file: the engine without Kafka.

In: settings, an account's tokens, a file. Out: the file, and whether it holds all there is. What was committed stays
whatever happens; the next run goes on from there.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from google_drive_worker.client import about
from google_drive_worker.client.auth import TokenSource
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.observer import CallObserver
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.timing import REAL_TIMING
from google_drive_worker.client.token_sources import TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.engine_settings import engine_settings
from google_drive_worker.environment_credentials import CredentialSettings, token_source
from google_drive_worker.quota.gate import QuotaGate
from google_drive_worker.quota.limits import limits_of
from google_drive_worker.schemas.state import ConnectionState, JobState
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sinks.local.outlet import LocalOutlet
from google_drive_worker.sinks.local.progress import Progress
from google_drive_worker.sinks.local.storage import FileRefusedError, Storage
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.corpora import wanted_corpora
from google_drive_worker.sync.engine import Engine
from google_drive_worker.sync.plan import has_work
from google_drive_worker.sync.runner import Runner
from google_drive_worker.sync.state import Accept, known_job

GREETING_BACKOFF = Backoff(base_seconds=0.5, max_attempts=2, max_elapsed_seconds=20.0)
"""For the first call, which a wrong address or credential fails: somebody sits there and waits for the answer."""

JOB_BACKOFF = Backoff(base_seconds=2.0, cap_seconds=60.0, max_attempts=5)
"""A run has an end; the next one goes on."""

INCOMPLETE = (
    "some items could not be read, so what is gone from Drive may still be in the file; run again with --full to list "
    "everything anew"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for."""

    connection_id: str
    full: bool = False
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `problem` is None when the file holds all there is; `code` is the error's, if one ended it."""

    problem: str | None = None
    code: str | None = None


class LocalSync:
    """Runs one wish. `moved` is called whenever `progress` has moved on."""

    def __init__(
        self,
        settings: CredentialSettings,
        wish: Wish,
        progress: Progress,
        *,
        moved: Callable[[], None],
        observer: CallObserver,
    ) -> None:
        self._settings = settings
        self._wish = wish
        self._progress = progress
        self._moved = moved
        self._observer = observer

    async def run(self, storage: Storage, stop: asyncio.Event) -> Outcome:
        """Sync until the file holds all there is, something ends it, or `stop` is set.

        Raises `EnvironmentCredentialError`, the client's `DriveError` when Drive refuses the very first call, and
        `LocalFileError` when the file cannot be taken.
        """
        async with HttpTransport() as transport:
            tokens = token_source(self._settings, TokenEndpoint(transport), self._wish.subject)
            async with LocalOutlet(storage, self._committed) as outlet:
                await self._greet(transport, tokens, outlet)
                await outlet.put(self._wish.connection_id, Batch(self._accept(outlet)))
                await self._work(outlet, self._session(transport, tokens), stop)
                return self._outcome(outlet, stopped=stop.is_set())

    def _committed(self, batch: Batch) -> None:
        self._progress.add(batch)
        self._moved()

    async def _greet(self, transport: HttpTransport, tokens: TokenSource, outlet: LocalOutlet) -> None:
        """Ask who the account is: another one than the file's would mix two drives."""
        session = DriveSession(
            transport, tokens, backoff=GREETING_BACKOFF, base_url=self._settings.drive_root_url, observer=self._observer
        )
        account = (await about.get(session)).user.permission_id
        state = outlet.state(self._wish.connection_id)
        known = state.job.account_id if state and state.job else None
        if known not in {None, account}:
            raise FileRefusedError(
                "the file holds the Drive of another Google account: give each account a file of its own"
            )

    def _accept(self, outlet: LocalOutlet) -> Accept:
        """A first run takes a snapshot; a later one goes on with what was interrupted, then replays the log."""
        state = outlet.state(self._wish.connection_id)
        first = state is None or state.job is None
        config = {} if self._wish.subject is None else {"subject": self._wish.subject}
        return Accept(config, full=self._wish.full or first, unpark=True, accepted_at=rfc3339(REAL_TIMING.now()))

    async def _work(self, outlet: LocalOutlet, session: DriveSession, stop: asyncio.Event) -> None:
        async def open_session(_: str, __: JobState) -> DriveSession:
            return session

        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="pages") as pages:
            engine = Engine(engine_settings(self._settings, self._settings.worker_integration_id), pages)
            runner = Runner(engine, outlet, open_session, max_scans=1, backoff=JOB_BACKOFF)
            runner.wake(self._wish.connection_id)
            waits = [asyncio.ensure_future(runner.join(self._wish.connection_id)), asyncio.ensure_future(stop.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
                await runner.stop()

    def _session(self, transport: HttpTransport, tokens: TokenSource) -> DriveSession:
        connection = self._wish.connection_id
        seat = QuotaGate(limits_of(self._settings)).seat(connection, connection)
        return DriveSession(
            transport, tokens, limiter=seat, base_url=self._settings.drive_root_url, observer=self._observer
        )

    def _outcome(self, outlet: LocalOutlet, *, stopped: bool) -> Outcome:
        if outlet.failure is not None:
            return Outcome(str(outlet.failure))
        state = outlet.state(self._wish.connection_id)
        if state is None or has_work(state, REAL_TIMING.now()):
            return self._interrupted(stopped=stopped)
        return _ended(state, self._progress)

    def _interrupted(self, *, stopped: bool) -> Outcome:
        failure = self._progress.last_failure
        if stopped or failure is None:
            return Outcome("stopped" if stopped else "an unforeseen error ended the sync; the log has more")
        return Outcome(failure.message, failure.code)


def _ended(state: ConnectionState, progress: Progress) -> Outcome:
    """The plan is idle: parked, or at the head of the log."""
    job = known_job(state)
    if job.parked is not None:
        return Outcome(job.parked.message, job.parked.code)
    corpora = [state.corpus(name) for name in wanted_corpora(job)]
    whole = all(corpus is not None and corpus.complete for corpus in corpora) and progress.errors == 0
    return Outcome() if whole else Outcome(INCOMPLETE)
