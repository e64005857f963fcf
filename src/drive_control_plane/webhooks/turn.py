"""One connection's channels, looked at once.

In: a connection that was claimed, an access token. Out: channels opened and stopped, each with its row and its entry in
the audit log, and when to look again.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.context import Context
from drive_control_plane.database import cause_of
from drive_control_plane.database.base import new_id
from drive_control_plane.database.tables import Channel, Connection, ConnectionStatus, Corpus
from drive_control_plane.http.problems import Problem
from drive_control_plane.scheduler.claims import pace_of
from drive_control_plane.scheduler.pacing import hasten
from drive_control_plane.security.secrets import hash_of, new_secret
from drive_control_plane.webhooks.google import WatchError, open_channel, stop_channel
from drive_control_plane.webhooks.health import healthy_until
from drive_control_plane.webhooks.held_token import HeldToken
from drive_control_plane.webhooks.planning import LIFETIME, Opening, Plan, make_plan, retry_after

CALLS_AT_ONCE = 4
_ACTOR = Actor("system", "channels")

log = logging.getLogger(__name__)


@dataclass
class Turn:
    """What is to be done for a connection, and what went wrong with it."""

    context: Context
    connection: Connection
    plan: Plan
    push: bool
    failure: str | None = None
    off: str | None = None
    """What somebody has to do before push works."""

    def fail(self, why: str, off: str | None = None) -> None:
        """Remember that not all was done."""
        self.failure = self.failure or why
        self.off = self.off or off

    async def work(self, token: HeldToken) -> None:
        """Open, then stop, some at a time; what fails does not keep the others. Raises `Problem` without a token."""
        places = asyncio.Semaphore(CALLS_AT_ONCE)
        problems: list[Problem] = []

        async def in_turn(work: Awaitable[None]) -> None:
            async with places:
                try:
                    await work
                except WatchError as error:
                    self.fail(str(error), error.off)
                except Problem as problem:
                    problems.append(problem)
                except (SQLAlchemyError, OSError) as error:
                    self.fail(f"the database does not answer ({cause_of(error)})")

        await asyncio.gather(*(in_turn(self._open(opening, token)) for opening in self.plan.openings))
        await asyncio.gather(*(in_turn(self._stop(channel, token)) for channel in self.plan.stops))
        for problem in problems[:1]:
            raise problem

    async def finish(self, lease: datetime) -> None:
        """Write down when to look again, unless somebody wants that sooner than the lease ends."""
        if self.failure is not None:
            log.warning("channels of %s: %s", self.connection.id, self.failure)
        async with self.context.database.transaction() as session:
            connection = await session.get(Connection, self.connection.id, with_for_update={"key_share": True})
            if connection is None:
                return
            now, stood = self.context.clock.now(), _push_of(connection)
            self._note_failure(session, connection, now)
            if connection.push_due_at == lease:
                connection.push_due_at = await self._next_look(session, connection, now)
            connection.push_healthy_until = await healthy_until(session, connection.id, now)
            hasten(connection, now, pace_of(self.context))  # where push has ended the next poll is no backstop any more
            if not self.plan.is_empty or _push_of(connection) != stood:
                connection.updated_at = now  # so that open pages show it

    async def do_without_token(self, why: str) -> None:
        """Try again later; where no channel is wanted Google is not needed to take nothing more by any."""
        if self.connection.status is ConnectionStatus.ACTIVE and self.push:
            self.fail(f"no access token: {why}")
        else:
            await self.give_up()

    async def give_up(self) -> None:
        """Take nothing more by any channel, stopped at Google or not."""
        async with self.context.database.transaction() as session:
            for channel in await _open_channels(session, self.connection.id):
                self._mark_stopped(session, channel)
            ended = update(Connection).where(Connection.id == self.connection.id)
            await session.execute(ended.values(push_due_at=None, push_healthy_until=None, push_failures=0))

    def _note_failure(self, session: AsyncSession, connection: Connection, now: datetime) -> None:
        connection.push_failures = 0 if self.failure is None else connection.push_failures + 1
        if self.off is not None and connection.push_off_reason != self.off:
            record(
                session, now, _ACTOR, "channel.refused", connection.id,
                refused=True, tenant_id=connection.tenant_id, reason=self.off,
            )  # fmt: skip
        connection.push_off_reason = self.off

    async def _next_look(self, session: AsyncSession, connection: Connection, now: datetime) -> datetime | None:
        if self.failure is not None:
            return now + retry_after(connection.id, connection.push_failures, off=self.off is not None)
        plan = await _plan(session, connection, now, push=self.push)
        return plan.look_at if plan.is_empty else now

    async def _open(self, opening: Opening, token: HeldToken) -> None:
        channel, secret = self._new_channel(opening.corpus)
        async with self.context.database.transaction() as session:
            session.add(channel)
        try:
            opened = await token.use(
                lambda used: open_channel(self.context, used, opening.corpus, channel.id, secret, channel.expires_at)
            )
        except (WatchError, Problem):
            await self._forget(channel.id)
            raise
        async with self.context.database.transaction() as session:
            values = {"resource_id": opened.resource_id, "expires_at": opened.expires_at}
            await session.execute(update(Channel).where(Channel.id == channel.id).values(values))
            self._record(session, "channel.opened", channel, expires_at=opened.expires_at.isoformat())
        for replaced in opening.replaces:
            await self._stop(replaced, token)

    def _new_channel(self, corpus: str) -> tuple[Channel, str]:
        """A channel with an id that was never used, and its token."""
        now, secret = self.context.clock.now(), new_secret()
        channel = Channel(
            id=new_id("chan"),
            connection_id=self.connection.id,
            corpus=corpus,
            token_hash=hash_of(secret),
            created_at=now,
            expires_at=now + LIFETIME,
        )
        return channel, secret

    async def _forget(self, channel_id: str) -> None:
        async with self.context.database.transaction() as session:
            await session.execute(delete(Channel).where(Channel.id == channel_id))

    async def _stop(self, channel: Channel, token: HeldToken) -> None:
        """Stop a channel; one whose resource was never told cannot be, and one that is over need not (facts B)."""
        resource = channel.resource_id
        if resource is not None and channel.expires_at > self.context.clock.now():
            await token.use(lambda used: stop_channel(self.context, used, channel.id, resource))
        async with self.context.database.transaction() as session:
            self._mark_stopped(session, await session.get_one(Channel, channel.id))

    def _mark_stopped(self, session: AsyncSession, channel: Channel) -> None:
        if channel.stopped_at is None:
            channel.stopped_at = self.context.clock.now()
            self._record(session, "channel.stopped", channel)

    def _record(self, session: AsyncSession, action: str, channel: Channel, **details: Any) -> None:
        now, tenant = self.context.clock.now(), self.connection.tenant_id
        record(
            session, now, _ACTOR, action, self.connection.id,
            tenant_id=tenant, channel=channel.id, corpus=channel.corpus, **details,
        )  # fmt: skip


def _push_of(connection: Connection) -> tuple[datetime | None, str | None]:
    """How push stands, as pages show it."""
    return connection.push_healthy_until, connection.push_off_reason


async def load(context: Context, connection_id: str, *, push: bool) -> Turn | None:
    """See what is to be done for a connection; None when there is no such connection."""
    async with context.database.reading() as session:
        connection = await session.get(Connection, connection_id)
        if connection is None:
            return None
        plan = await _plan(session, connection, context.clock.now(), push=push)
        return Turn(context, connection, plan, push)


async def _plan(session: AsyncSession, connection: Connection, now: datetime, *, push: bool) -> Plan:
    followed = select(Corpus.corpus).where(Corpus.connection_id == connection.id, Corpus.closed_at.is_(None))
    is_wanted = push and connection.status is ConnectionStatus.ACTIVE
    wanted = (await session.scalars(followed)).all() if is_wanted else []
    return make_plan(wanted, await _open_channels(session, connection.id), now)


async def _open_channels(session: AsyncSession, connection_id: str) -> list[Channel]:
    mine = select(Channel).where(Channel.connection_id == connection_id, Channel.stopped_at.is_(None))
    return list((await session.scalars(mine)).all())
