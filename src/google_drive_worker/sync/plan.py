"""What to do next for a connection.

In: its state and the time. Out: one step of a lane, or `Idle`. Pure, and the only place that decides it: a job that is
resumed after a crash takes the same way as one that was never interrupted.

A connection has three lanes, so that what changes now never waits for what was there before: *increments* (logs of
live corpora, and what follows from them at once), *backfill* (snapshots) and *lists* (what is read call by call).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from google_drive_worker.schemas.state import ConnectionState, CorpusState, FollowUp, JobState, Phase, Range
from google_drive_worker.schemas.times import parse_rfc3339
from google_drive_worker.sync.corpora import (
    NONE,
    drive_corpus,
    drives_are_known,
    user_corpus,
    user_part,
    wanted_corpora,
)

HISTORY, MISSED, SWEEP = "history", "missed", "comments"
"""Ranges of the enrichment pass: what was there before the first snapshot; what changed while a log was lost; all
comments, again."""
MAX_DIRTY = 500
"""Folders to list again one by one; more than that is cheaper by a new snapshot."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is wanted, or nothing may be done."""


@dataclass(frozen=True, slots=True)
class Open:
    """Take a start token and open a snapshot of a corpus (or adopt a cursor from elsewhere)."""

    corpus: str
    full_wanted: int
    cursor: str | None = None
    drive_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListDrives:
    """Ask which shared drives there are."""


@dataclass(frozen=True, slots=True)
class Close:
    """Take back all of a corpus that is not wanted any more."""

    corpus: CorpusState


@dataclass(frozen=True, slots=True)
class ScanCorpus:
    """List the ranges of a corpus that are not done, from where they stand."""

    corpus: CorpusState


@dataclass(frozen=True, slots=True)
class Relist:
    """List what lies in folders that the log said too little about."""

    corpus: CorpusState


@dataclass(frozen=True, slots=True)
class Account:
    """Look at folders that were named but never listed, before the snapshot is complete."""

    corpus: CorpusState


@dataclass(frozen=True, slots=True)
class Replay:
    """Read a change log to its head; `completes` the snapshot when the scan came before."""

    corpus: CorpusState
    wanted: int
    completes: bool


@dataclass(frozen=True, slots=True)
class Settle:
    """List once more what was made shortly before the snapshot: listings lag behind."""

    corpus: CorpusState


@dataclass(frozen=True, slots=True)
class LookBack:
    """List what of a shared drive that was left is still shared with the user."""

    corpus: CorpusState
    drive_id: str


@dataclass(frozen=True, slots=True)
class Follow:
    """Read more of some items, call by call."""

    name: str
    follow_up: FollowUp


@dataclass(frozen=True, slots=True)
class Enrich:
    """Read more of every item of a range, call by call."""

    corpus: CorpusState
    range_name: str
    part: Range


@dataclass(frozen=True, slots=True)
class Sweep:
    """Have the comments of a corpus read again: a new one need not be in any log."""

    corpus: CorpusState


Step = (
    Idle
    | Open
    | ListDrives
    | Close
    | ScanCorpus
    | Relist
    | Account
    | Replay
    | Settle
    | LookBack
    | Follow
    | Enrich
    | Sweep
)
Plan = Callable[[ConnectionState, datetime], Step]


def next_increment(state: ConnectionState, now: datetime) -> Step:  # noqa: ARG001 # the other lane knows times
    """The next step of the lane that keeps up with changes."""
    job = _workable(state)
    if job is None:
        return Idle()
    wanted = wanted_corpora(job)
    unwanted = next((corpus for corpus in state.corpora if corpus.corpus not in wanted), None)
    if unwanted is not None:
        return Close(unwanted)
    live = [corpus for name in wanted if (corpus := state.corpus(name)) is not None and corpus.is_live]
    return _replay_step(job, live) or _dirty_step(live) or Idle()


def next_backfill(state: ConnectionState, now: datetime) -> Step:
    """The next step of the lane that fetches what was there before."""
    job = _workable(state)
    if job is None:
        return Idle()
    return _open_step(job, state) or _snapshot_step(job, state) or _afterwards_step(state, now) or Idle()


def next_list(state: ConnectionState, now: datetime) -> Step:
    """The next step of the lane that reads permissions, revisions and comments, call by call."""
    if _workable(state) is None:
        return Idle()
    return _enrichment_step(state, now) or Idle()


def next_step(state: ConnectionState, now: datetime) -> Step:
    """The next step of any lane, changes first: as one that works alone takes them."""
    steps = (lane(state, now) for lane in (next_increment, next_backfill, next_list))
    return next((step for step in steps if not isinstance(step, Idle)), Idle())


def has_work(state: ConnectionState, now: datetime) -> bool:
    """Whether something is to be done now."""
    return not isinstance(next_step(state, now), Idle)


def due_at(state: ConnectionState) -> datetime | None:
    """When something falls due that nobody will ask for; None when nothing does."""
    if _workable(state) is None:
        return None
    times = [_time(each) for corpus in state.corpora if corpus.is_live for each in (corpus.settle_at, corpus.sweep_at)]
    return min((time for time in times if time is not None), default=None)


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_rfc3339(text)


def _is_due(text: str | None, now: datetime) -> bool:
    time = _time(text)
    return time is not None and time <= now


def _workable(state: ConnectionState) -> JobState | None:
    job = state.job
    return None if job is None or job.paused or job.parked is not None else job


# Increments.


def _replay_step(job: JobState, live: list[CorpusState]) -> Step | None:
    for corpus in live:
        completes = _is_ready_to_complete(corpus)
        wanted = corpus.replayed < job.incremental_wanted or corpus.nudges_done < corpus.nudges
        if completes or corpus.retraces or wanted:
            return Replay(corpus, job.incremental_wanted, completes=completes)
    return None


def _dirty_step(live: list[CorpusState]) -> Step | None:
    for corpus in live:
        if (corpus.dirty or corpus.scope) and not (corpus.rescan and corpus.phase is Phase.LIVE):
            return Relist(corpus)
    return None


def _is_ready_to_complete(corpus: CorpusState) -> bool:
    return (
        corpus.phase is Phase.SCANNING
        and not corpus.retraces
        and corpus.is_listed
        and corpus.accounted
        and not corpus.dirty
        and corpus.held is None
    )


# Backfill.


def _open_step(job: JobState, state: ConnectionState) -> Step | None:
    if user_part(job) != NONE and (step := _open_corpus(job, state, user_corpus(job))) is not None:
        return step
    if not drives_are_known(job) and (_has_wishes(job) or _lost_the_drives(job, state)):
        return ListDrives()
    for drive, entry in job.drives.items():
        name = drive_corpus(drive)
        if entry.tracked and (step := _open_corpus(job, state, name, drive)) is not None:
            return step
    return None


def _lost_the_drives(job: JobState, state: ConnectionState) -> bool:
    """Whether the user's log was lost, and has begun anew: which drives there are is asked after its start token."""
    user = state.corpus(user_corpus(job))
    return job.drives_listed is None and user is not None and not user.is_given_up


def _open_corpus(job: JobState, state: ConnectionState, name: str, drive_id: str | None = None) -> Open | None:
    corpus = state.corpus(name)
    if corpus is not None and not corpus.is_given_up:
        wants_anew = corpus.full_wanted < job.full_wanted and job.full_done < job.full_wanted
        must_anew = corpus.phase is Phase.LIVE and (corpus.rescan or (corpus.rescan_later and _has_wishes(job)))
        return Open(name, job.full_wanted, drive_id=drive_id) if wants_anew or must_anew else None
    if not _has_wishes(job):
        return None
    is_first = drive_id is None and not job.snapshots and job.full_wanted <= job.full_done
    return Open(name, job.full_wanted, job.last_cursor if is_first else None, drive_id)


def _has_wishes(job: JobState) -> bool:
    return job.full_wanted > job.full_done or job.incremental_wanted > job.incremental_done


def _snapshot_step(job: JobState, state: ConnectionState) -> Step | None:
    for corpus in state.corpora:
        if corpus.phase is not Phase.SCANNING:
            continue
        if corpus.retraces:
            continue  # the other lane reads the log first
        if not corpus.is_listed:
            return ScanCorpus(corpus)
        if not corpus.accounted:
            return Account(corpus)
        if not corpus.is_live and corpus.dirty:
            return Relist(corpus)
        if not corpus.is_live and _is_ready_to_complete(corpus):
            return Replay(corpus, job.incremental_wanted, completes=True)
    return None


def _afterwards_step(state: ConnectionState, now: datetime) -> Step | None:
    for corpus in state.corpora:
        if not corpus.is_live:
            continue
        if _is_due(corpus.settle_at, now):
            return Settle(corpus)
        if corpus.looks:
            return LookBack(corpus, next(iter(corpus.looks)))
    return None


def _enrichment_step(state: ConnectionState, now: datetime) -> Step | None:
    for name, follow_up in state.follow_ups.items():
        return Follow(name, follow_up)
    for corpus in state.corpora:
        if corpus.is_live and _is_due(corpus.sweep_at, now):
            return Sweep(corpus)
        if corpus.phase is Phase.LIVE and corpus.is_live:
            for name, part in corpus.enrich.items():
                if not part.done:
                    return Enrich(corpus, name, part)
    return None
