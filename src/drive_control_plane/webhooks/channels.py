"""The keeper of push channels: one for each log that is followed, renewed in time, stopped when nobody wants it.

In: connections that are due (due.py). Out: channels at Google and rows of them. Several replicas share the work: each
connection is claimed by one. A channel's row is there before Google is asked, since its first notification may come
before the answer (facts B). Where push cannot be had the connection says why, and polling goes on as it was.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.config import LOCAL_HOSTS, ControlPlaneSettings
from drive_control_plane.context import Context
from drive_control_plane.database import DatabaseError, cause_of, is_away
from drive_control_plane.database.tables import Channel, Connection
from drive_control_plane.http.problems import Problem
from drive_control_plane.outage import Outage
from drive_control_plane.webhooks import due
from drive_control_plane.webhooks.held_token import TokenOf, held_token
from drive_control_plane.webhooks.turn import Turn, load

POLL_SECONDS = 2.0
RECONCILE_SECONDS = 30.0
CLAIMED_AT_ONCE = 20
TURN_SECONDS = 120.0
"""Below the lease, so that a connection is never in two hands."""
GOODBYE_SECONDS = 10.0
"""Somebody waits for a disconnection."""

log = logging.getLogger(__name__)


def push_is_possible(settings: ControlPlaneSettings) -> bool:
    """Whether Google can notify: by https alone (facts B); an emulator on this machine also without."""
    is_local = urlsplit(settings.gdrive_api_base_url).hostname in LOCAL_HOSTS
    return settings.webhooks_enabled and (settings.is_https or is_local)


class ChannelManager:
    """Keeps the channels of all connections while `run` runs."""

    def __init__(self, context: Context, token_of: TokenOf) -> None:
        self._context = context
        self._token_of = token_of
        self._push = push_is_possible(context.settings)
        self._kept = timedelta(days=context.settings.retention_channels_days)
        self._reconciled_at: datetime | None = None
        self._outage = Outage(log, context.clock.now, "channels are looked at")

    async def run(self) -> None:
        """Work until cancelled; whatever fails is tried again, ever more rarely."""
        while True:
            seconds = POLL_SECONDS
            try:
                await self.look()
                self._outage.over()
            except (SQLAlchemyError, DatabaseError, OSError, TimeoutError) as error:
                seconds = self._outage.failed(cause_of(error))
            await self._context.clock.sleep(seconds)

    async def look(self) -> int:
        """Do what is due now; the number of connections that were looked at. Raises what a database raises."""
        now = self._context.clock.now()
        if self._reconciled_at is None or (now - self._reconciled_at).total_seconds() >= RECONCILE_SECONDS:
            await self._reconcile(now)
            self._reconciled_at = now
        claimed = await self._claim(now)
        done = await asyncio.gather(*(self._tend(each, now + due.LEASE) for each in claimed), return_exceptions=True)
        failures = [error for error in done if isinstance(error, BaseException)]
        for error in failures:
            if not is_away(error):
                log.error("channels of a connection could not be looked at", exc_info=error)
        for error in filter(is_away, failures):
            raise error
        return len(claimed)

    async def corpus_opened(self, session: AsyncSession, connection_id: str, _corpus: str) -> None:
        """A connection follows one more log, which gets a channel soon. Part of the caller's transaction."""
        await due.look_soon(session, connection_id, self._context.clock.now())

    async def corpus_closed(self, session: AsyncSession, connection_id: str, _corpus: str) -> None:
        """A connection follows a log no more: its channel is stopped soon. Part of the caller's transaction."""
        await due.look_soon(session, connection_id, self._context.clock.now())

    async def stop_all(self, connection_id: str) -> None:
        """Stop a connection's channels while its grant is still good, before it is revoked.

        What Google does not stop in time ends by itself; nothing that comes by it is taken any more.
        """
        turn = await load(self._context, connection_id, push=False)
        if turn is not None:
            await self._work(turn, GOODBYE_SECONDS)
            await turn.give_up()

    async def _reconcile(self, now: datetime) -> None:
        async with self._context.database.transaction() as session:
            await due.reconcile(session, now, push=self._push)
            await session.execute(delete(Channel).where(Channel.expires_at < now - self._kept))

    async def _claim(self, now: datetime) -> list[str]:
        """Take connections that are due, each for as long as the lease; other replicas pass over them."""
        async with self._context.database.transaction() as session:
            wanted = select(Connection).where(Connection.push_due_at <= now).order_by(Connection.push_due_at)
            locked = wanted.limit(CLAIMED_AT_ONCE).with_for_update(skip_locked=True, key_share=True)
            connections = (await session.scalars(locked)).all()
            for connection in connections:
                connection.push_due_at = now + due.LEASE
            return [connection.id for connection in connections]

    async def _tend(self, connection_id: str, lease: datetime) -> None:
        turn = await load(self._context, connection_id, push=self._push)
        if turn is not None:
            await self._work(turn)
            await turn.finish(lease)

    async def _work(self, turn: Turn, seconds: float = TURN_SECONDS) -> None:
        """Do what the plan says, within a bounded time; the turn remembers what failed."""
        if turn.plan.is_empty:
            return
        try:
            async with asyncio.timeout(seconds):
                await turn.work(await held_token(self._token_of, turn.connection.id))
        except Problem as error:
            await turn.do_without_token(str(error))
        except TimeoutError:
            turn.fail("Google is too slow")
