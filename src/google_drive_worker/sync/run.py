"""What one run of the engine works with.

In: settings, clocks, a thread for pages, the session of one connection. Out: the helpers that every step uses to make
records and notices, so that the steps themselves read as the protocol they follow.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

from clustera_toolkit.timing import Timing
from google_drive_worker.client.errors import CursorLostError, DriveError
from google_drive_worker.client.files import MAX_PAGE_SIZE
from google_drive_worker.client.session import DriveSession
from google_drive_worker.schemas.event import ErrorRecord, EventName, SyncEvent
from google_drive_worker.schemas.state import ConnectionState, CorpusState, JobState
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sync.corpora import NONE, belonging, drives_part, source_of
from google_drive_worker.sync.page_decoding import Rejected
from google_drive_worker.sync.pages import View
from google_drive_worker.sync.patch import StalePatchError, known_job
from google_drive_worker.sync.plan import Open
from google_drive_worker.sync.records import RecordWriter
from google_drive_worker.sync.scope import Scope, selected_folders
from google_drive_worker.sync.traffic import TrafficControl

Decoded = TypeVar("Decoded")

RESOURCES = ("file", "permission", "revision", "comment")
BACKFILL = ("file", "permission")
"""What is wanted where the settings do not say (docs/contracts.md, "Trigger")."""

MAX_RESTARTS = 5
"""How often one run begins a listing anew before it gives the corpus up for a new snapshot."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the engine is told once."""

    integration_id: str = "google-drive"
    page_size: int = 1000
    progress_seconds: float = 5.0
    """How often a long scan says how far it is."""
    records_partition: Callable[[str], int | None] = lambda _: None
    """The partition for a connection's records, asked once a snapshot; None where there are no partitions."""
    include_shared_drives: bool = True
    label_ids: tuple[str, ...] = ()
    """Labels to ask for: Drive lists none by itself."""
    scan_parallelism: int = 16
    """Ranges of a corpus that are listed at once; 1 lists it as one."""
    settle_seconds: float = 300.0
    """How long after a snapshot the settle pass lists again what was made shortly before it."""
    calls_at_once: int = 8
    """Calls of one connection for permissions, revisions and comments that are under way at once."""
    comment_sweep_seconds: float = 604_800.0
    """How old what is known of a file's comments may be: a new comment need not be in any log (facts A9)."""


@dataclass(slots=True)
class Run:
    """One run for one connection. `state` is what it has worked its way to, and moves on with each batch."""

    settings: EngineSettings
    timing: Timing
    pages: Executor
    state: ConnectionState
    session: DriveSession
    traffic: TrafficControl = field(default_factory=TrafficControl)
    account: str | None = None
    """The account that the credential belongs to, once it was asked for."""
    restarts: Counter[str] = field(default_factory=Counter)
    """How often listings beside the scan were begun anew, by what is listed."""

    @property
    def connection_id(self) -> str:
        """Whose run it is."""
        return self.state.connection_id

    @property
    def job(self) -> JobState:
        """What is wanted."""
        return known_job(self.state)

    @property
    def page_size(self) -> int:
        """The connection's own page size, within the worker's."""
        wanted = self.job.config.get("page_size")
        return min(self.settings.page_size, wanted if isinstance(wanted, int) and wanted > 0 else MAX_PAGE_SIZE)

    @property
    def follows_drives(self) -> bool:
        """Whether shared drives are followed, or items of them at all."""
        return self.settings.include_shared_drives and drives_part(self.job) != NONE

    def corpus(self, name: str) -> CorpusState:
        """A corpus as the run knows it. Raises `StalePatchError` when it was closed meanwhile."""
        corpus = self.state.corpus(name)
        if corpus is None:
            raise StalePatchError("the corpus was closed")
        return corpus

    def wants(self, resource: str, *, backfill: bool = False) -> bool:
        """Whether a resource is wanted; with `backfill`, also what there was of it before the first snapshot."""
        name, default = ("backfill", BACKFILL) if backfill else ("resources", RESOURCES)
        wanted = self.job.config.get(name)
        return resource in (wanted if isinstance(wanted, list) and wanted else default)

    def view(self, corpus: CorpusState, *, takes_back: bool = True, reads_lists: bool | None = None) -> View:
        """What belongs to a corpus and is wanted of it. `reads_lists`: by default where their history is wanted."""
        if reads_lists is None:
            reads_lists = takes_back and any(self.wants(each, backfill=True) for each in ("revision", "comment"))
        selected = frozenset(corpus.root_id or name if name == "root" else name for name in selected_folders(self.job))
        owned = belonging(self.job, corpus)
        single = self.wants("permission_record")
        scope = Scope(selected or None, owned.only_owned and corpus.drive_id is None, self.state.folders)
        return View(
            owned, scope, self.state.folders, takes_back=takes_back, reads_lists=reads_lists, single_permissions=single
        )

    def now(self) -> str:
        """The time as messages carry it."""
        return rfc3339(self.timing.now())

    def writer(self, corpus: CorpusState | Open, snapshot_id: str, position: str) -> RecordWriter:
        """A writer for the records of one page."""
        return RecordWriter(
            self.settings.integration_id,
            self.connection_id,
            source_of(self.job, corpus.corpus, corpus.drive_id),
            snapshot_id,
            position,
            self.now(),
        )

    def event(self, name: EventName, corpus: str | None = None, snapshot_id: str | None = None) -> SyncEvent:
        """An event that says no more than its name."""
        return SyncEvent(name, self.connection_id, self.now(), corpus, snapshot_id)

    def restart(self, listing: str, token: str | None, error: CursorLostError) -> None:
        """Let a listing begin anew whose page token was lost. Raises the error of a first page, or of one too many."""
        self.restarts[listing] += 1
        if not token or self.restarts[listing] > MAX_RESTARTS:
            raise error

    async def decode(self, work: Callable[..., Decoded], *arguments: object) -> Decoded:
        """Turn a page into records, or go over a whole index, in the thread for it."""
        return await asyncio.get_running_loop().run_in_executor(self.pages, work, *arguments)

    def rejections(self, items: Sequence[Rejected], resource_type: str = "file") -> list[ErrorRecord]:
        """Error records of items that could not be understood."""
        return [self.item_error("malformed_item", item.message, resource_type, item.resource_id) for item in items]

    def item_error(
        self,
        code: str,
        message: str,
        resource_type: str | None,
        resource_id: str | None,
        error: DriveError | None = None,
    ) -> ErrorRecord:
        """The error record of an item that is given up; the sync goes on without it."""
        return ErrorRecord(
            message_id=self.job.message_id,
            integration_connection_id=self.connection_id,
            occurred_at=self.now(),
            stage="normalize" if error is None else "item",
            code=code,
            retryable=False,
            message=message,
            http_status=error.http_status if error else None,
            reason=error.reason if error else None,
            resource_type=resource_type,
            resource_id=resource_id,
            attempts=error.attempts if error else 1,
            trace_id=self.job.trace_id,
        )
