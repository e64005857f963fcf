"""A change log replayed from a cursor to its head.

In: a plan's step. Out: batches, each with the cursor to go on from. The same code ends a snapshot, answers a poll and
follows a push notification. Tokens of a log do not expire (facts A5); one that Drive refuses costs a new snapshot.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace as replace_field
from datetime import timedelta

from msgspec.structs import replace

from google_drive_worker.client import changes
from google_drive_worker.client.errors import MalformedResponseError
from google_drive_worker.client.paging import PageSize
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.resources import CHANGE_LIST_FIELDS
from google_drive_worker.schemas.event import EventName, Notice, SyncEvent
from google_drive_worker.schemas.record import OutRecord, ResourceType
from google_drive_worker.schemas.state import CorpusState, DriveEntry, Phase
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sync import lists
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.completion import completion
from google_drive_worker.sync.corpora import drive_corpus, tracks
from google_drive_worker.sync.folders import AskScan, IndexFolders
from google_drive_worker.sync.follow import AddFollowUps, ForgetFollowUps
from google_drive_worker.sync.membership import JoinDrive, LeaveDrive, SeeInherited, restrictions_hash
from google_drive_worker.sync.page_decoding import Rejected
from google_drive_worker.sync.pages import DriveEvent, Page, change_page
from google_drive_worker.sync.patch import All, Patch
from google_drive_worker.sync.plan import Replay
from google_drive_worker.sync.run import Run
from google_drive_worker.sync.scope import selected_folders
from google_drive_worker.sync.state import AdvanceCursor

ITEMS = frozenset({ResourceType.FILE, ResourceType.FOLDER})


async def replay(run: Run, step: Replay) -> AsyncGenerator[Batch, None]:
    """Yield the log's pages from the corpus's cursor to its head, then the snapshot's end if that is due.

    Nothing else of the corpus is emitted meanwhile: what was asked for earlier comes later, and is compared. Raises
    `CursorLostError` when Drive no longer knows the cursor, `MalformedResponseError` for a page that leads nowhere.
    """
    name = step.corpus.corpus
    traffic = run.traffic.of(name)
    async with traffic.emitting:
        async with aclosing(_pages(run, step)) as pages:
            async for batch in pages:
                traffic.touch(record.resource_id for record in batch.records)
                yield batch
        if step.completes and not run.corpus(name).dirty:
            yield completion(run, name, step.wanted)


async def _pages(run: Run, step: Replay) -> AsyncGenerator[Batch, None]:
    corpus = run.corpus(step.corpus.corpus)
    query = changes.ChangesQuery(
        fields=CHANGE_LIST_FIELDS,
        drive_id=corpus.drive_id,
        page_size=run.page_size,
        include_items_from_all_drives=corpus.drive_id is not None or run.follows_drives,
        include_labels=run.settings.label_ids,
    )
    token = corpus.cursor
    seen = {token}
    size = PageSize(query.page_size)
    fetch = asyncio.ensure_future(changes.list_page(run.session, query, token, size))
    try:
        while True:
            writer = run.writer(corpus, corpus.snapshot_id, token)
            page = await run.decode(change_page, await fetch, writer, run.view(corpus))
            following = page.next_page_token
            if following is None:
                yield _last(run, step, page, token)
                return
            if following in seen:
                raise MalformedResponseError("a page of the change log names an earlier one as the next")
            seen.add(following)
            fetch = asyncio.ensure_future(changes.list_page(run.session, query, following, size))
            yield _batch(run, step, page, _advance(step, page, token, following))
            token = following
    finally:
        fetch.cancel()


def _last(run: Run, step: Replay, page: Page, token: str) -> Batch:
    """The head of the log: the wish is answered, unless a first snapshot is still to be completed."""
    if page.head is None:
        raise MalformedResponseError("the last page of the change log holds no token to go on from")
    answered = step.wanted if step.corpus.is_live else None
    advance = _advance(step, page, token, page.head)
    return _batch(run, step, page, _at_head(run, step, advance, answered))


def _at_head(run: Run, step: Replay, advance: AdvanceCursor, answered: int | None) -> AdvanceCursor:
    lag = timedelta(seconds=run.settings.settle_seconds)
    return replace_field(
        advance,
        replayed=answered,
        nudges=step.corpus.nudges,
        at=run.now(),
        lag_from=rfc3339(run.timing.now() - lag),
    )


def _advance(step: Replay, page: Page, token: str, following: str) -> AdvanceCursor:
    corpus = step.corpus
    removed = len({record.resource_id for record in _items(page) if record.op == "delete"})
    where = (corpus.corpus, corpus.snapshot_id)
    return AdvanceCursor(*where, following, complete=not page.rejected, since=token, removed=removed)


def _batch(run: Run, step: Replay, page: Page, advance: AdvanceCursor) -> Batch:
    corpus = step.corpus
    shared_drives, drive_patches, rejected = _drives(run, corpus, page.drives)
    index = IndexFolders(
        corpus.corpus,
        corpus.snapshot_id,
        page.sights,
        walks=True,
        moves_matter=bool(selected_folders(run.job)),
    )
    follow = wanted_lists(run, {**page.follow, **_members(corpus, page.drives)})
    patches: list[Patch] = [
        *([index] if page.sights else []),
        *drive_patches,
        *_inherited(corpus, page.drives),
        advance,  # after what asks for a scan: at its head the log is retraced no more
    ]
    if page.sights.gone:
        patches.append(ForgetFollowUps(corpus.corpus, page.sights.gone))
    if follow:
        patches.append(AddFollowUps(corpus.corpus, corpus.snapshot_id, follow))
    notices: list[Notice] = [*run.rejections([*page.rejected, *rejected]), *_applied(run, step, page)]
    return Batch(
        patches[0] if len(patches) == 1 else All(patches),
        records=[*page.records, *shared_drives],
        notices=notices,
        lane=Lane.CHANGES if corpus.is_live else Lane.FIRST_SCAN,
        files=len(_items(page)),
        records_partition=corpus.records_partition,
    )


def _items(page: Page) -> list[OutRecord]:
    """The records of files and folders; the page has others beside them."""
    return [record for record in page.records if record.resource_type in ITEMS]


def wanted_lists(run: Run, follow: dict[str, list[str]]) -> dict[str, list[str]]:
    """What is to be read of items, as far as the connection's settings want it."""
    wanted = {name: [kind, *(each for each in lists_ if run.wants(each))] for name, (kind, *lists_) in follow.items()}
    return {name: found for name, found in wanted.items() if len(found) > 1}


def _drives(
    run: Run, corpus: CorpusState, events: Sequence[DriveEvent]
) -> tuple[list[OutRecord], list[Patch], list[Rejected]]:
    """Drives joined, left and changed, as the user's log tells; a drive's own log tells of its changes only."""
    records: list[OutRecord] = []
    patches: list[Patch] = []
    rejected: list[Rejected] = []
    for event in events:
        own = run.state.corpus(drive_corpus(event.drive_id))
        if event.raw is None:
            if run.follows_drives or event.drive_id in run.job.drives:
                patches.append(LeaveDrive(event.drive_id))
            continue
        if not run.follows_drives:
            continue
        patches.append(JoinDrive(event.drive_id, DriveEntry(None, tracks(run.job, event.drive_id))))
        if own is not None:
            try:
                records.append(lists.drive(run.writer(own, own.snapshot_id, corpus.cursor), event.raw))
            except ValueError as error:
                rejected.append(Rejected(event.drive_id, f"Drive sent a drive that is not as documented: {error}"))
    return records, patches, rejected


def _inherited(corpus: CorpusState, events: Sequence[DriveEvent]) -> list[Patch]:
    """What a drive's own log says of the drive is inherited by all in it.

    While it is listed nobody knows by whom; and an account that may not see the members cannot compare them. What is
    retraced is listed afterwards.
    """
    if corpus.drive_id is None or not events:
        return []
    where = (corpus.corpus, corpus.snapshot_id)
    seen: list[Patch] = [
        SeeInherited(*where, restrictions_hash(event.raw)) for event in events if event.raw is not None
    ]
    if corpus.retraces:
        return [AskScan(*where), *seen]
    return [AskScan(*where)] if corpus.phase is Phase.SCANNING or not corpus.inherited[1] else seen


def _members(corpus: CorpusState, events: Sequence[DriveEvent]) -> dict[str, list[str]]:
    """A drive's own log tells when its members change; they are read anew then."""
    if corpus.drive_id is None:
        return {}
    return {event.drive_id: ["drive", "permission"] for event in events if event.raw is not None}


def _applied(run: Run, step: Replay, page: Page) -> list[SyncEvent]:
    """Nothing is told of a poll that found nothing."""
    if not page.records:
        return []
    lag = None if page.newest_change is None else (run.timing.now() - page.newest_change).total_seconds()
    event = run.event(EventName.CHANGES_APPLIED, step.corpus.corpus, step.corpus.snapshot_id)
    event = replace(event, count=len(_items(page)))
    return [event if lag is None else with_lag(event, lag)]


def with_lag(event: SyncEvent, lag_seconds: float) -> SyncEvent:
    """The event with how far behind the log's newest entry it is, never below zero (clocks differ)."""
    return replace(event, lag_seconds=max(0.0, round(lag_seconds, 3)))
