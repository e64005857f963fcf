"""`PATCH /v1/connections/{id}`: other settings, once what they name was looked at.

In: changes by programs and people. Out: the connection as it is then; or what is wrong, and nothing is changed.
"""

from typing import Final

from fastapi import APIRouter

from drive_control_plane.connections import lookup, service
from drive_control_plane.connections.callers import REFUSALS, Responses
from drive_control_plane.connections.routes import NOT_FOUND, Body, ConnectionId, Name, Writer
from drive_control_plane.connections.settings import ConnectionSettings
from drive_control_plane.connections.views import ConnectionView
from drive_control_plane.context import InContext
from drive_control_plane.folders.checking import wrong_with
from drive_control_plane.folders.opening import open_browse
from drive_control_plane.folders.routes import Tokens
from drive_control_plane.http.problems import Problem
from drive_control_plane.scheduler.schedule import Schedule

MOST_TOLD: Final = 20

router = APIRouter(prefix="/v1/connections", tags=["connections"], responses=REFUSALS)

ANSWERS: Responses = {
    **NOT_FOUND,
    409: {"description": "it was ended, or needs consent: `reauthorization_required`, `consent_too_small`"},
    422: {"description": "`folders_not_followed`: the account sees no such folder, or it is a file"},
    502: {"description": "Google refuses for a reason that the detail tells; nothing is changed"},
    503: {"description": "Google cannot be asked for new folders, so nothing is changed; again after `Retry-After`"},
}


class ConnectionChange(Body):
    """What is to be other than it is; the settings are replaced as a whole."""

    name: Name | None = None
    settings: ConnectionSettings | None = None
    schedule: Schedule | None = None


@router.patch("/{connection_id}", responses=ANSWERS)
async def change_connection(
    context: InContext, caller: Writer, tokens: Tokens, connection_id: ConnectionId, body: ConnectionChange
) -> ConnectionView:
    """Change its name, settings or schedule.

    Folders and shared drives that were not followed before are looked up at Google first, some hundreds at once.
    """
    if body.settings is not None:
        connection = await lookup.visible(context, caller.tenant_id, connection_id)
        former = ConnectionSettings.model_validate(connection.settings)
        browse = await open_browse(context, tokens, caller.tenant_id, connection_id)
        if wrong := await wrong_with(browse, former, body.settings):
            raise Problem(422, "folders_not_followed", " ".join(wrong[:MOST_TOLD]))
    changes = service.Changes(body.name, body.settings, body.schedule)
    return await service.change(context, caller.actor, caller.tenant_id, connection_id, changes)
