"""A corpus listed, from the parked start token to the last page.

In: a plan's step. Out: batches, one a page. A corpus of more than a page is cut into ranges of `createdTime`, which are
listed side by side, each with a page token of its own in the state. The folders are listed once by themselves, which is
cheap, so that at the end every folder that exists and every parent that was named can be accounted for.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from google_drive_worker.client import files
from google_drive_worker.client.errors import CursorLostError, MalformedResponseError
from google_drive_worker.client.paging import PageSize
from google_drive_worker.client.resources import FILE_LIST_FIELDS, FOLDER, FOLDER_LIST_FIELDS
from google_drive_worker.schemas.event import EventName, Notice, SyncEvent
from google_drive_worker.schemas.state import CorpusState, Range
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.changes import wanted_lists
from google_drive_worker.sync.folders import IndexFolders, ListFolderPage
from google_drive_worker.sync.follow import AddFollowUps
from google_drive_worker.sync.merge import merged
from google_drive_worker.sync.pages import Page, file_page, folder_page
from google_drive_worker.sync.patch import All, Patch
from google_drive_worker.sync.plan import ScanCorpus
from google_drive_worker.sync.ranges import query_of
from google_drive_worker.sync.records import SCAN
from google_drive_worker.sync.run import MAX_RESTARTS, Run
from google_drive_worker.sync.state import AdvanceScan, RestartRange, SplitRange, added
from google_drive_worker.sync.survey import LOOK_FIELDS, look_at, sample_of, survey

WHOLE = "all"
"""The name of the range when a corpus is listed as one."""
FOLDERS = "folders"
"""The name of the range that lists folders by themselves."""

BODIES = 3
"""Pages that are read, or wait as they came."""
PATIENCE_SECONDS = 20.0

DECODED_PAGES = 2
"""Pages that wait as records: one is handed over while the next one is made."""

Maker = Callable[[], Batch]
"""Makes a batch when its turn has come: by then an increment may have touched what is in it."""


@dataclass(frozen=True, slots=True)
class _Scan:
    """What the lanes of one scan share."""

    run: Run
    corpus: CorpusState
    progress: "_ProgressEvents"
    bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BODIES))
    lanes: deque[AsyncGenerator[Maker, None]] = field(default_factory=deque)
    """Listings that have not begun."""
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DECODED_PAGES))

    @property
    def place(self) -> tuple[str, str]:
        """Of which snapshot of which corpus its patches are."""
        return self.corpus.corpus, self.corpus.snapshot_id

    def query(self, name: str, part: Range) -> files.FilesQuery:
        """How a range is listed."""
        if name == FOLDERS:
            return corpus_query(self.run, self.corpus, FOLDER_LIST_FIELDS, f"mimeType = '{FOLDER}'")
        return corpus_query(self.run, self.corpus, FILE_LIST_FIELDS, query_of(part))


async def scan_corpus(run: Run, step: ScanCorpus) -> AsyncGenerator[Batch, None]:
    """List the ranges that are not done, several at once.

    Raises `CursorLostError` when a first page is refused, or a range had to be restarted too often.
    """
    scan = _Scan(run, step.corpus, _ProgressEvents(run, step.corpus))
    if run.view(step.corpus).scope.selected is None:
        _add_lanes(scan, step.corpus.ranges)
    else:
        scan.lanes.append(_folders_first(scan, step.corpus.ranges))
    async with aclosing(merged(scan.lanes, run.settings.scan_parallelism)) as makers:
        async for make in makers:
            async with run.traffic.of(step.corpus.corpus).emitting:
                yield make()


def corpus_query(run: Run, corpus: CorpusState, fields: str, q: str | None = None) -> files.FilesQuery:
    """A listing of a corpus: items of drives come with the user's too, for those that are nobody else's.

    `q` narrows it further than the connection's own settings do.
    """
    narrowed = [f"({each})" for each in (q, "'me' in owners" if run.view(corpus).scope.only_owned else None) if each]
    return files.FilesQuery(
        fields=fields,
        q=" and ".join(narrowed) or None,
        corpora="user" if corpus.drive_id is None else "drive",
        drive_id=corpus.drive_id,
        page_size=run.page_size,
        include_items_from_all_drives=run.follows_drives,
        include_labels=run.settings.label_ids,
    )


def _add_lanes(scan: _Scan, ranges: Mapping[str, Range]) -> None:
    for name, part in ranges.items():
        if not part.done:
            may_cut = name == WHOLE and part.page_token is None and scan.run.settings.scan_parallelism > 1
            scan.lanes.append(_cut(scan, part) if may_cut else _list_range(scan, name, part))


async def _folders_first(scan: _Scan, ranges: Mapping[str, Range]) -> AsyncGenerator[Maker, None]:
    """List the folders before anything else: only the index tells what lies in the folders that were selected."""
    others = dict(ranges)
    folders = others.pop(FOLDERS, Range(done=True))
    if not folders.done:
        async with aclosing(_list_range(scan, FOLDERS, folders)) as pages:
            async for make in pages:
                yield make
    _add_lanes(scan, others)


async def _cut(scan: _Scan, part: Range) -> AsyncGenerator[Maker, None]:
    """List the whole corpus if a single look shows all of it; else cut it, and add a lane for each range.

    What a look shows takes few pages, even of the smallest kind: to cut it would cost more calls than it has pages.
    """
    run = scan.run
    look = partial(corpus_query, run, scan.corpus, LOOK_FIELDS)
    with run.traffic.of(scan.corpus.corpus).request() as since:
        body = await files.list_page(run.session, scan.query(WHOLE, part))
        sample, _ = await run.decode(sample_of, body)
        seen = sample if sample.is_whole else await look_at(run, look(None))
        if seen.is_whole:
            page = await _records(scan, body)
            if not page.incomplete_search:
                yield partial(_scanned, scan, WHOLE, page, since)
                part = replace(part, page_token=page.next_page_token, done=page.next_page_token is None)
            if not part.done:
                scan.lanes.append(_list_range(scan, WHOLE, part))
            return
    del body  # a survey takes seconds, and a page is megabytes
    at_once = max(1, run.settings.scan_parallelism - 1)  # one lists folders
    ranges = await survey(run, look, seen, len(sample.times), at_once)
    yield partial(Batch, SplitRange(*scan.place, WHOLE, ranges))
    _add_lanes(scan, ranges)


async def _list_range(scan: _Scan, name: str, part: Range) -> AsyncGenerator[Maker, None]:
    """List a range from where it stands.

    A page token that Drive no longer knows restarts this range alone, and so does a page that Drive says it did not
    search everything for; when it says so again and again, what it gives is taken, and the snapshot sweeps nothing.
    """
    run, query = scan.run, scan.query(name, part)
    token, restarts, is_last = part.page_token, 0, False
    size = PageSize(query.page_size)
    while not is_last:
        with run.traffic.of(scan.corpus.corpus).request() as since:
            try:
                page = await _fetched(scan, name, query, token, size, since)
            except CursorLostError:
                restarts += 1
                if token is None or restarts > MAX_RESTARTS:
                    raise
                token = None
                yield partial(Batch, RestartRange(*scan.place, name))
                continue
            try:
                if page.is_incomplete and restarts < MAX_RESTARTS:
                    restarts, token = restarts + 1, None
                    yield partial(Batch, RestartRange(*scan.place, name))
                    continue
                yield page.make
            finally:
                scan.room.release()
            if page.token is not None and page.token == token:
                raise MalformedResponseError("a page of a listing names itself as the next")
            token, is_last = page.token, page.token is None


async def _fetched(
    scan: _Scan, name: str, query: files.FilesQuery, token: str | None, size: PageSize, since: int
) -> "_Decoded":
    """A page as records; whoever takes it gives `scan.room` back."""
    turn = _Turn(scan.bodies)
    try:
        body = await files.list_page(scan.run.session, query, token, size, before_body=turn.take)
        await scan.room.acquire()
        try:
            return await _decoded(scan, name, body, since)
        except BaseException:
            scan.room.release()
            raise
    finally:
        turn.give_back()


class _Turn:
    """The turn to read a page's body, kept until the page is records: bodies that wait cost megabytes each.

    All lanes' pages may be on their way; what has arrived of those without a turn waits with Drive.
    """

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._is_held = False

    async def take(self) -> None:
        """Wait for the turn; after a while go on without it, since the answer would time out."""
        if self._is_held:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._turns.acquire()
                self._is_held = True

    def give_back(self) -> None:
        """Let another lane read."""
        if self._is_held:
            self._turns.release()
            self._is_held = False


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What a page became."""

    token: str | None
    """Of the page that follows."""
    make: Maker
    is_incomplete: bool


async def _decoded(scan: _Scan, name: str, body: bytes, since: int) -> _Decoded:
    if name == FOLDERS:
        parents, token, incomplete = await scan.run.decode(folder_page, body, scan.run.view(scan.corpus))
        return _Decoded(token, partial(_folders_listed, scan, parents, token, complete=not incomplete), incomplete)
    page = await _records(scan, body)
    return _Decoded(page.next_page_token, partial(_scanned, scan, name, page, since), page.incomplete_search)


async def _records(scan: _Scan, body: bytes) -> Page:
    writer = scan.run.writer(scan.corpus, scan.corpus.snapshot_id, SCAN)
    return await scan.run.decode(file_page, body, writer, scan.run.view(scan.corpus, takes_back=False))


def _folders_listed(scan: _Scan, parents: dict[str, str | None], token: str | None, *, complete: bool) -> Batch:
    advance = AdvanceScan(*scan.place, FOLDERS, token, complete=complete)
    return Batch(All([advance, ListFolderPage(*scan.place, parents)]))


def _scanned(scan: _Scan, name: str, page: Page, since: int) -> Batch:
    """What could not be understood or was not searched makes the snapshot incomplete: nothing may be swept by it."""
    run = scan.run
    complete = not page.incomplete_search and not page.rejected
    patches: list[Patch] = [AdvanceScan(*scan.place, name, page.next_page_token, page.counts, complete)]
    traffic = run.traffic.of(scan.corpus.corpus)
    if sights := page.sights.without(lambda item: traffic.was_touched(item, since)):
        patches.append(IndexFolders(*scan.place, sights))
    if follow := wanted_lists(run, dict(page.follow)):
        patches.append(AddFollowUps(*scan.place, follow))
    notices: list[Notice] = [*run.rejections(page.rejected), *scan.progress.after(page)]
    records = traffic.untouched(page.records, since)
    return Batch(
        All(patches),
        records=records,
        notices=notices,
        files=len(records),
        records_partition=scan.corpus.records_partition,
    )


class _ProgressEvents:
    """Says how far a scan is, now and then."""

    def __init__(self, run: Run, corpus: CorpusState) -> None:
        self._run = run
        self._corpus = corpus
        self._counts = dict(corpus.counts)
        self._began_at = self._told_at = run.timing.monotonic()
        self._done_before = _done(corpus)

    def after(self, page: Page) -> list[SyncEvent]:
        """An event when one is due."""
        self._counts = added(self._counts, page.counts)
        now = self._run.timing.monotonic()
        if now - self._told_at < self._run.settings.progress_seconds:
            return []
        self._told_at = now
        corpus = self._run.corpus(self._corpus.corpus)
        event = self._run.event(EventName.SNAPSHOT_PROGRESS, corpus.corpus, corpus.snapshot_id)
        return [
            replace(
                event,
                files=sum(self._counts.values()),
                ranges_done=_done(corpus),
                ranges_total=len(corpus.ranges),
                eta_seconds=self._eta_seconds(corpus, now),
            )
        ]

    def _eta_seconds(self, corpus: CorpusState, now: float) -> float | UnsetType:
        """How long the other ranges take if they are as long as those that are done; unknown before the first one."""
        done = _done(corpus) - self._done_before
        if done <= 0:
            return UNSET
        return round((now - self._began_at) * (len(corpus.ranges) - _done(corpus)) / done, 1)


def _done(corpus: CorpusState) -> int:
    return sum(part.done for part in corpus.ranges.values())
