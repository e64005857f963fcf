"""Snapshots and logs: how far a corpus is, as patches of a connection's state.

In: the state before. Out: the state after a page of a listing or of a log was emitted, a snapshot opened, a cursor
lost.
Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import replace as replace_field
from datetime import timedelta

from msgspec.structs import replace

from google_drive_worker.schemas.state import JOB, ConnectionState, CorpusState, Phase, Range
from google_drive_worker.schemas.times import parse_rfc3339, rfc3339
from google_drive_worker.sync.corpora import with_answers
from google_drive_worker.sync.patch import (
    All,
    Patch,
    StalePatchError,
    known_job,
    open_corpus,
    snapshot_id,
    with_corpus,
)
from google_drive_worker.sync.plan import MISSED

MAX_TRAIL = 16
CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class OpenSnapshot:
    """A snapshot starts: its start token is parked before anything is listed."""

    corpus: str
    snapshot_id: str
    start_token: str
    account_id: str
    full_wanted: int
    ranges: Mapping[str, Range]
    records_partition: int | None
    started_at: str
    drive_id: str | None = None
    root_id: str | None = None
    born: str | None = None
    """The `JobState.born` that it was planned for."""
    settle_from: str | None = None

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Put the corpus into its scan, beside a cursor that stays live, and remember whose drive it is."""
        job = known_job(state)
        if job.full_wanted > self.full_wanted or job.snapshots >= int(self.snapshot_id) or job.born != self.born:
            raise StalePatchError("another snapshot is wanted, or open")
        if self.drive_id is not None and self.drive_id not in job.drives:
            raise StalePatchError("the shared drive was left")
        job = replace(job, snapshots=int(self.snapshot_id), account_id=self.account_id)
        before = state.corpus(self.corpus)
        opened = self._beside(before) if before is not None and before.is_live else self._new(before)
        return with_corpus(state.with_part(JOB, job), opened)

    def _new(self, given_up: CorpusState | None) -> CorpusState:
        """A first snapshot; one that replaces an unfinished one replays what that one would have."""
        return CorpusState(
            corpus=self.corpus,
            phase=Phase.SCANNING,
            snapshot_id=self.snapshot_id,
            start_token=self.start_token,
            cursor=(given_up.cursor if given_up is not None else None) or self.start_token,
            expected=given_up.expected if given_up is not None else 0,
            enrich=self._to_read(given_up),
            follow_ups=given_up.follow_ups if given_up is not None else 0,
            scope=given_up.scope if given_up is not None else (),
            full_wanted=self.full_wanted,
            drive_id=self.drive_id,
            root_id=self.root_id,
            ranges=dict(self.ranges),
            records_partition=self.records_partition,
            started_at=self.started_at,
            settle_from=self.settle_from,
            sweep_at=given_up.sweep_at if given_up is not None else None,
        )

    def _to_read(self, given_up: CorpusState | None) -> dict[str, Range]:
        """What changed while a log was lost has lists that nobody was told to read; what waited to be is begun anew."""
        if given_up is None:
            return {}
        waiting = {name: replace(part, page_token=None) for name, part in given_up.enrich.items()}
        read_at = None if given_up.cursor else parse_rfc3339(given_up.read_at or "")
        return waiting if read_at is None else {MISSED: Range(lower=rfc3339(read_at - CLOCKS_DIFFER)), **waiting}

    def _settle_from(self, corpus: CorpusState) -> str | None:
        """A settle pass that is still due is not forgotten when this snapshot is given up."""
        pending = corpus.settle_from if corpus.settle_at is not None else None
        return min(pending, self.settle_from) if pending and self.settle_from else self.settle_from

    def _beside(self, corpus: CorpusState) -> CorpusState:
        """The log goes on from before the listings' lag: what they may lack is emitted once more, and not swept."""
        return replace(
            corpus,
            cursor=corpus.trail[0][1] if corpus.trail else corpus.cursor,
            retraces=True,
            phase=Phase.SCANNING,
            snapshot_id=self.snapshot_id,
            start_token=self.start_token,
            full_wanted=self.full_wanted,
            ranges=dict(self.ranges),
            counts={},
            complete=True,
            started_at=self.started_at,
            settle_from=self._settle_from(corpus),
            settle_token=None,
            accounted=False,
            held=None,
            confirmed=False,
            rescan=False,
            rescan_later=corpus.rescan or corpus.rescan_later,
        )


@dataclass(frozen=True, slots=True)
class AdoptCursor:
    """A cursor from elsewhere is taken over without a snapshot."""

    corpus: str
    cursor: str
    account_id: str
    full_wanted: int
    records_partition: int | None
    root_id: str | None = None

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Open the corpus as live."""
        job = replace(known_job(state), account_id=self.account_id, last_cursor=None)
        corpus = CorpusState(
            corpus=self.corpus,
            phase=Phase.LIVE,
            snapshot_id=snapshot_id(job.snapshots),
            start_token=self.cursor,
            cursor=self.cursor,
            full_wanted=self.full_wanted,
            full_done=self.full_wanted,
            is_live=True,
            root_id=self.root_id,
            records_partition=self.records_partition,
        )
        return with_corpus(state.with_part(JOB, job), corpus)


@dataclass(frozen=True, slots=True)
class AdvanceScan:
    """A page of a range was emitted. `page_token` None: the range is done."""

    corpus: str
    snapshot_id: str
    range_name: str
    page_token: str | None
    counts: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Move the range on, unless another snapshot has replaced this one."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        old = open_range(corpus, self.range_name)
        done = self.page_token is None
        moved = replace(
            old, page_token=self.page_token, done=done, counts={} if done else added(old.counts, self.counts)
        )
        return with_corpus(
            state,
            replace(
                corpus,
                ranges={**corpus.ranges, self.range_name: moved},
                counts=added(corpus.counts, self.counts),
                complete=corpus.complete and self.complete,
            ),
        )


@dataclass(frozen=True, slots=True)
class RestartRange:
    """A range's page token was lost: that range, and nothing else, is listed again."""

    corpus: str
    snapshot_id: str
    range_name: str

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Forget the token, and what its pages have counted."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        old = open_range(corpus, self.range_name)
        ranges = {**corpus.ranges, self.range_name: replace(old, page_token=None, counts={})}
        counts = {kind: number - old.counts.get(kind, 0) for kind, number in corpus.counts.items()}
        return with_corpus(state, replace(corpus, ranges=ranges, counts=counts))


@dataclass(frozen=True, slots=True)
class SplitRange:
    """A range of which no page was emitted is listed as several."""

    corpus: str
    snapshot_id: str
    range_name: str
    ranges: Mapping[str, Range]

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Put the others in its place; a range that was begun has no remainder to cut, since pages have no order."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        if open_range(corpus, self.range_name) != Range():
            raise StalePatchError("the range was begun")
        others = {name: part for name, part in corpus.ranges.items() if name != self.range_name}
        return with_corpus(state, replace(corpus, ranges={**others, **self.ranges}))


@dataclass(frozen=True, slots=True)
class AdvanceCursor:
    """A page of the change log was emitted. `replayed` names the wish that this page, the last one, answers."""

    corpus: str
    snapshot_id: str
    cursor: str
    replayed: int | None = None
    complete: bool = True
    since: str | None = None
    """The cursor of the page; None where nothing can have come between."""
    nudges: int = 0
    """The newest notification that was there before the log was read."""
    at: str | None = None
    """When the log was asked, if this is its head."""
    lag_from: str = ""
    """Listings may lack what was made since then."""
    removed: int = 0
    """Items that the page took away: the next snapshot is not expected to meet them."""

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Move the cursor on; at the head, the wish is answered."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        if self.since not in {None, corpus.cursor}:
            raise StalePatchError("the log was read from another place")
        moved = replace(corpus, cursor=self.cursor, complete=corpus.complete and self.complete)
        if self.at is not None:
            moved = replace(moved, read_at=self.at, trail=_trail(corpus.trail, self.at, self.cursor, self.lag_from))
        if self.removed:
            moved = replace(moved, expected=max(0, corpus.expected - self.removed))
        if self.at is not None:
            moved = replace(moved, walked=(), retraces=False, nudges_done=max(corpus.nudges_done, self.nudges))
        if self.replayed is not None:
            moved = replace(moved, replayed=max(corpus.replayed, self.replayed))
        state = with_corpus(state, moved)
        return state if self.replayed is None else with_answers(state)


def _trail(trail: tuple[tuple[str, str], ...], at: str, cursor: str, lag_from: str) -> tuple[tuple[str, str], ...]:
    """The trail with one more cursor; of those from before the lag the newest is enough."""
    longer = trail if trail and trail[-1][1] == cursor else (*trail, (at, cursor))
    while len(longer) > 1 and longer[1][0] <= lag_from:
        longer = longer[1:]
    return longer if len(longer) <= MAX_TRAIL else (longer[0], *longer[2:])


@dataclass(frozen=True, slots=True)
class LoseCursor:
    """Drive no longer knows the cursor: this corpus, alone, needs a new snapshot."""

    corpus: str
    snapshot_id: str

    def apply(self, state: ConnectionState) -> ConnectionState:
        """Have a snapshot opened for it that replays from its own start; until then nothing of it is replayed."""
        corpus = open_corpus(state, self.corpus, self.snapshot_id)
        lost = replace(corpus, phase=Phase.LIVE, is_live=False, rescan=True, cursor="", trail=(), ranges={}, dirty={})
        job = known_job(state)
        if corpus.drive_id is None:  # drives joined meanwhile stand in no log that will be read
            state = state.with_part(JOB, replace(job, drives_listed=None))
        return with_corpus(state, lost)


def incomplete(patch: Patch | None) -> Patch | None:
    """The same step, with something missing: the snapshot it belongs to may then sweep nothing."""
    match patch:
        case AdvanceScan() | AdvanceCursor():
            return replace_field(patch, complete=False)
        case All():
            return All([kept for each in patch.patches if (kept := incomplete(each)) is not None])
        case _:
            return patch


def open_range(corpus: CorpusState, name: str) -> Range:
    """A range that is still to be listed. Raises `StalePatchError`."""
    found = corpus.ranges.get(name)
    if found is None:
        raise StalePatchError("the snapshot has no such range any more")
    return found


def added(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    """Counts of both."""
    return {name: left.get(name, 0) + right.get(name, 0) for name in {**left, **right}}
