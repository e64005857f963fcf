"""Dirty folders listed again, one by one and downwards; and folders that a scan has not met, looked at.

In: folders of the state. Out: batches with what lies in them. A walk costs one list a folder, a new snapshot one list a
thousand items: above a number of folders the snapshot is cheaper.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_field

from msgspec.structs import replace

from google_drive_worker.client import files
from google_drive_worker.client.errors import CursorLostError, ItemError, NotFoundError
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.resources import FILE_FIELDS, FILE_LIST_FIELDS
from google_drive_worker.schemas.event import ErrorRecord
from google_drive_worker.schemas.record import SnapshotData, SnapshotPhase
from google_drive_worker.schemas.state import ConnectionState, CorpusState
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.changes import wanted_lists
from google_drive_worker.sync.folders import (
    Accounted,
    IndexFolders,
    MarkDirty,
    ScanAnew,
    WalkFolder,
    size_below,
    unaccounted,
)
from google_drive_worker.sync.follow import AddFollowUps
from google_drive_worker.sync.pages import Page, file_page
from google_drive_worker.sync.patch import All, Patch, open_corpus, with_corpus
from google_drive_worker.sync.plan import MAX_DIRTY, Account, Relist
from google_drive_worker.sync.records import SCAN
from google_drive_worker.sync.run import Run
from google_drive_worker.sync.scan import corpus_query

LOOKED_AT_ONCE = 20
MAX_LOOKS = 100
"""Folders that a scan has not met: more than these, or a large tree, say that the listing cannot be relied on."""
WALK = "walk"
"""How the position of records that a walk emits begins; the log's cursor follows, so that no two walks share ids."""


async def relist(run: Run, step: Relist) -> AsyncGenerator[Batch, None]:
    """Walk the dirty folders until none is left, or give the walk up for a new snapshot."""
    name = step.corpus.corpus
    if await run.decode(size_below, run.state, step.corpus.dirty, MAX_DIRTY) > MAX_DIRTY:
        for batch in _given_up(run, step.corpus):
            yield batch
        return
    traffic = run.traffic.of(name)
    while (corpus := run.corpus(name)).dirty:
        if len(corpus.dirty) + len(corpus.walked) > MAX_DIRTY:  # more below than the index knew of
            for batch in _given_up(run, corpus):
                yield batch
            return
        folder_id = _topmost(run.state, corpus.dirty)
        token = corpus.dirty[folder_id]
        async with traffic.emitting:
            batch = await _walked(run, corpus, folder_id, token)
            traffic.touch(record.resource_id for record in batch.records)
            yield batch
    if corpus.scope:
        yield _scope_done(run, corpus, complete=True)


def _given_up(run: Run, corpus: CorpusState) -> list[Batch]:
    """A new snapshot instead; what somebody asked for of some folders comes with it."""
    anew = Batch(ScanAnew(corpus.corpus, corpus.snapshot_id))
    return [anew, _scope_done(run, corpus, complete=False)] if corpus.scope else [anew]


def _topmost(state: ConnectionState, dirty: Mapping[str, str]) -> str:
    """The first folder that lies below no other dirty one: what is below it is then walked once, after it."""
    return next((name for name in dirty if not _lies_below(state, name, dirty)), next(iter(dirty)))


def _lies_below(state: ConnectionState, folder_id: str, dirty: Mapping[str, str]) -> bool:
    folder, seen = state.folders.get(folder_id), {folder_id}
    while folder is not None and folder.parent is not None and folder.parent not in seen:
        if folder.parent in dirty:
            return True
        seen.add(folder.parent)
        folder = state.folders.get(folder.parent)
    return False


async def _walked(run: Run, corpus: CorpusState, folder_id: str, token: str) -> Batch:
    """One page of what lies in a folder; nothing does in one that is gone."""
    where = (corpus.corpus, corpus.snapshot_id)
    quoted = folder_id.replace("\\", "\\\\").replace("'", "\\'")
    query = corpus_query(run, corpus, FILE_LIST_FIELDS, f"'{quoted}' in parents")
    lane = Lane.CHANGES if corpus.is_live else Lane.FIRST_SCAN
    try:
        body = await files.list_page(run.session, query, token or None, lane=lane)
    except NotFoundError:
        return Batch(WalkFolder(*where, folder_id, None))
    except CursorLostError as error:
        run.restart(f"{WALK} {folder_id}", token, error)
        return Batch(WalkFolder(*where, folder_id, ""))
    page = await run.decode(
        file_page, body, run.writer(corpus, corpus.snapshot_id, f"{WALK}:{corpus.cursor}"), run.view(corpus)
    )
    walked = WalkFolder(*where, folder_id, page.next_page_token, frozenset(page.sights.folders))
    return emitted(run, corpus, page, [walked])


def emitted(run: Run, corpus: CorpusState, page: Page, patches: Sequence[Patch], *, walks: bool = False) -> Batch:
    """A page of a listing beside the scan, with what it says of folders and what is to be read of its items.

    `walks`: a folder that is new to the corpus is walked, since nothing else lists what lies in it.
    """
    where = (corpus.corpus, corpus.snapshot_id)
    patches = [*patches, *([IndexFolders(*where, page.sights, walks=walks)] if page.sights else [])]
    if follow := wanted_lists(run, dict(page.follow)):
        patches.append(AddFollowUps(*where, follow))
    return Batch(
        All(patches),
        records=page.records,
        notices=run.rejections(page.rejected),
        lane=Lane.CHANGES if corpus.is_live else Lane.FIRST_SCAN,
        files=len(page.records),
        records_partition=corpus.records_partition,
    )


@dataclass(frozen=True, slots=True)
class OpenScope:
    """Somebody asked for a snapshot of some folders."""

    corpus: str
    folders: tuple[str, ...]

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Have them walked, beside those that are under way."""
        corpus = state.corpus(self.corpus)
        if corpus is None:
            return state
        scope = tuple(dict.fromkeys((*corpus.scope, *self.folders)))
        state = with_corpus(state, replace(corpus, scope=scope))
        return MarkDirty(self.corpus, frozenset(self.folders)).apply(state)


@dataclass(frozen=True, slots=True)
class CloseScope:
    """The snapshot of these folders is complete; others may have been asked for meanwhile."""

    corpus: str
    snapshot_id: str
    folders: tuple[str, ...]

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Leave those."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        scope = tuple(folder for folder in corpus.scope if folder not in self.folders)
        return with_corpus(state, replace(corpus, scope=scope))


def _scope_done(run: Run, corpus: CorpusState, *, complete: bool) -> Batch:
    """The marker of a snapshot of some folders: it sweeps nothing."""
    data = SnapshotData(corpus.snapshot_id, SnapshotPhase.COMPLETE, {}, complete=complete, scope=corpus.scope)
    marker = run.writer(corpus, corpus.snapshot_id, WALK).snapshot(corpus.corpus, data)
    closed = CloseScope(corpus.corpus, corpus.snapshot_id, corpus.scope)
    return Batch(closed, records=[marker], records_partition=corpus.records_partition)


async def account(run: Run, step: Account) -> AsyncGenerator[Batch, None]:
    """Look at every folder that was listed or named and that the scan has not met, and walk those that are there."""
    corpus = step.corpus
    where = (corpus.corpus, corpus.snapshot_id)
    missing = await run.decode(unaccounted, run.state, corpus)
    below = await run.decode(size_below, run.state, dict.fromkeys(missing, ""), MAX_DIRTY) if missing else 0
    if len(missing) > MAX_LOOKS or below > MAX_DIRTY:
        message = f"{len(missing)} folders were named that the listing does not show; nothing is swept"
        error = run.item_error("listing_incomplete", message, "snapshot", corpus.corpus)
        yield Batch(Accounted(*where, done=True, complete=False), notices=[error])
        return
    for start in range(0, len(missing), LOOKED_AT_ONCE):
        some = missing[start : start + LOOKED_AT_ONCE]
        async with run.traffic.of(corpus.corpus).emitting:
            yield await _looked_at(run, corpus, some)
    yield Batch(Accounted(*where, done=True, doubts=None if missing else False))


async def _looked_at(run: Run, corpus: CorpusState, some: Sequence[str]) -> Batch:
    where = (corpus.corpus, corpus.snapshot_id)
    found = await asyncio.gather(*[_look(run, folder_id) for folder_id in some])
    bodies = [body for body in found if isinstance(body, bytes)]
    refused = [answer for answer in found if isinstance(answer, ErrorRecord)]
    unseen = frozenset(name for name, answer in zip(some, found, strict=True) if answer is None)
    listing = b'{"files":[' + b",".join(bodies) + b"]}"
    page = await run.decode(file_page, listing, run.writer(corpus, corpus.snapshot_id, SCAN), run.view(corpus))
    # What is another corpus's by now is met there.
    elsewhere = frozenset(some) - unseen - frozenset(page.sights.folders)
    patches: list[Patch] = [
        Accounted(*where, unseen | elsewhere, complete=not refused, doubts=True if unseen else None),
        MarkDirty(corpus.corpus, frozenset(page.sights.folders)),
    ]
    batch = emitted(run, corpus, page, patches)
    return replace_field(batch, notices=[*batch.notices, *refused])


async def _look(run: Run, folder_id: str) -> bytes | ErrorRecord | None:
    """A folder as raw JSON; None when this account may not see it, an error record when Drive does not say."""
    try:
        return await files.get(run.session, folder_id, FILE_FIELDS, lane=Lane.FIRST_SCAN)
    except NotFoundError:
        return None
    except ItemError as error:
        return run.item_error(error.code, error.message, "folder", folder_id, error)
