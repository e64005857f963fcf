"""The pages: an overview, a page a connection.

In: requests of signed-in browsers. Out: HTML. The part of a page that changes is a fragment of its own, which a script
fetches again when the server says that something is new.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from drive_control_plane.connections import lookup
from drive_control_plane.connections.routes import ConnectionId
from drive_control_plane.context import Context, InContext
from drive_control_plane.dashboard import reading
from drive_control_plane.dashboard.charts import routes as charts
from drive_control_plane.dashboard.charts.figures import figures
from drive_control_plane.dashboard.charts.spans import Span
from drive_control_plane.dashboard.deeds import offered
from drive_control_plane.dashboard.listing import Show, Wanted, listing
from drive_control_plane.events import advice
from drive_control_plane.http.who import InOperator, InVisitor, SignedIn
from drive_control_plane.oauth.shown import credential_of
from drive_control_plane.operators.frame import shared
from drive_control_plane.pages import page, times

router = APIRouter(include_in_schema=False)


def _wanted(
    q: Annotated[str, Query(max_length=200)] = "",
    status: Show = Show.CONNECTED,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Wanted:
    return Wanted("".join(filter(str.isprintable, q)).strip(), status, page)


InWanted = Annotated[Wanted, Depends(_wanted)]


@router.get("/")
async def overview(
    request: Request, context: InContext, operator: InVisitor, wanted: InWanted, span: Span = Span.DAY
) -> Response:
    """All connections."""
    values = {**await _listing(request, context, operator, wanted), **await _figures(context, operator)}
    drawn = await charts.overview_values(context, operator.tenant_id, span)
    return page(request, "overview.html", **values, **drawn)


@router.get("/fragments/overview")
async def overview_fragment(request: Request, context: InContext, operator: InOperator, wanted: InWanted) -> Response:
    """The overview's list alone."""
    return page(request, "fragments/overview.html", **await _listing(request, context, operator, wanted))


@router.get("/fragments/figures")
async def figures_fragment(request: Request, context: InContext, operator: InOperator) -> Response:
    """The figures over all connections alone."""
    return page(request, "fragments/figures.html", **await _figures(context, operator))


@router.get("/connections/{connection_id}")
async def connection(
    request: Request, context: InContext, operator: InVisitor, connection_id: ConnectionId, span: Span = Span.DAY
) -> Response:
    """One connection."""
    values = await _connection(request, context, operator, connection_id)
    drawn = await charts.connection_values(context, operator.tenant_id, connection_id, span)
    return page(request, "connection.html", **values, **drawn)


@router.get("/fragments/connections/{connection_id}")
async def connection_fragment(
    request: Request, context: InContext, operator: InOperator, connection_id: ConnectionId
) -> Response:
    """How a connection goes, and its buttons."""
    values = await _connection(request, context, operator, connection_id)
    return page(request, "fragments/connection.html", **values)


@router.get("/fragments/connections/{connection_id}/corpora")
async def corpora_fragment(
    request: Request, context: InContext, operator: InOperator, connection_id: ConnectionId
) -> Response:
    """A connection's corpora, listings and errors."""
    values = await _connection(request, context, operator, connection_id)
    return page(request, "fragments/corpora.html", **values)


async def _listing(request: Request, context: Context, operator: SignedIn, wanted: Wanted) -> dict[str, Any]:
    async with context.database.reading() as session:
        found = await listing(session, operator.tenant_id, wanted)
    return {**await shared(request, operator), "listing": found, "now": context.clock.now()}


async def _figures(context: Context, operator: SignedIn) -> dict[str, Any]:
    per_day = context.settings.gdrive_quota_units_per_day
    async with context.database.reading() as session:
        together = await figures(session, operator.tenant_id, context.clock.now(), per_day)
    return {"figures": together, "shows": Show}


async def _connection(request: Request, context: Context, operator: SignedIn, connection_id: str) -> dict[str, Any]:
    now = context.clock.now()
    async with context.database.reading() as session:
        details = await reading.details(session, operator.tenant_id, connection_id, now)
    if details is None:
        raise lookup.not_found()
    progress = details.progress
    deeds = offered(
        details.connection.status, is_held=progress.held is not None, is_listing=progress.percent is not None
    )
    return {
        **await shared(request, operator),
        "details": details,
        "credential": await credential_of(context, connection_id),
        "now": now,
        "deeds": deeds,
        "ahead": times.ahead,
        "standing": reading.standing,
        "what_to_do": advice.about,
    }
