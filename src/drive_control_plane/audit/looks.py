"""Looks at what tells much, names of files or the log itself: an entry an hour, by who looked at what.

In: who looked at what. Out: an entry, where there was none within the hour on this replica.
"""

from fastapi import Request

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.audit.seldom import Seldom
from drive_control_plane.context import context_of, only_one

READ_LOG = "audit.read"
READ_NAMES = "connection.names_read"


async def note_look(request: Request, actor: Actor, tenant_id: str, action: str, target: str | None = None) -> None:
    """Note that somebody looks."""
    context = context_of(request)
    looks = only_one(request, "looks", lambda _: Seldom(context.clock.now))
    key = (action, actor.kind, actor.name, tenant_id, target)
    if looks.is_due(*key):
        async with context.database.transaction() as session:
            record(session, context.clock.now(), actor, action, target, tenant_id=tenant_id)
        looks.noted(*key)
