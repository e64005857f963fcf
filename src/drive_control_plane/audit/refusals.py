"""Requests for which a role or a scope was not enough: an entry an hour, by who wanted what.

In: who asks, for what, and what they lack. Out: an entry, where there was none within the hour on this replica: a
program that goes on asking, whichever connections it names, does not fill the log.
"""

import re

from fastapi import Request

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.audit.seldom import Seldom
from drive_control_plane.context import context_of, only_one

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def note_refusal(request: Request, actor: Actor, needs: str) -> None:
    """Note that somebody was refused for want of a role or a scope."""
    context, route = context_of(request), f"{request.method} {request.scope['route'].path}"
    refusals = only_one(request, "refusals", lambda _: Seldom(context.clock.now))
    key = (actor.kind, actor.name, actor.tenant_id, route, needs)
    if not refusals.is_due(*key):
        return
    refusals.noted(*key)  # at once: many of them may come at one moment
    try:
        async with context.database.transaction() as session:
            now, target = context.clock.now(), _target(request)
            record(session, now, actor, "request.refused", target, refused=True, route=route, needs=needs)
    except BaseException:
        refusals.forget(*key)
        raise


def _target(request: Request) -> str | None:
    """What the address names, if that can be an id."""
    named = str(request.path_params.get("connection_id", request.path_params.get("operator_id", "")))
    return named if _ID.fullmatch(named) else None
