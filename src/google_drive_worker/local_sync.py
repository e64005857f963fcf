"""One sync into one local file: the engine without Kafka.

In: settings, an account's tokens, a file. Out: the file, and whether it holds all there is. What was committed stays
whatever happens; the next run goes on from there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from clustera_toolkit.timing import REAL_TIMING
from google_drive_worker.client import about
from google_drive_worker.client.auth import TokenSource
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.observer import CallObserver
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.engine_settings import engine_settings
from google_drive_worker.environment_credentials import CredentialSettings, token_source
from google_drive_worker.quota.forecast import Forecast, forecast
from google_drive_worker.quota.gate import QuotaGate
from google_drive_worker.quota.limits import limits_of
from google_drive_worker.schemas.state import ConnectionState, CorpusState, JobState, Phase
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sinks.local.outlet import LocalOutlet
from google_drive_worker.sinks.local.progress import Progress
from google_drive_worker.sinks.local.storage import FileRefusedError, Storage
from google_drive_worker.sync.backfill import BeginBackfill
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.completion import Confirm
from google_drive_worker.sync.corpora import wanted_corpora
from google_drive_worker.sync.engine import Engine
from google_drive_worker.sync.patch import All, Patch, known_job
from google_drive_worker.sync.plan import has_work
from google_drive_worker.sync.run import BACKFILL, RESOURCES
from google_drive_worker.sync.runner import Runner
from google_drive_worker.sync.wishes import Accept

GREETING_BACKOFF = Backoff(base_seconds=0.5, max_attempts=2, max_elapsed_seconds=20.0)
"""For the first call, which a wrong address or credential fails: somebody sits there and waits for the answer."""

JOB_BACKOFF = Backoff(base_seconds=2.0, cap_seconds=60.0, max_attempts=5)
"""A run has an end; the next one goes on."""

INCOMPLETE = (
    "some items could not be read, so what is gone from Drive may still be in the file; run again with --full to list "
    "everything anew"
)


HELD = (
    "the listing shows {count:,} items fewer than before, so nothing was removed from the file; if they are really "
    "gone, run again with --confirm"
)

Agree = Callable[[Forecast], Awaitable[bool]]
"""Asks whether a backfill may be begun."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for."""

    connection_id: str
    full: bool = False
    subject: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `connection_config` (docs/contracts.md); those that are absent stay as the file has them."""
    backfill: tuple[str, ...] = ()
    """What to read of files that did not change: `revision`, `comment`."""
    confirm: bool = False
    """What a held snapshot would take away is really gone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `problem` is None when the file holds all there is; `code` is the error's, if one ended it."""

    problem: str | None = None
    code: str | None = None


async def agreed(_: Forecast) -> bool:
    """Begin every backfill, unasked."""
    return True


class LocalSync:
    """Runs one wish. `moved` is called whenever `progress` has moved on, `agree` before a backfill is begun."""

    def __init__(
        self,
        settings: CredentialSettings,
        wish: Wish,
        progress: Progress,
        *,
        moved: Callable[[], None],
        observer: CallObserver,
        agree: Agree = agreed,
    ) -> None:
        self._settings = settings
        self._wish = wish
        self._progress = progress
        self._moved = moved
        self._observer = observer
        self._agree = agree

    async def run(self, storage: Storage, stop: asyncio.Event) -> Outcome:
        """Sync until the file holds all there is, something ends it, or `stop` is set.

        Raises `EnvironmentCredentialError`, the client's `DriveError` when Drive refuses the very first call, and
        `LocalFileError` when the file cannot be taken.
        """
        async with HttpTransport() as transport:
            tokens = token_source(self._settings, TokenEndpoint(transport), self._wish.subject)
            async with LocalOutlet(storage, self._committed) as outlet:
                await self._greet(transport, tokens, outlet)
                history = self._history(outlet)
                await outlet.put(self._wish.connection_id, Batch(self._accept(outlet, history)))
                session = self._session(transport, tokens)
                await self._work(outlet, session, stop)
                outcome = self._outcome(outlet, stopped=stop.is_set())
                if history and outcome == Outcome() and await self._begin_backfill(outlet, history):
                    await self._work(outlet, session, stop)
                    return self._outcome(outlet, stopped=stop.is_set())
                return outcome

    def _committed(self, batch: Batch) -> None:
        self._progress.add(batch)
        self._moved()

    async def _greet(self, transport: HttpTransport, tokens: TokenSource, outlet: LocalOutlet) -> None:
        """Ask who the account is: another one than the file's would mix two drives."""
        session = DriveSession(
            transport, tokens, backoff=GREETING_BACKOFF, base_url=self._settings.drive_root_url, observer=self._observer
        )
        account = (await about.get(session)).user.permission_id
        job = self._job(outlet)
        known = None if job is None else job.account_id
        if known not in {None, account}:
            raise FileRefusedError(
                "the file holds the Drive of another Google account: give each account a file of its own"
            )

    def _job(self, outlet: LocalOutlet) -> JobState | None:
        state = outlet.state(self._wish.connection_id)
        return None if state is None else state.job

    def _history(self, outlet: LocalOutlet) -> tuple[str, ...]:
        """The kinds of backfill that are not begun yet: what they cost is known when the files were listed.

        Raises `FileRefusedError` for one that the file does not keep in step.
        """
        job = self._job(outlet)
        before = {} if job is None else job.config
        kept = self._wish.settings.get("resources") or before.get("resources") or RESOURCES
        if left_out := [kind for kind in self._wish.backfill if kind not in kept]:
            raise FileRefusedError(f"the file keeps no {left_out[0]}s: name {left_out[0]} among --resources, too")
        begun = [] if self._wish.full else _backfill(before)
        return tuple(kind for kind in self._wish.backfill if kind not in begun)

    def _accept(self, outlet: LocalOutlet, history: tuple[str, ...]) -> Patch:
        """A first run takes a snapshot; a later one goes on with what was interrupted, then replays the log."""
        job = self._job(outlet)
        before = {} if job is None else job.config
        corpora = {**before.get("corpora", {}), **self._wish.settings.get("corpora", {})}
        config = {**before, **self._wish.settings}
        config |= {"corpora": corpora} if corpora else {}
        config |= {} if self._wish.subject is None else {"subject": self._wish.subject}
        if history and "backfill" in config:
            config["backfill"] = [kind for kind in config["backfill"] if kind not in history]
        full = self._wish.full or job is None
        accept = Accept(config, full=full, unpark=True, accepted_at=rfc3339(REAL_TIMING.now()))
        return All([accept, Confirm()]) if self._wish.confirm else accept

    async def _begin_backfill(self, outlet: LocalOutlet, history: tuple[str, ...]) -> bool:
        """Foretell what a backfill costs and begin it, if that is agreed to."""
        state = outlet.state(self._wish.connection_id)
        if state is None:
            return False
        config = known_job(state).config
        kinds = [*(kind for kind in _backfill(config) if kind not in BACKFILL), *history]
        files = sum(corpus.counts.get("file", 0) for corpus in state.corpora)
        if not await self._agree(forecast(files, kinds, limits_of(self._settings))):
            return False
        accept = Accept({**config, "backfill": [*BACKFILL, *kinds]}, incremental=False)
        await outlet.put(self._wish.connection_id, Batch(All([accept, BeginBackfill()])))
        return True

    async def _work(self, outlet: LocalOutlet, session: DriveSession, stop: asyncio.Event) -> None:
        async def open_session(_: str, __: JobState) -> DriveSession:
            return session

        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="pages") as pages:
            engine = Engine(engine_settings(self._settings, self._settings.worker_integration_id), pages)
            runner = Runner(engine, outlet, open_session, max_scans=1, backoff=JOB_BACKOFF, outlasts_days=False)
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
    """The plan is idle: parked, held, or at the head of the log."""
    job = known_job(state)
    if job.parked is not None:
        return Outcome(job.parked.message, job.parked.code)
    if held := sum(corpus.held or 0 for corpus in state.corpora):
        return Outcome(HELD.format(count=held))
    corpora = [state.corpus(name) for name in wanted_corpora(job)]
    whole = all(corpus is not None and _is_whole(corpus) for corpus in corpora) and progress.errors == 0
    return Outcome() if whole else Outcome(INCOMPLETE)


def _is_whole(corpus: CorpusState) -> bool:
    return corpus.phase is Phase.LIVE and corpus.complete and not corpus.rescan


def _backfill(config: Mapping[str, Any]) -> list[str]:
    return [str(kind) for kind in config.get("backfill", ())]
