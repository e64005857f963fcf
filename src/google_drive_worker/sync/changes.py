"""A change log replayed from a cursor to its head.

In: a plan's step. Out: batches, each with the cursor to go on from. The same code ends a snapshot, answers a poll and
follows a push notification. Tokens of a log do not expire (facts A5); one that Drive refuses costs a new snapshot.
"""

import asyncio
from collections.abc import AsyncGenerator

from msgspec.structs import replace

from google_drive_worker.client import changes
from google_drive_worker.client.errors import MalformedResponseError
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.resources import CHANGE_LIST_FIELDS
from google_drive_worker.schemas.event import EventName, Notice, SyncEvent
from google_drive_worker.schemas.record import OutRecord, SnapshotData, SnapshotPhase
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.pages import Page, change_page
from google_drive_worker.sync.plan import Replay
from google_drive_worker.sync.run import Run
from google_drive_worker.sync.state import AdvanceCursor


async def replay(run: Run, step: Replay) -> AsyncGenerator[Batch, None]:
    """Yield the log's pages from the corpus's cursor to its head.

    Raises `CursorLostError` when Drive no longer knows the cursor, `MalformedResponseError` for a page that leads
    nowhere.
    """
    corpus = step.corpus
    query = changes.ChangesQuery(
        fields=CHANGE_LIST_FIELDS, page_size=run.page_size, include_items_from_all_drives=False
    )
    token = corpus.cursor
    seen = {token}
    complete = corpus.complete
    fetch = asyncio.ensure_future(changes.list_page(run.session, query, token))
    try:
        while True:
            page = await run.decode(change_page, await fetch, run.writer(corpus.corpus, corpus.snapshot_id, token))
            complete = complete and not page.rejected
            following = page.next_page_token
            if following is None:
                yield _last(run, step, page, complete=complete)
                return
            if following in seen:
                raise MalformedResponseError("a page of the change log names an earlier one as the next")
            seen.add(following)
            fetch = asyncio.ensure_future(changes.list_page(run.session, query, following))
            patch = AdvanceCursor(corpus.corpus, corpus.snapshot_id, following, complete=complete)
            yield _batch(run, step, page, patch)
            token = following
    finally:
        fetch.cancel()


def _last(run: Run, step: Replay, page: Page, *, complete: bool) -> Batch:
    """The head of the log: the wish is answered, and the snapshot complete if this replay ends one."""
    if page.head is None:
        raise MalformedResponseError("the last page of the change log holds no token to go on from")
    corpus = step.corpus
    patch = AdvanceCursor(
        corpus.corpus, corpus.snapshot_id, page.head, step.wanted, completes=step.completes, complete=complete
    )
    batch = _batch(run, step, page, patch)
    if not step.completes:
        return batch
    marker, event = _completion(run, step, complete=complete)
    return Batch(
        patch,
        records=[*batch.records, marker],
        notices=[*batch.notices, event],
        lane=batch.lane,
        files=batch.files,
        records_partition=batch.records_partition,
    )


def _batch(run: Run, step: Replay, page: Page, patch: AdvanceCursor) -> Batch:
    notices: list[Notice] = [*run.rejections(page.rejected), *_applied(run, step, page)]
    return Batch(
        patch,
        records=page.records,
        notices=notices,
        lane=Lane.FIRST_SCAN if step.completes else Lane.CHANGES,
        files=len(page.records),
        records_partition=step.corpus.records_partition,
    )


def _applied(run: Run, step: Replay, page: Page) -> list[SyncEvent]:
    """Nothing is told of a poll that found nothing."""
    if not page.records:
        return []
    lag = None if page.newest_change is None else (run.timing.now() - page.newest_change).total_seconds()
    event = SyncEvent(
        EventName.CHANGES_APPLIED,
        run.connection_id,
        run.now(),
        step.corpus.corpus,
        step.corpus.snapshot_id,
        count=len(page.records),
    )
    return [event if lag is None else with_lag(event, lag)]


def with_lag(event: SyncEvent, lag_seconds: float) -> SyncEvent:
    """The event with how far behind the log's newest entry it is, never below zero (clocks differ)."""
    return replace(event, lag_seconds=max(0.0, round(lag_seconds, 3)))


def _completion(run: Run, step: Replay, *, complete: bool) -> tuple[OutRecord, SyncEvent]:
    corpus = step.corpus
    marker = SnapshotData(corpus.snapshot_id, SnapshotPhase.COMPLETE, corpus.counts, complete=complete)
    writer = run.writer(corpus.corpus, corpus.snapshot_id, corpus.start_token)
    event = SyncEvent(
        EventName.SNAPSHOT_COMPLETED,
        run.connection_id,
        run.now(),
        corpus.corpus,
        corpus.snapshot_id,
        counts=corpus.counts,
        complete=complete,
    )
    return writer.snapshot(corpus.corpus, marker), event
