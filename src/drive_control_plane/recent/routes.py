"""`/v1/connections/{id}/recent-changes`, and the same as a part of a page.

In: requests of a tenant's callers. Out: changes. Names of files are for operators and programs: viewers see what
happened, and to what kind of item.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from drive_control_plane.audit.looks import READ_NAMES, note_look
from drive_control_plane.connections.callers import REFUSALS, Caller, Responses, caller_with
from drive_control_plane.connections.routes import NOT_FOUND, ConnectionId
from drive_control_plane.context import InContext
from drive_control_plane.database.tables import Role
from drive_control_plane.http.parts import kept_while_serving
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InOperator
from drive_control_plane.kafka.shared_reads import ReadError
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.operators.frame import shared
from drive_control_plane.pages import page
from drive_control_plane.recent.changes import Kind
from drive_control_plane.recent.service import RecentChanges
from drive_control_plane.recent.words import KINDS, type_in_words


def _changes_of(request: Request) -> RecentChanges:
    changes: RecentChanges = request.state.recent_changes
    return changes


router = APIRouter(tags=["connections"], lifespan=kept_while_serving("recent_changes", RecentChanges))

InChanges = Annotated[RecentChanges, Depends(_changes_of)]
Reader = Annotated[Caller, Depends(caller_with(Scope.CONNECTIONS_READ, Role.OPERATOR))]

AWAY: Responses = {503: {"description": "`kafka_unavailable`: Kafka cannot be read just now"}}


class ChangeView(BaseModel):
    """Something that changed."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    kind: Kind
    resource_type: str
    item_id: str
    """The file's or folder's; of a comment, its file's."""
    name: str | None
    """Null where none was among what was read."""
    mime_type: str | None


class ChangesView(BaseModel):
    """The newest changes, the newest first."""

    model_config = ConfigDict(from_attributes=True)

    changes: list[ChangeView]
    looked_at: int
    """So many records of the connection's partition were looked at for them."""
    is_whole: bool
    """Whether that is all that the partition has."""


@router.get("/v1/connections/{connection_id}/recent-changes", responses={**REFUSALS, **NOT_FOUND, **AWAY})
async def list_recent_changes(
    request: Request, changes: InChanges, caller: Reader, connection_id: ConnectionId
) -> ChangesView:
    """What changed in the drive of late, as the newest records in Kafka tell it."""
    try:
        found = await changes.of(caller.tenant_id, connection_id)
    except ReadError as error:
        raise Problem(503, "kafka_unavailable", str(error)) from None
    await note_look(request, caller.actor, caller.tenant_id, READ_NAMES, connection_id)
    return ChangesView.model_validate(found)


@router.get("/fragments/connections/{connection_id}/changes", include_in_schema=False)
async def changes_fragment(
    request: Request, context: InContext, operator: InOperator, changes: InChanges, connection_id: ConnectionId
) -> Response:
    """The same as a table; what is wrong with Kafka is told in its place."""
    found, wrong = None, None
    try:
        found = await changes.of(operator.tenant_id, connection_id)
        if operator.may(Role.OPERATOR):
            await note_look(request, operator.actor, operator.tenant_id, READ_NAMES, connection_id)
    except ReadError as error:
        wrong = str(error)
    values: dict[str, Any] = {
        "found": found,
        "problem": wrong,
        "now": context.clock.now(),
        "kinds": KINDS,
        "type_of": type_in_words,
    }
    return page(request, "fragments/changes.html", **await shared(request, operator), **values)
