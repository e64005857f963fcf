"""A corpus listed: from a parked start token to the last page.

In: a plan's step. Out: batches. The start token is taken before anything is listed (facts A5), so that what changes
during the listing is replayed after it.
"""

import asyncio
from collections.abc import AsyncGenerator

from google_drive_worker.client import about, changes, files
from google_drive_worker.client.errors import ConnectionBrokenError, CursorLostError
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.resources import FILE_LIST_FIELDS
from google_drive_worker.schemas.event import EventName, Notice, SyncEvent
from google_drive_worker.schemas.record import SnapshotData, SnapshotPhase
from google_drive_worker.schemas.state import CorpusState, Range
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.pages import Page, file_page
from google_drive_worker.sync.plan import Open, Scan
from google_drive_worker.sync.records import SCAN
from google_drive_worker.sync.run import Run
from google_drive_worker.sync.state import AdoptCursor, AdvanceScan, OpenSnapshot, RestartRange, added, snapshot_id

WHOLE = "all"
"""The name of the range when a corpus is listed as one."""

MAX_RESTARTS = 5
"""How often one run lists a range anew before it gives the job up for now."""


class AccountChangedError(ConnectionBrokenError):
    """The credential belongs to another account than the snapshot: two drives would be mixed."""

    default_code = "account_changed"


async def open_corpus(run: Run, step: Open) -> Batch:
    """Park the start token and open a snapshot, or adopt a cursor from elsewhere.

    Raises `AccountChangedError` when the credential is another account's.
    """
    account = (await about.get(run.session)).user.permission_id
    if run.job.account_id not in {None, account}:
        raise AccountChangedError(
            "this credential is another Google account's than the one this connection was made with; "
            "reconnect the first account, or forget the connection and start anew"
        )
    partition = run.settings.records_partition(run.connection_id)
    if step.cursor is not None:
        adopt = AdoptCursor(step.corpus, step.cursor, account, step.full_wanted, partition)
        return Batch(adopt, notices=[_event(run, EventName.CORPUS_OPENED, step.corpus)])
    token = await changes.start_page_token(run.session, lane=Lane.FIRST_SCAN)
    snapshot = snapshot_id(run.job.snapshots + 1)
    started = SnapshotData(snapshot, SnapshotPhase.STARTED, {}, complete=False)
    return Batch(
        OpenSnapshot(
            corpus=step.corpus,
            snapshot_id=snapshot,
            start_token=token,
            account_id=account,
            full_wanted=step.full_wanted,
            ranges={WHOLE: Range()},
            records_partition=partition,
            started_at=run.now(),
        ),
        records=[run.writer(step.corpus, snapshot, token).snapshot(step.corpus, started)],
        notices=[
            _event(run, EventName.CORPUS_OPENED, step.corpus),
            _event(run, EventName.SNAPSHOT_STARTED, step.corpus, snapshot),
        ],
        records_partition=partition,
    )


async def scan_range(run: Run, step: Scan) -> AsyncGenerator[Batch, None]:
    """List a range from where it stands, one batch a page; the next page is on its way while one is worked on.

    A page token that Drive no longer knows restarts this range. Raises `CursorLostError` when a first page is
    refused, or the range had to be restarted too often.
    """
    query = files.FilesQuery(fields=FILE_LIST_FIELDS, page_size=run.page_size)
    progress = _Progress(run, step.corpus)
    token = step.corpus.ranges[step.range_name].page_token
    restarts = 0
    fetch = asyncio.ensure_future(files.list_page(run.session, query, token))
    try:
        while True:
            try:
                page = await _listed(run, step.corpus, await fetch)
            except CursorLostError:
                restarts += 1
                if token is None or restarts > MAX_RESTARTS:
                    raise
                token = None
                fetch = asyncio.ensure_future(files.list_page(run.session, query))
                yield Batch(RestartRange(step.corpus.corpus, step.corpus.snapshot_id, step.range_name))
                continue
            token = page.next_page_token
            if token is not None:
                fetch = asyncio.ensure_future(files.list_page(run.session, query, token))
            yield _scanned(run, step, page, progress)
            if token is None:
                return
    finally:
        fetch.cancel()


async def _listed(run: Run, corpus: CorpusState, body: bytes) -> Page:
    return await run.decode(file_page, body, run.writer(corpus.corpus, corpus.snapshot_id, SCAN))


def _scanned(run: Run, step: Scan, page: Page, progress: "_Progress") -> Batch:
    """What could not be understood or was not searched makes the snapshot incomplete: nothing may be swept by it."""
    corpus = step.corpus
    notices: list[Notice] = [*run.rejections(page.rejected), *progress.after(page)]
    return Batch(
        AdvanceScan(
            corpus.corpus,
            corpus.snapshot_id,
            step.range_name,
            page.next_page_token,
            counts=page.counts,
            complete=not page.incomplete_search and not page.rejected,
        ),
        records=page.records,
        notices=notices,
        files=len(page.records),
        records_partition=corpus.records_partition,
    )


class _Progress:
    """Says how far a scan is, now and then."""

    def __init__(self, run: Run, corpus: CorpusState) -> None:
        self._run = run
        self._corpus = corpus
        self._counts = dict(corpus.counts)
        self._told_at = run.timing.monotonic()

    def after(self, page: Page) -> list[SyncEvent]:
        """An event when one is due."""
        self._counts = added(self._counts, page.counts)
        now = self._run.timing.monotonic()
        if now - self._told_at < self._run.settings.progress_seconds:
            return []
        self._told_at = now
        return [
            SyncEvent(
                EventName.SNAPSHOT_PROGRESS,
                self._run.connection_id,
                self._run.now(),
                self._corpus.corpus,
                self._corpus.snapshot_id,
                files=sum(self._counts.values()),
                ranges_done=sum(part.done for part in self._corpus.ranges.values()),
                ranges_total=len(self._corpus.ranges),
            )
        ]


def _event(run: Run, name: EventName, corpus: str, snapshot: str | None = None) -> SyncEvent:
    return SyncEvent(name, run.connection_id, run.now(), corpus, snapshot)
