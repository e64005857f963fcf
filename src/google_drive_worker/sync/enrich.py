"""What is read call by call: permission sets, revisions, comments.

In: follow-ups of the state, and ranges of the enrichment pass, which become follow-ups page by page. Out: batches of
lists. A call costs a hundred units where a listing costs a fraction of one a file (facts D), so all of it is done at a
low priority, some calls at once, and stands in the state until it is done. Nothing here emits a file.

An item that changed after its lists were asked for is asked again: its lists may be of before the change, or the item
gone. One that fails for good costs itself; what fails because Drive does not answer at all ends the job for now.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from msgspec import Raw
from msgspec.structs import replace

from google_drive_worker.client import comments, files, permissions, revisions
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.errors import (
    AccessDeniedError,
    CursorLostError,
    DriveError,
    ItemError,
    MalformedResponseError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    ReauthorizationRequiredError,
    RetryableError,
)
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.resources import FOLDER, SHORTCUT
from google_drive_worker.schemas.event import Notice
from google_drive_worker.schemas.record import ItemType, OutRecord
from google_drive_worker.schemas.state import ConnectionState, CorpusState, Range
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sync import lists
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.folders import hash_of
from google_drive_worker.sync.follow import AddFollowUps, FollowedUp
from google_drive_worker.sync.lists import Listed
from google_drive_worker.sync.membership import SeeInherited
from google_drive_worker.sync.pages import COMMENT, PERMISSION, REVISION, listed_lists
from google_drive_worker.sync.patch import All, Patch, StalePatchError, open_corpus, with_corpus
from google_drive_worker.sync.plan import HISTORY, SWEEP, Enrich, Follow
from google_drive_worker.sync.records import RecordWriter
from google_drive_worker.sync.run import Run
from google_drive_worker.sync.scan import corpus_query

ITEMS_AT_ONCE = 25
"""Items whose lists make up one batch."""
PAGE_ITEMS = 500
LIST_TRIES = 4
"""So often a list is asked for whose answer is never whole JSON; then it costs itself."""
_BACKOFF = Backoff()
"""How long to wait between these."""
ENRICH_FIELDS = "nextPageToken,files(id,mimeType,driveId,parents,ownedByMe,capabilities(canReadRevisions))"


@dataclass(slots=True)
class _Read:
    """What was read of one item."""

    item_id: str
    records: list[OutRecord] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    members: int = 0
    """A hash of the members, of a shared drive."""


@dataclass(frozen=True, slots=True)
class AdvanceEnrichment:
    """A page of a range became follow-ups. None: the range is done."""

    corpus: str
    snapshot_id: str
    range_name: str
    page_token: str | None
    since: str | None
    """Where the page was: a range that was begun anew meanwhile is not moved on by it."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Move the range on, or take it away."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        part = corpus.enrich.get(self.range_name)
        if part is None or part.page_token != self.since:
            raise StalePatchError("the range was begun anew")
        ranges = {name: other for name, other in corpus.enrich.items() if name != self.range_name}
        if self.page_token is not None:
            ranges[self.range_name] = replace(part, page_token=self.page_token)
        return with_corpus(state, replace(corpus, enrich=ranges))


async def enrich(run: Run, step: Enrich) -> AsyncGenerator[Batch, None]:
    """Turn one page of a range into follow-ups, or begin the range anew when the page's token is lost.

    Raises `CursorLostError` when its first page is refused, or it had to begin anew too often.
    """
    corpus = step.corpus
    where = (corpus.corpus, corpus.snapshot_id)
    q = f"mimeType != '{FOLDER}' and mimeType != '{SHORTCUT}'"
    if step.part.lower is not None:
        q += f" and modifiedTime > '{step.part.lower}'"
    query = corpus_query(run, corpus, ENRICH_FIELDS, q)
    size, token = min(PAGE_ITEMS, run.page_size), step.part.page_token
    try:
        body = await files.list_page(run.session, query, token or None, size, lane=Lane.ENRICHMENT)
    except CursorLostError as error:
        run.restart(f"{step.range_name} of {corpus.corpus}", token, error)
        yield Batch(AdvanceEnrichment(*where, step.range_name, "", token))
        return
    found, following = await run.decode(listed_lists, body, run.view(corpus))
    wanted = [COMMENT] if step.range_name == SWEEP else [each for each in (REVISION, COMMENT) if run.wants(each)]
    if step.range_name == HISTORY:
        wanted = [each for each in wanted if run.wants(each, backfill=True)]
    items = {item: [kind, *(each for each in readable if each in wanted)] for item, (kind, *readable) in found.items()}
    patch = AdvanceEnrichment(*where, step.range_name, following, token)
    yield Batch(All([patch, AddFollowUps(*where, {item: kinds for item, kinds in items.items() if len(kinds) > 1})]))


@dataclass(frozen=True, slots=True)
class BeginSweep:
    """The comments of a corpus are due."""

    corpus: str
    snapshot_id: str
    sweep_at: str | None
    """The next time."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Have the enrichment pass go over it."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        ranges = {**corpus.enrich, SWEEP: corpus.enrich.get(SWEEP, Range())}
        return with_corpus(state, replace(corpus, enrich=ranges, sweep_at=self.sweep_at))


def begin_sweep(run: Run, corpus: CorpusState) -> Batch:
    """Have comments read again, and say when that is due next."""
    seconds = run.settings.comment_sweep_seconds
    following = rfc3339(run.timing.now() + timedelta(seconds=seconds)) if seconds > 0 and run.wants(COMMENT) else None
    return Batch(BeginSweep(corpus.corpus, corpus.snapshot_id, following))


async def follow(run: Run, step: Follow) -> AsyncGenerator[Batch, None]:
    """Read what a list of follow-ups asks for, some items a batch. Raises `RetryableError` when none answers."""
    corpus = run.state.corpus(step.follow_up.corpus)
    items = list(step.follow_up.items.items())
    if corpus is None:
        yield Batch(FollowedUp(step.name, frozenset(step.follow_up.items)))
        return
    traffic = run.traffic.of(corpus.corpus)
    for start in range(0, len(items), ITEMS_AT_ONCE):
        with traffic.request() as since:
            reads = await _read_all(run, corpus, items[start : start + ITEMS_AT_ONCE], step.name)
            async with traffic.emitting:
                current = [read for read in reads if not traffic.was_touched(read.item_id, since)]
                yield _batch(corpus, step.name, current)


def _batch(corpus: CorpusState, name: str, reads: Sequence[_Read]) -> Batch:
    patches: list[Patch] = [FollowedUp(name, frozenset(read.item_id for read in reads))]
    where = (corpus.corpus, corpus.snapshot_id)
    patches += [SeeInherited(*where, members=read.members) for read in reads if read.members]
    return Batch(
        patches[0] if len(patches) == 1 else All(patches),
        records=[record for read in reads for record in read.records],
        notices=[notice for read in reads for notice in read.notices],
        lane=Lane.ENRICHMENT,
        records_partition=corpus.records_partition,
    )


async def _read_all(
    run: Run, corpus: CorpusState, items: Sequence[tuple[str, list[str]]], position: str
) -> list[_Read]:
    """Read items, some at once. The first that ends the job cancels the others.

    The list's name is the position: a list that is as it once was before must not pass for a repeat of that one.
    """
    turns = asyncio.Semaphore(run.settings.calls_at_once)
    writer = run.writer(corpus, corpus.snapshot_id, position)

    async def read(item_id: str, kinds: Sequence[str]) -> _Read:
        async with turns:
            return await _read(run, writer, item_id, kinds)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(read(item_id, kinds)) for item_id, kinds in items]
    return [task.result() for task in tasks]


async def _read(run: Run, writer: RecordWriter, item_id: str, kinds: Sequence[str]) -> _Read:
    kind, *wanted = kinds
    read = _Read(item_id)
    readers: dict[str, Callable[[], Awaitable[Listed]]] = {
        PERMISSION: lambda: _permissions(run, writer, item_id, kind),  # type: ignore[arg-type] # one of the three
        REVISION: lambda: _revisions(run, writer, item_id),
        COMMENT: lambda: _comments(run, writer, item_id),
    }
    for resource in wanted:
        try:
            listed = await _whole(run, readers[resource])
        except NotFoundError:
            return _Read(item_id)  # gone, or never to be seen: the log tells which
        except (ItemError, ReauthorizationRequiredError, RetryableError) as error:
            if _ends_the_job(error, resource):
                raise
            read.notices.append(run.item_error(error.code, error.message, resource, item_id, error))
            continue
        read.records += listed.records
        if kind == "drive" and resource == PERMISSION and listed.is_visible:
            read.members = hash_of(listed.records[0].data)
        read.notices += run.rejections(listed.rejected, resource)
    return read


async def _whole(run: Run, reader: Callable[[], Awaitable[Listed]]) -> Listed:
    """Read a list, again after a while where an answer was not whole JSON.

    The session repeats calls that fail, and cannot know that what it got is of no use: such an error is of one attempt.
    """
    failures = 0
    while True:
        try:
            return await reader()
        except MalformedResponseError as error:
            failures += 1
            if error.attempts > 1:
                raise
            error.attempts = failures
            if failures == LIST_TRIES:
                raise
        await run.timing.sleep(_BACKOFF.delay(failures - 1, run.timing.random()))


def _ends_the_job(error: DriveError, resource: str) -> bool:
    """Whether an error is of more than the item.

    A scope that does not reach comments (facts A2) is of this resource alone: the account may go on without them.
    """
    if isinstance(error, ReauthorizationRequiredError):
        return not (error.code == "insufficient_scopes" and resource == COMMENT)
    return isinstance(error, RateLimitedError | NetworkError) or error.code == "daily_limit"


async def _permissions(run: Run, writer: RecordWriter, item_id: str, kind: ItemType) -> Listed:
    raws: Sequence[Raw] | None
    try:
        raws = await permissions.list_all(run.session, item_id)
    except AccessDeniedError:
        raws = None
    single = run.wants("permission_record")
    return lists.permission_set(writer, item_id, kind, raws, also_single=single)


async def _revisions(run: Run, writer: RecordWriter, item_id: str) -> Listed:
    return lists.revisions(writer, item_id, await revisions.list_all(run.session, item_id))


async def _comments(run: Run, writer: RecordWriter, item_id: str) -> Listed:
    return lists.comments(writer, item_id, await comments.list_all(run.session, item_id))
