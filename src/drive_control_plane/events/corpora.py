"""Corpora and their snapshots, as events tell them.

In: an event of a corpus and the rows it may touch. Out: the rows, changed, and whether the event told anything new.
Snapshot ids of a connection increase and compare as text, so an event of an older one is late.
"""

from datetime import datetime, timedelta

from drive_control_plane.database.tables import Corpus, Job, JobStatus
from drive_control_plane.events.messages import SyncEvent
from drive_control_plane.events.rows import OPEN_JOBS, Rows

LAG_SECONDS = 15 * 60
LAG_GAP = timedelta(minutes=10)
"""Two reports of a lag that are farther apart are of two delays: a log that is rarely asked is always found late."""


def opened(rows: Rows, event: SyncEvent, name: str) -> bool:
    """A log is followed from now on; its push channel is wanted."""
    corpus = _heard(rows, event, name)
    if corpus.closed_at is not None and event.at > corpus.closed_at:
        corpus.closed_at, corpus.opened_at = None, event.at
        rows.opened.append((corpus.connection_id, name))
    return corpus.closed_at is None


def closed(rows: Rows, event: SyncEvent, name: str) -> bool:
    """A log is followed no more."""
    corpus = _heard(rows, event, name)
    return event.at >= corpus.opened_at and close(rows, corpus, event.at)


def close(rows: Rows, corpus: Corpus, at: datetime) -> bool:
    """End a corpus, with the snapshot that it may be in. False: it had ended."""
    if corpus.closed_at is not None:
        return False
    corpus.closed_at = at
    corpus.held = corpus.eta_seconds = corpus.lag_seconds = corpus.lag_above_since = None
    _give_up(rows, corpus, at)
    rows.closed.append((corpus.connection_id, corpus.corpus))
    return True


def started(rows: Rows, event: SyncEvent, name: str) -> bool:
    """A snapshot begins, in place of one that runs."""
    corpus = _heard(rows, event, name)
    return _job(rows, corpus, event) is not None


def progressed(rows: Rows, event: SyncEvent, name: str) -> bool:
    """A snapshot goes on. Counts may fall when a range is listed again, so the newest word stands."""
    heard_at = _heard_at(rows, event, name)
    corpus = _heard(rows, event, name)
    job = _job(rows, corpus, event)
    if job is None or job.status is not JobStatus.RUNNING or event.at < heard_at:
        return False
    _count_files(rows, corpus, event, event.files)
    corpus.ranges_done, corpus.ranges_total = event.ranges_done, event.ranges_total
    corpus.eta_seconds = event.eta_seconds
    return True


def completed(rows: Rows, event: SyncEvent, name: str) -> bool:
    """A snapshot has ended."""
    corpus = _heard(rows, event, name)
    job = _job(rows, corpus, event)
    if job is None or job.status not in OPEN_JOBS:
        return False
    job.status, job.ended_at = JobStatus.DONE, event.at
    job.counts, job.complete = dict(event.counts), event.complete
    _count_files(rows, corpus, event, sum(event.counts.values()))
    corpus.complete, corpus.held, corpus.eta_seconds = event.complete, None, None
    corpus.ranges_done = corpus.ranges_total
    return True


def held(rows: Rows, event: SyncEvent, name: str) -> bool:
    """A snapshot waits for somebody's word."""
    corpus = _heard(rows, event, name)
    job = _job(rows, corpus, event)
    if job is None or job.status is not JobStatus.RUNNING:
        return False
    job.status = JobStatus.HELD
    corpus.held, corpus.eta_seconds = event.would_remove, None
    return True


def changed(rows: Rows, event: SyncEvent, name: str) -> bool:
    """A page of the log was applied. Pages of one log come one after the other, so a second one of a moment is none."""
    corpus = _heard(rows, event, name)
    before = corpus.changes_at
    if before is not None and event.at <= before:
        return False
    counts = rows.minute(corpus.connection_id, event.at)
    counts.changes += event.count
    corpus.changes_at = event.at
    if event.lag_seconds is not None:
        counts.lag_seconds = max(counts.lag_seconds or 0.0, event.lag_seconds)
        corpus.lag_seconds = event.lag_seconds
        corpus.lag_above_since = _above_since(corpus, before, event.lag_seconds, event.at)
    return True


def _above_since(corpus: Corpus, before: datetime | None, lag_seconds: float, at: datetime) -> datetime | None:
    if lag_seconds <= LAG_SECONDS:
        return None
    goes_on = before is not None and at - before <= LAG_GAP
    return corpus.lag_above_since if goes_on and corpus.lag_above_since is not None else at


def _heard(rows: Rows, event: SyncEvent, name: str) -> Corpus:
    corpus = rows.corpus(event.integration_connection_id, name, event.at)
    corpus.heard_at = max(corpus.heard_at, event.at)
    return corpus


def _heard_at(rows: Rows, event: SyncEvent, name: str) -> datetime:
    return rows.corpus(event.integration_connection_id, name, event.at).heard_at


def _job(rows: Rows, corpus: Corpus, event: SyncEvent) -> Job | None:
    """The event's snapshot, which it may be the first to tell of; None when it says none, or an older one than runs."""
    if event.snapshot_id is None or (corpus.snapshot_id or "") > event.snapshot_id:
        return None
    if corpus.snapshot_id != event.snapshot_id:
        _give_up(rows, corpus, event.at)
        corpus.snapshot_id = event.snapshot_id
        corpus.files = corpus.ranges_done = corpus.ranges_total = 0
        corpus.eta_seconds = corpus.held = None
    return rows.job(corpus.connection_id, corpus.corpus, event.snapshot_id, event.at)


def _give_up(rows: Rows, corpus: Corpus, at: datetime) -> None:
    for job in rows.open_jobs_of(corpus.connection_id, corpus.corpus):
        job.status, job.ended_at = JobStatus.FAILED, at


def _count_files(rows: Rows, corpus: Corpus, event: SyncEvent, files: int) -> None:
    rows.minute(corpus.connection_id, event.at).files += max(0, files - corpus.files)
    corpus.files = files
