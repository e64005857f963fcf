"""The pages: an overview, a page a connection, the audit log.

In: requests of signed-in browsers. Out: HTML. The part of a page that changes is a fragment of its own, which a script
fetches again when the server says that something is new.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from drive_control_plane.context import Context, InContext
from drive_control_plane.dashboard import reading
from drive_control_plane.dashboard.deeds import offered
from drive_control_plane.database.tables import Role
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import InOperator, SignedIn
from drive_control_plane.operators.cookies import session_of
from drive_control_plane.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/")
async def overview(request: Request, context: InContext) -> Response:
    """All connections; whoever is not signed in is sent to where they can."""
    signed_in = await _signed_in(request)
    if signed_in is None:
        return RedirectResponse("/sign-in", 303)
    return page(request, "overview.html", **await _overview(request, context, signed_in))


@router.get("/fragments/overview")
async def overview_fragment(request: Request, context: InContext, operator: InOperator) -> Response:
    """The overview's list alone."""
    return page(request, "fragments/overview.html", **await _overview(request, context, operator))


@router.get("/connections/{connection_id}")
async def connection(request: Request, context: InContext, connection_id: str) -> Response:
    """One connection."""
    signed_in = await _signed_in(request)
    if signed_in is None:
        return RedirectResponse("/sign-in", 303)
    return page(request, "connection.html", **await _connection(request, context, signed_in, connection_id))


@router.get("/fragments/connections/{connection_id}")
async def connection_fragment(
    request: Request, context: InContext, operator: InOperator, connection_id: str
) -> Response:
    """What changes on a connection's page."""
    values = await _connection(request, context, operator, connection_id)
    return page(request, "fragments/connection.html", **values)


@router.get("/audit")
async def audit(
    request: Request, context: InContext, operator: InOperator, before: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    """Who did what, newest first; administrators alone see it."""
    if not operator.may(Role.ADMINISTRATOR):
        raise Problem(403, "role_too_small", "Only administrators see the audit log.")
    async with context.database.transaction() as session:
        entries = await reading.audit_page(session, operator.tenant_id, before)
    return page(request, "audit.html", **await _shared(request, operator), entries=entries)


async def _signed_in(request: Request) -> SignedIn | None:
    found: SignedIn | None = await request.app.state.who_asks(request)
    return found


async def _shared(request: Request, operator: SignedIn) -> dict[str, Any]:
    """What every page shows: who is signed in, and what they may do."""
    session = await session_of(request)
    return {
        "operator": operator,
        "csrf_token": session.csrf_token if session else "",
        "may_work": operator.may(Role.OPERATOR),
        "may_administrate": operator.may(Role.ADMINISTRATOR),
        "ago": reading.ago,
        "span": reading.span,
    }


async def _overview(request: Request, context: Context, operator: SignedIn) -> dict[str, Any]:
    async with context.database.transaction() as session:
        lines = await reading.overview(session, operator.tenant_id)
    return {**await _shared(request, operator), "lines": lines, "now": context.clock.now()}


async def _connection(request: Request, context: Context, operator: SignedIn, connection_id: str) -> dict[str, Any]:
    now = context.clock.now()
    async with context.database.transaction() as session:
        details = await reading.details(session, operator.tenant_id, connection_id, now)
    if details is None:
        raise Problem(404, "unknown_connection", "There is no such connection.")
    progress = details.progress
    deeds = offered(
        details.connection.status, is_held=progress.held is not None, is_listing=progress.percent is not None
    )
    return {**await _shared(request, operator), "details": details, "now": now, "deeds": deeds}
