"""What a snapshot's listings may have missed: the settle pass, and items of a shared drive that was left.

In: a live corpus. Out: batches. Listings lag some minutes behind, and what was made shortly before the start token was
taken is in no log after it (facts A4); so it is listed once more, later. What of a drive that was left is still shared
with the user belongs to the user's corpus from then on, without a change that says so.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from msgspec.structs import replace

from google_drive_worker.client import files
from google_drive_worker.client.errors import CursorLostError
from google_drive_worker.client.resources import FILE_LIST_FIELDS
from google_drive_worker.schemas.state import ConnectionState, CorpusState
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.pages import Page, file_page
from google_drive_worker.sync.patch import Patch, open_corpus, with_corpus
from google_drive_worker.sync.plan import LookBack, Settle
from google_drive_worker.sync.run import Run
from google_drive_worker.sync.scan import corpus_query
from google_drive_worker.sync.walk import emitted

SETTLE, LOOK = "settle", "look"
"""How the positions of the records begin; the log's cursor follows."""


@dataclass(frozen=True, slots=True)
class AdvanceSettling:
    """A page of the settle pass was emitted. None: it is done; empty: it begins anew."""

    corpus: str
    snapshot_id: str
    page_token: str | None

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Move it on."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        settle_at = corpus.settle_at if self.page_token is not None else None
        return with_corpus(state, replace(corpus, settle_at=settle_at, settle_token=self.page_token or None))


@dataclass(frozen=True, slots=True)
class AdvanceLook:
    """A page of what is still shared of a drive was emitted. None: all of it was."""

    corpus: str
    snapshot_id: str
    drive_id: str
    page_token: str | None

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Move it on."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        looks = {drive: token for drive, token in corpus.looks.items() if drive != self.drive_id}
        if self.page_token is not None:
            looks[self.drive_id] = self.page_token
        return with_corpus(state, replace(corpus, looks=looks))


async def settle(run: Run, step: Settle) -> AsyncGenerator[Batch, None]:
    """List once more what was made or changed since an hour before the snapshot's start token."""
    corpus = step.corpus
    q = f"createdTime > '{corpus.settle_from}' or modifiedTime > '{corpus.settle_from}'"
    token = corpus.settle_token
    while True:
        async with run.traffic.of(corpus.corpus).emitting:
            page = await _listed(run, corpus, q, token, SETTLE)
            token = "" if page is None else page.next_page_token
            yield _batch(run, corpus, page, AdvanceSettling(corpus.corpus, corpus.snapshot_id, token))
        if token is None:
            return


async def look_back(run: Run, step: LookBack) -> AsyncGenerator[Batch, None]:
    """List what is shared with the user: what of it is of the drive that was left is the user's own now."""
    corpus = step.corpus
    token: str | None = corpus.looks[step.drive_id] or None
    while True:
        async with run.traffic.of(corpus.corpus).emitting:
            page = await _listed(run, corpus, "sharedWithMe = true", token, LOOK)
            token = "" if page is None else page.next_page_token
            yield _batch(run, corpus, page, AdvanceLook(corpus.corpus, corpus.snapshot_id, step.drive_id, token))
        if token is None:
            return


async def _listed(run: Run, corpus: CorpusState, q: str, token: str | None, position: str) -> Page | None:
    """A page; None when its token is lost, and the listing begins anew (a bounded number of times)."""
    query = corpus_query(run, corpus, FILE_LIST_FIELDS, q)
    try:
        body = await files.list_page(run.session, query, token or None)
    except CursorLostError as error:
        run.restart(f"{position} {corpus.corpus}", token, error)
        return None
    writer = run.writer(corpus, corpus.snapshot_id, f"{position}:{corpus.cursor}")
    return await run.decode(file_page, body, writer, run.view(corpus, reads_lists=True))


def _batch(run: Run, corpus: CorpusState, page: Page | None, advance: Patch) -> Batch:
    """Pages are few, so each is asked for and emitted while nothing else of the corpus is."""
    if page is None:
        return Batch(advance)
    run.traffic.of(corpus.corpus).touch(record.resource_id for record in page.records)
    return emitted(run, corpus, page, [advance], walks=True)
