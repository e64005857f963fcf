"""`/v1/connections/{id}/folders`, and the same as parts of a page.

In: requests of operators, and of programs that may see connections. Out: folders of the connection's account; names of
folders tell more than a viewer may know.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import StringConstraints

from drive_control_plane.audit.looks import READ_NAMES, note_look
from drive_control_plane.connections.access_tokens import AccessTokens
from drive_control_plane.connections.callers import REFUSALS, Caller, Responses, caller_with
from drive_control_plane.connections.routes import NOT_FOUND, ConnectionId
from drive_control_plane.connections.token_routes import access_tokens_of
from drive_control_plane.context import InContext
from drive_control_plane.database.tables import Role
from drive_control_plane.folders.browse import Browse
from drive_control_plane.folders.models import FolderPage
from drive_control_plane.folders.opening import open_browse
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InWorkingOperator
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.pages import page

router = APIRouter(tags=["connections"])

Reader = Annotated[Caller, Depends(caller_with(Scope.CONNECTIONS_READ, Role.OPERATOR))]
Tokens = Annotated[AccessTokens, Depends(access_tokens_of)]
Parent = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.-]+$")]
Cursor = Annotated[str | None, Query(min_length=1, max_length=2_000)]
Name = Annotated[
    Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
    ]
    | None,
    Query(),
]

ANSWERS: Responses = {
    404: {"description": "`connection_not_found`, `folder_not_visible`"},
    409: {"description": "`reauthorization_required`, `consent_too_small`: somebody has to consent again"},
    502: {"description": "Google refuses for a reason that the detail tells"},
    503: {"description": "Google cannot be asked; again after `Retry-After`"},
}


@router.get("/v1/connections/{connection_id}/folders", responses={**REFUSALS, **NOT_FOUND, **ANSWERS})
async def list_folders(
    request: Request,
    context: InContext,
    caller: Reader,
    tokens: Tokens,
    connection_id: ConnectionId,
    parent: Parent = None,
    cursor: Cursor = None,
    name: Name = None,
) -> FolderPage:
    """The folders in a folder; without `parent` My Drive, what is shared with the account, and its shared drives.

    `name`: folders whose name, or a word of it, begins like this, wherever they lie; `parent` has to be absent then.
    Answers may be five minutes old.
    """
    browse = await open_browse(context, tokens, caller.tenant_id, connection_id)
    await note_look(request, caller.actor, caller.tenant_id, READ_NAMES, connection_id)
    return await _page(browse, parent, cursor, name)


@router.get("/fragments/connections/{connection_id}/folders", include_in_schema=False)
async def folders_fragment(
    request: Request,
    context: InContext,
    operator: InWorkingOperator,
    tokens: Tokens,
    connection_id: ConnectionId,
    parent: Parent = None,
    cursor: Cursor = None,
    name: Name = None,
) -> Response:
    """The same as a list that can be opened further; what is wrong is told in its place."""
    found, wrong = None, None
    try:
        browse = await open_browse(context, tokens, operator.tenant_id, connection_id)
        await note_look(request, operator.actor, operator.tenant_id, READ_NAMES, connection_id)
        found = await _page(browse, parent, cursor, name)
    except Problem as problem:
        if problem.code == "connection_not_found":
            raise
        wrong = problem.detail
    return page(request, "fragments/folders.html", problem=wrong, found=found, parent=parent, name=name)


async def _page(browse: Browse, parent: str | None, cursor: str | None, name: str | None) -> FolderPage:
    if name is not None and parent is not None:
        raise Problem(422, "invalid_request", "Ask for a name or for what lies in a folder, not for both.")
    if name is not None:
        return await browse.search(name, cursor)
    return await browse.places(cursor) if parent is None else await browse.inside(parent, cursor)
