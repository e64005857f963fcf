"""What all pages have in common.

In: a request. Out: who is signed in, and the values that `signed_in.html` and its templates need.
"""

from typing import Any

from fastapi import Request

from drive_control_plane.database.tables import Role
from drive_control_plane.http.who import SignedIn
from drive_control_plane.operators.cookies import session_of
from drive_control_plane.pages import times


async def shared(request: Request, operator: SignedIn) -> dict[str, Any]:
    """What every page shows: who is signed in, and what they may do."""
    session = await session_of(request)
    return {
        "operator": operator,
        "csrf_token": session.csrf_token if session else "",
        "may_work": operator.may(Role.OPERATOR),
        "may_administrate": operator.may(Role.ADMINISTRATOR),
        "ago": times.ago,
        "span": times.span,
    }
