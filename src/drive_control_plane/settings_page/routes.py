"""`/connections/{id}/settings`: the form, and what comes of it.

In: requests of operators. Out: the page. It works without a script, which only opens folders to choose from.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from drive_control_plane.connections import lookup
from drive_control_plane.connections.routes import ConnectionId
from drive_control_plane.context import Context, InContext
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.folders.browse import Browse
from drive_control_plane.folders.chosen import look_up, names_of
from drive_control_plane.folders.models import DriveList, FolderView
from drive_control_plane.folders.opening import open_browse
from drive_control_plane.folders.routes import Tokens
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InWorkingOperator, InWorkingVisitor, SignedIn
from drive_control_plane.operators.frame import shared
from drive_control_plane.pages import page
from drive_control_plane.settings_page.draft import Draft, draft_from, draft_of, stamp_of
from drive_control_plane.settings_page.saving import Outcome, add, save

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers, and what the chosen ids are called. `problem`: why Google did not say it all."""

    names: dict[str, str]
    missing: frozenset[str]
    drives: tuple[FolderView, ...]
    has_all_drives: bool
    problem: str | None


@router.get("/connections/{connection_id}/settings")
async def show(
    request: Request,
    context: InContext,
    tokens: Tokens,
    operator: InWorkingVisitor,
    connection_id: ConnectionId,
    saved: Annotated[bool, Query()] = False,
) -> Response:
    """The form as things stand."""
    browse = await open_browse(context, tokens, operator.tenant_id, connection_id)
    connection, kind = await _row(context, operator, connection_id)
    return await _page(request, operator, browse, connection, kind, Outcome(draft_of(connection), is_saved=saved))


@router.post("/connections/{connection_id}/settings")
async def send(
    request: Request, context: InContext, tokens: Tokens, operator: InWorkingOperator, connection_id: ConnectionId
) -> Response:
    """Do what the button says: save, or take a folder among the chosen ones or out of them, and show the form again."""
    form = await request.form()
    draft = draft_from(form)
    browse = await open_browse(context, tokens, operator.tenant_id, connection_id)
    connection, kind = await _row(context, operator, connection_id)
    if removed := str(form.get("remove", "")):
        outcome = Outcome(draft.without(removed))
    else:
        try:
            outcome = await (add(browse, draft) if "add" in form else save(browse, operator.actor, connection, draft))
        except Problem as problem:
            outcome = Outcome(draft, wrong=(problem.detail,))
    if outcome.is_saved:
        return RedirectResponse(f"/connections/{connection_id}/settings?saved=true", 303)
    return await _page(request, operator, browse, connection, kind, outcome)


async def _row(context: Context, operator: SignedIn, connection_id: str) -> tuple[Connection, CredentialKind | None]:
    """The connection and how it asks Google. Raises `Problem`."""
    asked = (
        select(Connection, Credential.kind)
        .outerjoin(Credential, Credential.connection_id == Connection.id)
        .where(
            Connection.id == connection_id,
            Connection.tenant_id == operator.tenant_id,
            Connection.status != ConnectionStatus.DISCONNECTED,
        )
    )
    async with context.database.reading() as session:
        found = (await session.execute(asked)).one_or_none()
    if found is None:
        raise lookup.not_found()
    return found[0], found[1]


async def _page(
    request: Request,
    operator: SignedIn,
    browse: Browse,
    connection: Connection,
    kind: CredentialKind | None,
    outcome: Outcome,
) -> Response:
    values: dict[str, Any] = {
        "connection": connection,
        "is_user": kind is CredentialKind.USER,
        "stamp": stamp_of(connection),
        "outcome": outcome,
        "draft": outcome.draft,
        "choices": await _choices(browse, outcome.draft),
    }
    status = 422 if outcome.wrong else 409 if outcome.losses else 200
    return page(request, "connection_settings.html", status, **await shared(request, operator), **values)


async def _choices(browse: Browse, draft: Draft) -> Choices:
    """What to offer; what Google does not say is shown by its id."""
    looked = await look_up(browse, draft.folders)
    problem = looked.problem
    try:
        known = await browse.drives()
    except Problem as refused:
        known, problem = DriveList(drives=[], is_whole=False), refused.detail
    listed = {drive.id for drive in known.drives}
    others = await look_up(browse, [each for each in draft.drives if each not in listed])
    names = names_of(others, list(others.found) + list(others.missing))
    unlisted = [FolderView(id=each, name=names.get(each, each), kind="shared_drive") for each in draft.drives]
    drives = (*known.drives, *(drive for drive in unlisted if drive.id not in listed))
    missing = frozenset(looked.missing | others.missing)
    return Choices(dict(names_of(looked, draft.folders)), missing, drives, known.is_whole, problem)
