"""When a connection's channels have to be looked at.

In: what happens to connections and their logs. Out: `connections.push_due_at`. Whoever works on a connection's channels
holds them by a lease, a due time that lies ahead; nothing here cuts one short, since its holder looks again at the end.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database.tables import Channel, Connection, ConnectionStatus, Corpus

LEASE = timedelta(minutes=3)


async def look_soon(session: AsyncSession, connection_id: str, now: datetime) -> None:
    """Have a connection's channels looked at, as part of the caller's transaction; after a failure in its own time."""
    mine = update(Connection).where(Connection.id == connection_id, Connection.push_failures == 0, _is_free(now))
    await session.execute(mine.values(push_due_at=now))


async def status_changed(session: AsyncSession, connection_id: str, now: datetime) -> None:
    """A connection was paused, resumed or connected again: its channels are looked at, and failures are forgotten."""
    changed = update(Connection).where(Connection.id == connection_id, _is_free(now))
    await session.execute(changed.values(push_due_at=now, push_failures=0))


async def reconcile(session: AsyncSession, now: datetime, *, push: bool) -> int:
    """Find the connections whose channels are not those of their logs, however that came; their number.

    Without `push` no channel is wanted. Those that failed lately have a time of their own to be tried again.
    """
    differs = or_(_lacks_channel(now), _has_too_many()) if push else _has_channel()
    found = update(Connection).where(_is_free(now), Connection.push_failures == 0, differs)
    result = await session.execute(found.values(push_due_at=now).returning(Connection.id))
    return len(result.all())


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(Connection.push_due_at.is_(None), Connection.push_due_at > now + LEASE)


def _is_open() -> ColumnElement[bool]:
    return and_(Channel.connection_id == Connection.id, Channel.stopped_at.is_(None))


def _has_channel() -> ColumnElement[bool]:
    return exists(select(Channel.id).where(_is_open()).correlate(Connection))


def _lacks_channel(now: datetime) -> ColumnElement[bool]:
    told = select(Channel.id).where(
        _is_open(), Channel.corpus == Corpus.corpus, Channel.resource_id.is_not(None), Channel.expires_at > now
    )
    followed = select(Corpus.corpus).where(
        Corpus.connection_id == Connection.id,
        Corpus.closed_at.is_(None),
        not_(exists(told.correlate(Connection, Corpus))),
    )
    return and_(Connection.status == ConnectionStatus.ACTIVE, exists(followed.correlate(Connection)))


def _has_too_many() -> ColumnElement[bool]:
    followed = select(Corpus.corpus).where(
        Corpus.connection_id == Connection.id, Corpus.corpus == Channel.corpus, Corpus.closed_at.is_(None)
    )
    stray = select(Channel.id).where(_is_open(), not_(exists(followed.correlate(Connection, Channel))))
    inactive = and_(Connection.status != ConnectionStatus.ACTIVE, _has_channel())
    return or_(inactive, exists(stray.correlate(Connection)))
