"""Word of connections that changed, for pages that are open.

In: connections' ids by `connections.updated_at`, which is asked for now and then while somebody listens. Out: ids to
whoever listens, each once however often it changed meanwhile. Who falls too far behind is let go, and comes again to
ask for the whole state.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select

from drive_control_plane.clock import Clock
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection

WAITING = 256
POLL_SECONDS = 1.0
OVERLAP = timedelta(seconds=30)
"""Longer than a transaction lasts: what was dated before it was committed is found all the same."""


class Subscription:
    """One reader's ids. Iterate over it; the iteration ends when the reader was too slow, or at the end of all."""

    def __init__(self, tenant_id: str, limit: int) -> None:
        self.tenant_id = tenant_id
        self._limit = limit
        self._waiting: dict[str, None] = {}
        self._news = asyncio.Event()
        self._is_over = False

    def put(self, connection_id: str) -> None:
        """Have the reader told; twice is once."""
        if len(self._waiting) >= self._limit and connection_id not in self._waiting:
            self._is_over = True
        self._waiting[connection_id] = None
        self._news.set()

    def end(self) -> None:
        """Let the reader go."""
        self._is_over = True
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[str]:
        while not self._is_over:
            if self._waiting:
                connection_id = next(iter(self._waiting))
                del self._waiting[connection_id]
                yield connection_id
                continue
            self._news.clear()
            await self._news.wait()


class Feed:
    """Brings word from whoever changes a connection to those who look at its tenant's."""

    def __init__(self, limit: int = WAITING) -> None:
        self._limit = limit
        self._readers: set[Subscription] = set()

    @property
    def has_readers(self) -> bool:
        """Whether anybody listens."""
        return bool(self._readers)

    @contextmanager
    def subscribe(self, tenant_id: str) -> Iterator[Subscription]:
        """Listen, from now to the end of the block, to what changes of one tenant."""
        reader = Subscription(tenant_id, self._limit)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def changed(self, tenant_id: str, connection_id: str) -> None:
        """Tell everyone who may know."""
        for reader in self._readers:
            if reader.tenant_id == tenant_id:
                reader.put(connection_id)

    def close(self) -> None:
        """Let all readers go: the process ends."""
        for reader in self._readers:
            reader.end()


class FeedWatch:
    """Asks the database what anybody has changed."""

    def __init__(self, database: Database, clock: Clock, feed: Feed) -> None:
        self._database = database
        self._clock = clock
        self._feed = feed
        self._told: dict[str, datetime] = {}

    async def poll(self) -> None:
        """Tell what changed of late and was not told yet."""
        if not self._feed.has_readers:
            return
        since = self._clock.now() - OVERLAP
        asked = select(Connection.id, Connection.tenant_id, Connection.updated_at).where(Connection.updated_at >= since)
        async with self._database.reading() as session:
            found = (await session.execute(asked)).all()
        for connection_id, tenant_id, updated_at in found:
            if self._told.get(connection_id) != updated_at:
                self._feed.changed(tenant_id, connection_id)
        self._told = {connection_id: updated_at for connection_id, _, updated_at in found}
