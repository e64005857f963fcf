"""The rows that some notices may touch, in memory.

In: a session and notices. Out: `Rows`, in which the notices are applied without another question to the database; what
is made there is added to the session. The connections stay locked until the transaction ends: one applies at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database.tables import (
    Alert,
    Connection,
    Corpus,
    Credential,
    Job,
    JobStatus,
    MinuteCount,
    RecentError,
)
from drive_control_plane.events.messages import ErrorRecord, Notice, SyncEvent, minute_of

OPEN_JOBS = (JobStatus.RUNNING, JobStatus.HELD)
Made = TypeVar("Made", Corpus, Job, RecentError, MinuteCount, Alert)


@dataclass
class Rows:
    """Rows by their keys. `opened` and `closed` collect corpora whose push channels somebody has to see to."""

    connections: dict[str, Connection] = field(default_factory=dict)
    granted_at: dict[str, datetime] = field(default_factory=dict)
    corpora: dict[tuple[str, str], Corpus] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    errors: dict[tuple[str, str], RecentError] = field(default_factory=dict)
    minutes: dict[tuple[str, datetime], MinuteCount] = field(default_factory=dict)
    alerts: dict[tuple[str, str], Alert] = field(default_factory=dict)
    """Open ones, by connection and kind."""
    made: list[Corpus | Job | RecentError | MinuteCount | Alert] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    opened: list[tuple[str, str]] = field(default_factory=list)
    closed: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[Connection] = field(default_factory=list)
    """Those whose status is another now."""
    active: set[str] = field(default_factory=set)
    """Connections whose account has changed something."""

    def corpora_of(self, connection_id: str) -> list[Corpus]:
        """All corpora of a connection, those that are closed too."""
        return [corpus for corpus in self.corpora.values() if corpus.connection_id == connection_id]

    def open_jobs_of(self, connection_id: str, corpus: str | None = None) -> list[Job]:
        """Snapshots of a connection (or of one corpus) that have not ended."""
        return [
            job
            for job in self.jobs.values()
            if job.connection_id == connection_id and job.status in OPEN_JOBS and corpus in (None, job.corpus)
        ]

    def corpus(self, connection_id: str, name: str, at: datetime) -> Corpus:
        """A corpus; one that nobody has heard of opens with this."""
        key = (connection_id, name)
        if key not in self.corpora:
            self.corpora[key] = self._make(
                Corpus(
                    connection_id=connection_id,
                    corpus=name,
                    files=0,
                    ranges_done=0,
                    ranges_total=0,
                    opened_at=at,
                    heard_at=at,
                )
            )
            self.opened.append(key)
        return self.corpora[key]

    def job(self, connection_id: str, corpus: str, snapshot_id: str, at: datetime) -> Job:
        """The job of a snapshot; one that nobody has heard of starts with this."""
        key = job_key(connection_id, corpus, snapshot_id)
        if key not in self.jobs:
            self.jobs[key] = self._make(
                Job(
                    id=key,
                    connection_id=connection_id,
                    corpus=corpus,
                    snapshot_id=snapshot_id,
                    status=JobStatus.RUNNING,
                    counts={},
                    started_at=at,
                )
            )
        return self.jobs[key]

    def minute(self, connection_id: str, at: datetime) -> MinuteCount:
        """What is counted in the minute of a moment."""
        key = (connection_id, minute_of(at))
        if key not in self.minutes:
            zeros = dict.fromkeys(("changes", "files", "errors", "calls", "units", "refused", "records"), 0)
            self.minutes[key] = self._make(
                MinuteCount(connection_id=connection_id, minute=key[1], waited_seconds=0.0, **zeros)
            )
        return self.minutes[key]

    def add_error(self, error: RecentError) -> None:
        """Keep the first error of its code."""
        self.errors[error.connection_id, error.code] = self._make(error)

    def add_alert(self, alert: Alert) -> None:
        """Keep an alert that has just opened."""
        self.alerts[alert.connection_id, alert.kind] = self._make(alert)

    def _make(self, row: Made) -> Made:
        self.made.append(row)
        return row


def job_key(connection_id: str, corpus: str, snapshot_id: str) -> str:
    """A job's id."""
    return f"{connection_id}:{corpus}:{snapshot_id}"


async def load(session: AsyncSession, notices: Sequence[Notice]) -> Rows:
    """Read, and lock, what these notices may touch; connections that are not known are not there."""
    named = {each.integration_connection_id for each in notices if each.integration_connection_id is not None}
    rows = await load_connections(session, sorted(named))
    known = list(rows.connections)
    events = [each for each in notices if isinstance(each, SyncEvent)]
    codes = {each.code for each in notices if isinstance(each, ErrorRecord)}
    minutes = {minute_of(each.at) for each in notices}
    await _load_jobs(session, rows, known, events)
    errors = select(RecentError).where(RecentError.connection_id.in_(known), RecentError.code.in_(codes))
    counts = select(MinuteCount).where(MinuteCount.connection_id.in_(known), MinuteCount.minute.in_(minutes))
    rows.errors = {(row.connection_id, row.code): row for row in await session.scalars(errors)}
    rows.minutes = {(row.connection_id, row.minute): row for row in await session.scalars(counts)}
    return rows


async def load_connections(session: AsyncSession, ids: Iterable[str], *, lock: bool = True) -> Rows:
    """Read (and lock) connections with what alerts are judged by."""
    wanted = list(ids)
    # In the order of their ids, so that two who lock several never wait for each other.
    asked = select(Connection).where(Connection.id.in_(wanted)).order_by(Connection.id)
    asked = asked.with_for_update(key_share=True) if lock else asked
    rows = Rows({row.id: row for row in await session.scalars(asked)})
    known = list(rows.connections)
    grants = select(Credential.connection_id, Credential.granted_at).where(Credential.connection_id.in_(known))
    corpora = select(Corpus).where(Corpus.connection_id.in_(known))
    alerts = select(Alert).where(Alert.connection_id.in_(known), Alert.closed_at.is_(None))
    rows.granted_at = {row.connection_id: row.granted_at for row in await session.execute(grants)}
    rows.corpora = {(row.connection_id, row.corpus): row for row in await session.scalars(corpora)}
    rows.alerts = {(row.connection_id, row.kind): row for row in await session.scalars(alerts)}
    return rows


async def _load_jobs(session: AsyncSession, rows: Rows, known: list[str], events: Sequence[SyncEvent]) -> None:
    named = {
        job_key(each.integration_connection_id, each.corpus, each.snapshot_id)
        for each in events
        if each.corpus is not None and each.snapshot_id is not None
    }
    wanted = or_(Job.id.in_(named), Job.status.in_(OPEN_JOBS))
    jobs = select(Job).where(Job.connection_id.in_(known), wanted)
    rows.jobs = {row.id: row for row in await session.scalars(jobs)}
