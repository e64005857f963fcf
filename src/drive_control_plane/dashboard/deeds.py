"""Buttons of a connection's page.

In: forms of signed-in operators, with the session's token. Out: the deed done, and the page again; what is refused is
told on a page that says what to do.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections.routes import ConnectionId
from drive_control_plane.context import Context, InContext
from drive_control_plane.database.tables import ConnectionStatus
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InWorkingOperator
from drive_control_plane.oauth.disconnect import disconnect
from drive_control_plane.pages import message
from drive_control_plane.scheduler import triggers

Deed = Callable[[Context, Actor, str], Awaitable[object]]

DEEDS: dict[str, Deed] = {
    "look": triggers.request_incremental,
    "list-anew": triggers.request_full,
    "pause": triggers.pause,
    "resume": triggers.resume,
    "cancel": triggers.cancel,
    "confirm": triggers.confirm,
    "disconnect": disconnect,
}

router = APIRouter(include_in_schema=False)


@router.post("/connections/{connection_id}/{deed}")
async def do(
    request: Request,
    context: InContext,
    operator: InWorkingOperator,
    connection_id: ConnectionId,
    deed: Annotated[str, Path(max_length=20)],
) -> Response:
    """Do what a button says, then show the page again."""
    if deed not in DEEDS:
        raise Problem(404, "unknown_deed", "There is no such button.")
    try:
        await DEEDS[deed](context, operator.actor, connection_id)
    except Problem as problem:
        return message(request, problem.status, "Not done", problem.detail)
    return RedirectResponse("/" if deed == "disconnect" else f"/connections/{connection_id}", 303)


def offered(status: ConnectionStatus, *, is_held: bool, is_listing: bool) -> list[tuple[str, str]]:
    """Which buttons make sense for a connection that stands like this, and what is written on them."""
    match status:
        case ConnectionStatus.ACTIVE:
            held = [("confirm", "Confirm the removal")] if is_held else []
            cancel = [("cancel", "Give up this listing")] if is_listing else []
            return [
                *held,
                *cancel,
                ("look", "Look for changes"),
                ("list-anew", "List everything anew"),
                ("pause", "Pause"),
            ]
        case ConnectionStatus.PAUSED:
            return [("resume", "Resume")]
        case _:
            return []
