"""What one run of the engine works with.

In: settings, clocks, a thread for pages, the session of one connection. Out: the helpers that every step uses to make
records and notices, so that the steps themselves read as the protocol they follow.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from google_drive_worker.client.files import MAX_PAGE_SIZE
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.timing import Timing
from google_drive_worker.schemas.event import ErrorRecord
from google_drive_worker.schemas.record import Source
from google_drive_worker.schemas.state import ConnectionState, JobState
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sync.pages import Page, Rejected
from google_drive_worker.sync.records import RecordWriter
from google_drive_worker.sync.state import known_job

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the engine is told once."""

    integration_id: str = "google-drive"
    page_size: int = 1000
    progress_seconds: float = 5.0
    """How often a long scan says how far it is."""
    records_partition: Callable[[str], int | None] = lambda _: None
    """The partition for a connection's records, asked once a snapshot; None where there are no partitions."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run for one connection."""

    settings: EngineSettings
    timing: Timing
    pages: Executor
    state: ConnectionState
    session: DriveSession

    @property
    def connection_id(self) -> str:
        """Whose run it is."""
        return self.state.connection_id

    @property
    def job(self) -> JobState:
        """What was wanted when the run began."""
        return known_job(self.state)

    @property
    def page_size(self) -> int:
        """The connection's own page size, within the worker's."""
        wanted = self.job.config.get("page_size")
        return min(self.settings.page_size, wanted if isinstance(wanted, int) and wanted > 0 else MAX_PAGE_SIZE)

    def now(self) -> str:
        """The time as messages carry it."""
        return rfc3339(self.timing.now())

    def writer(self, corpus: str, snapshot_id: str, position: str) -> RecordWriter:
        """A writer for the records of one page."""
        subject = self.job.config.get("subject")
        return RecordWriter(
            self.settings.integration_id,
            self.connection_id,
            Source(corpus, subject=subject if isinstance(subject, str) else None),
            snapshot_id,
            position,
            self.now(),
        )

    async def decode(self, work: Callable[[bytes, RecordWriter], Page], body: bytes, writer: RecordWriter) -> Page:
        """Turn a page into records in the thread for it."""
        return await asyncio.get_running_loop().run_in_executor(self.pages, work, body, writer)

    def rejections(self, items: Sequence[Rejected]) -> list[ErrorRecord]:
        """Error records of items that could not be understood."""
        return [
            ErrorRecord(
                message_id=self.job.message_id,
                integration_connection_id=self.connection_id,
                occurred_at=self.now(),
                stage="normalize",
                code="malformed_item",
                retryable=False,
                message=item.message,
                resource_type="file",
                resource_id=item.resource_id,
                trace_id=self.job.trace_id,
            )
            for item in items
        ]
