"""Which access tokens the audit log tells of: the first of an hour, of a client, an address and a connection.

In: requests and what became of them. Out: entries. A worker asks for a connection's token once an hour or so, but some
ask each minute; what was refused is told by the same measure, so that nobody can fill the log.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import record
from drive_control_plane.audit.seldom import Seldom
from drive_control_plane.connections.grants import Request
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection
from drive_control_plane.http.problems import Problem

ACTION: Final = "access_token.given"
_TOLD: Final = frozenset({"unknown_connection", "foreign_subject"})
"""Refusals of what the asker may not have; others are about the connection, and have entries of their own."""


class HandingOut:
    """What was told within the last hour; one of it a process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seldom = Seldom(context.clock.now)

    def given(self, session: AsyncSession, request: Request, connection: Connection, subject: str | None) -> bool:
        """Tell of a token; whether that is new, and `written` is to be called when it is in the database."""
        if not self._seldom.is_due(*_key(request, None)):
            return False
        tenant_id, now = connection.tenant_id, self._context.clock.now()
        record(session, now, request.actor, ACTION, connection.id, tenant_id=tenant_id, subject=subject)
        return True

    def written(self, request: Request) -> None:
        """There is an entry of a token given now."""
        self._seldom.noted(*_key(request, None))

    async def refused(self, request: Request, problem: Problem) -> None:
        """Tell of somebody who asked for what they may not have."""
        key = _key(request, problem.code)
        if problem.code not in _TOLD or not self._seldom.is_due(*key):
            return
        async with self._context.database.transaction() as session:
            now, actor, code = self._context.clock.now(), request.actor, problem.code
            record(session, now, actor, ACTION, request.connection_id, refused=True, code=code)
        self._seldom.noted(*key)


def _key(request: Request, code: str | None) -> tuple[str | None, ...]:
    actor = request.actor
    return actor.kind, actor.name, actor.address, request.connection_id, code
