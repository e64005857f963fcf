"""What the worker's events tell: corpora, jobs, errors, counts, alerts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from drive_control_plane.database.base import ID_LENGTH, Base, Json, UtcTime, choice

CORPUS_LENGTH = 200


class JobStatus(StrEnum):
    """How a job stands."""

    RUNNING = "running"
    HELD = "held"
    """It waits for somebody to confirm that so much may be removed."""
    DONE = "done"
    FAILED = "failed"


class Corpus(Base):
    """A change log that a connection follows."""

    __tablename__ = "corpora"

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    corpus: Mapped[str] = mapped_column(String(CORPUS_LENGTH), primary_key=True)
    snapshot_id: Mapped[str | None] = mapped_column(String(32))
    files: Mapped[int] = mapped_column(BigInteger, default=0)
    """As the running snapshot has them, or as the last one counted."""
    ranges_done: Mapped[int] = mapped_column(default=0)
    ranges_total: Mapped[int] = mapped_column(default=0)
    eta_seconds: Mapped[float | None]
    complete: Mapped[bool | None]
    """Whether the last snapshot accounted for everything; None before the first."""
    held: Mapped[int | None]
    """So many items would be removed: somebody has to confirm."""
    lag_seconds: Mapped[float | None]
    lag_above_since: Mapped[datetime | None] = mapped_column(UtcTime)
    """Since when the lag is longer than it should be."""
    changes_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """Of the newest changes that were told of: those that are told again count nothing."""
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    heard_at: Mapped[datetime] = mapped_column(UtcTime)


class Job(Base):
    """A snapshot of a corpus, as its events tell it."""

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "connection_id", "started_at"),)

    id: Mapped[str] = mapped_column(String(300), primary_key=True)
    """`{connection}:{corpus}:{snapshot}`: an event that comes twice finds its own."""
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    corpus: Mapped[str] = mapped_column(String(CORPUS_LENGTH))
    snapshot_id: Mapped[str] = mapped_column(String(32))
    status: Mapped[JobStatus] = mapped_column(choice(JobStatus))
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
    complete: Mapped[bool | None]
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class RecentError(Base):
    """An error record of the worker; those of one code are counted together."""

    __tablename__ = "recent_errors"
    __table_args__ = (Index(None, "connection_id", "seen_at"),)

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(100), primary_key=True)
    stage: Mapped[str] = mapped_column(String(32))
    message: Mapped[str] = mapped_column(Text)
    retryable: Mapped[bool]
    resource_type: Mapped[str | None] = mapped_column(String(32))
    resource_id: Mapped[str | None] = mapped_column(String(200))
    count: Mapped[int] = mapped_column(BigInteger, default=1)
    first_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)


class MinuteCount(Base):
    """What a connection did in a minute, for charts."""

    __tablename__ = "minute_counts"
    __table_args__ = (Index(None, "minute"),)

    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True)
    minute: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    changes: Mapped[int] = mapped_column(BigInteger, default=0)
    files: Mapped[int] = mapped_column(BigInteger, default=0)
    errors: Mapped[int] = mapped_column(BigInteger, default=0)
    lag_seconds: Mapped[float | None]
    calls: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Calls to Drive whose turn in the quota came, answered or not."""
    units: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Quota units that they cost; queries where the worker's limits count those."""
    refused: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Those of them that Drive refused because they came too often."""
    records: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Records committed, of all types."""
    waited_seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    """For how long calls waited for their turn in the quota, all of them together."""
    limit_per_minute: Mapped[int | None] = mapped_column(BigInteger)
    """Units that the project may use in a minute: the least that a worker believed; None where none knew."""


class Alert(Base):
    """Something that a person should look at, from when it began to when it was over."""

    __tablename__ = "alerts"
    __table_args__ = (Index(None, "connection_id", "opened_at"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(50))
    message: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class AppliedOffset(Base):
    """How far a partition of the worker's topics was applied: in the transaction that applied it, so exactly once."""

    __tablename__ = "applied_offsets"

    topic: Mapped[str] = mapped_column(String(249), primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[str] = mapped_column(String(64), default="")
    """A topic that was made anew counts from nothing."""
    following: Mapped[int] = mapped_column(BigInteger)
    """The next offset to apply."""
