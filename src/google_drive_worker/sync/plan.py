"""What to do next for a connection.

In: its state. Out: one step, or `Idle`. Pure, and the only place that decides it: a job that is resumed after a
crash takes the same way as one that was never interrupted.
"""

from dataclasses import dataclass

from google_drive_worker.schemas.state import ConnectionState, CorpusState, JobState, Phase


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing is wanted, or nothing may be done."""


@dataclass(frozen=True, slots=True)
class Open:
    """Take a start token and open a snapshot of a corpus (or adopt a cursor from elsewhere)."""

    corpus: str
    full_wanted: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """List one range of a corpus from where it stands."""

    corpus: CorpusState
    range_name: str


@dataclass(frozen=True, slots=True)
class Replay:
    """Read a change log to its head; `completes` the snapshot when the scan came before."""

    corpus: CorpusState
    wanted: int
    completes: bool


Step = Idle | Open | Scan | Replay


def next_step(state: ConnectionState) -> Step:
    """Decide by the state alone."""
    job = state.job
    if job is None or job.paused or job.parked is not None:
        return Idle()
    name = user_corpus(job)
    corpus = state.corpus(name)
    if corpus is None:
        return _first_step(job, name)
    if corpus.full_wanted < job.full_wanted and job.full_done < job.full_wanted:
        return Open(name, job.full_wanted)
    if corpus.phase is Phase.SCANNING:
        return _scan_step(job, corpus)
    if job.incremental_wanted > job.incremental_done:
        return Replay(corpus, job.incremental_wanted, completes=False)
    return Idle()


def has_work(state: ConnectionState) -> bool:
    """Whether a job should run."""
    return not isinstance(next_step(state), Idle)


def user_corpus(job: JobState) -> str:
    """The name of the user's own change log: `user:me`, or the delegated subject."""
    subject = job.config.get("subject")
    return f"user:{subject}" if subject else "user:me"


def _first_step(job: JobState, name: str) -> Step:
    wants_full = job.full_wanted > job.full_done
    if not wants_full and job.incremental_wanted <= job.incremental_done:
        return Idle()
    cursor = None if wants_full or job.snapshots else job.last_cursor
    return Open(name, job.full_wanted, cursor)


def _scan_step(job: JobState, corpus: CorpusState) -> Step:
    for range_name, part in corpus.ranges.items():
        if not part.done:
            return Scan(corpus, range_name)
    return Replay(corpus, job.incremental_wanted, completes=True)
