"""`/v1/connections`: connections for people and programs, and the work that is asked of them.

In: requests of a tenant's callers. Out: views. Another tenant's connection does not exist here.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from drive_control_plane.connections import service
from drive_control_plane.connections.callers import REFUSALS, Caller, Responses, caller_with
from drive_control_plane.connections.settings import MOST_IDS, DriveId
from drive_control_plane.connections.views import ConnectionDetails, ConnectionPage
from drive_control_plane.context import InContext
from drive_control_plane.database.tables import ConnectionStatus, Role
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.oauth.disconnect import disconnect
from drive_control_plane.scheduler import triggers

router = APIRouter(prefix="/v1/connections", tags=["connections"], responses=REFUSALS)

Reader = Annotated[Caller, Depends(caller_with(Scope.CONNECTIONS_READ, Role.VIEWER))]
Writer = Annotated[Caller, Depends(caller_with(Scope.CONNECTIONS_WRITE, Role.OPERATOR))]
Worker = Annotated[Caller, Depends(caller_with(Scope.TRIGGERS_WRITE, Role.OPERATOR))]
ConnectionId = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Folders = Annotated[list[DriveId], Field(min_length=1, max_length=MOST_IDS)]

NOT_FOUND: Responses = {404: {"description": "`connection_not_found`"}}
REFUSED: Responses = {
    **NOT_FOUND,
    409: {"description": "it is paused, ended, or needs consent"},
    503: {"description": "`kafka_unavailable`: nothing was changed"},
}


class Body(BaseModel):
    """What is sent along: nothing but what is known."""

    model_config = ConfigDict(extra="forbid")


class TriggerRequest(Body):
    """Work that is wanted now."""

    type: Literal["incremental", "full"] = "incremental"
    """Changes since the last time; or everything anew."""


class Resnapshot(Body):
    """Folders that are to be read again, with what lies below them."""

    folders: Folders


class RequestedView(BaseModel):
    """A trigger on its way to the worker."""

    message_id: str
    connection_id: str
    trigger_type: str
    status: ConnectionStatus
    """The connection's, from now on."""


@router.get("")
async def list_connections(
    context: InContext,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    status: ConnectionStatus | None = None,
) -> ConnectionPage:
    """Connections, the newest first; ended ones only when asked for by their status."""
    return await service.page(context, caller.tenant_id, limit, cursor, status)


@router.get("/{connection_id}", responses=NOT_FOUND)
async def show_connection(context: InContext, caller: Reader, connection_id: ConnectionId) -> ConnectionDetails:
    """One connection, with its corpora, open alerts, newest errors and jobs."""
    return await service.details(context, caller.tenant_id, connection_id)


@router.delete("/{connection_id}", status_code=204, responses=REFUSED)
async def delete_connection(context: InContext, caller: Writer, connection_id: ConnectionId) -> Response:
    """End it: its grant is revoked, and the worker forgets it."""
    await disconnect(context, caller.actor, connection_id)
    return Response(status_code=204)


@router.post("/{connection_id}/triggers", status_code=202, responses=REFUSED)
async def trigger(
    context: InContext, caller: Worker, connection_id: ConnectionId, body: TriggerRequest
) -> RequestedView:
    """Have it synced now."""
    ask = triggers.request_full if body.type == "full" else triggers.request_incremental
    return _view(await ask(context, caller.actor, connection_id))


@router.post("/{connection_id}/resnapshot", status_code=202, responses=REFUSED)
async def resnapshot(
    context: InContext, caller: Worker, connection_id: ConnectionId, body: Resnapshot
) -> RequestedView:
    """Have some folders read again."""
    return _view(await triggers.request_resnapshot(context, caller.actor, connection_id, body.folders))


@router.post("/{connection_id}/pause", status_code=202, responses=REFUSED)
async def pause(context: InContext, caller: Worker, connection_id: ConnectionId) -> RequestedView:
    """Stop its work where it is."""
    return _view(await triggers.pause(context, caller.actor, connection_id))


@router.post("/{connection_id}/resume", status_code=202, responses=REFUSED)
async def resume(context: InContext, caller: Worker, connection_id: ConnectionId) -> RequestedView:
    """Go on where it was stopped."""
    return _view(await triggers.resume(context, caller.actor, connection_id))


@router.post("/{connection_id}/cancel", status_code=202, responses=REFUSED)
async def cancel(context: InContext, caller: Worker, connection_id: ConnectionId) -> RequestedView:
    """Give up the work that is wanted; the schedule goes on."""
    return _view(await service.cancel(context, caller.actor, connection_id))


@router.post("/{connection_id}/confirm", status_code=202, responses=REFUSED)
async def confirm(context: InContext, caller: Worker, connection_id: ConnectionId) -> RequestedView:
    """Let a snapshot complete that is held because it would remove much."""
    return _view(await triggers.confirm(context, caller.actor, connection_id))


def _view(requested: triggers.Requested) -> RequestedView:
    return RequestedView(
        message_id=requested.message_id,
        connection_id=requested.connection_id,
        trigger_type=requested.wish.value,
        status=requested.status,
    )
