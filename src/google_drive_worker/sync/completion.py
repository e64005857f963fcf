"""The end of a snapshot: held if it would take too much away, else its closing marker.

In: a snapshot whose ranges are listed, whose folders are accounted for and whose log is read to its head. Out: one
batch. A consumer deletes by the marker what the snapshot has not met, so that is where a mistake would cost most: an
account that lost its access answers with empty lists and no error (facts A4).
"""

from dataclasses import dataclass
from datetime import timedelta

from msgspec.structs import replace

from google_drive_worker.schemas.event import EventName, SyncEvent
from google_drive_worker.schemas.record import SnapshotData, SnapshotPhase
from google_drive_worker.schemas.state import ConnectionState, CorpusState, Phase, Range
from google_drive_worker.schemas.times import rfc3339
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.corpora import with_answers
from google_drive_worker.sync.folders import swept
from google_drive_worker.sync.patch import StalePatchError, open_corpus, with_corpus
from google_drive_worker.sync.plan import HISTORY
from google_drive_worker.sync.run import Run

HELD_ITEMS = 100
HELD_PART = 0.2
"""A completion that takes away more items than this, and a larger part of all, waits for somebody to confirm."""


@dataclass(frozen=True, slots=True)
class CompleteSnapshot:
    """The snapshot is complete: the corpus is live, and the wish for it answered."""

    corpus: str
    snapshot_id: str
    replayed: int
    settle_at: str | None = None
    sweep_at: str | None = None
    enrich: tuple[str, ...] = ()
    """Names of the ranges that the enrichment pass is to go over."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Take out of the index what the snapshot has not met."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        if corpus.phase is not Phase.SCANNING:
            raise StalePatchError("the snapshot was completed or given up")
        if corpus.complete:
            state = state.with_folders(swept(state, corpus))
        enrich = {name: Range() for name in self.enrich}
        completed = replace(
            corpus,
            phase=Phase.LIVE,
            is_live=True,
            ranges={},
            accounted=False,
            held=None,
            confirmed=False,
            rescan_later=False,
            full_done=corpus.full_wanted,
            replayed=max(corpus.replayed, self.replayed),
            expected=sum(corpus.counts.values()) if corpus.complete else corpus.expected,
            settle_at=self.settle_at,
            sweep_at=self._sweep_at(corpus),
            enrich={**corpus.enrich, **enrich},
        )
        return with_answers(with_corpus(state, completed))

    def _sweep_at(self, corpus: CorpusState) -> str | None:
        """A snapshot reads no comments: those that were read before are due when they were."""
        return min(corpus.sweep_at, self.sweep_at) if corpus.sweep_at and self.sweep_at else self.sweep_at


@dataclass(frozen=True, slots=True)
class Hold:
    """The snapshot waits for somebody to confirm that so many items are gone."""

    corpus: str
    snapshot_id: str
    would_remove: int

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Say so in the state."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        return with_corpus(state, replace(corpus, held=self.would_remove))


@dataclass(frozen=True, slots=True)
class Confirm:
    """Somebody says that what held snapshots would take away is really gone."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Let them complete."""
        for corpus in state.corpora:
            if corpus.held is not None:
                state = with_corpus(state, replace(corpus, held=None, confirmed=True))
        return state


def would_remove(corpus: CorpusState) -> int:
    """How many items fewer than the last complete snapshot this one has met; 0 when that is no cause for alarm."""
    fewer = corpus.expected - sum(corpus.counts.values())
    return fewer if corpus.complete and fewer > max(HELD_ITEMS, HELD_PART * corpus.expected) else 0


def completion(run: Run, name: str, wanted: int) -> Batch:
    """The batch that ends a snapshot, or holds it."""
    corpus = run.corpus(name)
    missing = would_remove(corpus)
    if missing and not corpus.confirmed:
        event = run.event(EventName.SNAPSHOT_HELD, name, corpus.snapshot_id)
        return Batch(Hold(name, corpus.snapshot_id, missing), notices=[replace(event, would_remove=missing)])
    marker = SnapshotData(corpus.snapshot_id, SnapshotPhase.COMPLETE, corpus.counts, complete=corpus.complete)
    patch = CompleteSnapshot(
        name,
        corpus.snapshot_id,
        wanted,
        _later(run, run.settings.settle_seconds),
        _later(run, run.settings.comment_sweep_seconds) if run.wants("comment") else None,
        _history(run, corpus),
    )
    writer = run.writer(corpus, corpus.snapshot_id, corpus.start_token)
    return Batch(
        patch,
        records=[writer.snapshot(name, marker)],
        notices=[_event(run, corpus)],
        records_partition=corpus.records_partition,
    )


def _later(run: Run, seconds: float) -> str | None:
    """So long after now; None for what is switched off."""
    return rfc3339(run.timing.now() + timedelta(seconds=seconds)) if seconds > 0 else None


def _history(run: Run, corpus: CorpusState) -> tuple[str, ...]:
    """What was there before the first snapshot is read after it, if that is wanted."""
    wanted = [each for each in ("revision", "comment") if run.wants(each) and run.wants(each, backfill=True)]
    return (HISTORY,) if wanted and not corpus.is_live else ()


def _event(run: Run, corpus: CorpusState) -> SyncEvent:
    event = run.event(EventName.SNAPSHOT_COMPLETED, corpus.corpus, corpus.snapshot_id)
    return replace(event, counts=corpus.counts, complete=corpus.complete)
