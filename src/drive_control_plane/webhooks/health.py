"""Whether push can be relied on. In: a connection's logs and channels. Out: until when all of its logs are told of."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database.tables import Channel, Corpus


async def healthy_until(session: AsyncSession, connection_id: str, now: datetime) -> datetime | None:
    """When the first of its logs is told of no more; None while one has no channel that has delivered."""
    wanted = select(Corpus.corpus).where(Corpus.connection_id == connection_id, Corpus.closed_at.is_(None))
    heard = select(Channel.corpus, Channel.expires_at).where(
        Channel.connection_id == connection_id,
        Channel.stopped_at.is_(None),
        Channel.notified_at.is_not(None),
        Channel.expires_at > now,
    )
    ends: dict[str, datetime] = {}
    for corpus, expires_at in await session.execute(heard):
        ends[corpus] = max(expires_at, ends.get(corpus, expires_at))
    corpora = set((await session.scalars(wanted)).all())
    return min(ends[corpus] for corpus in corpora) if corpora and corpora <= ends.keys() else None
