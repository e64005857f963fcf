"""Charts as parts of pages, and as numbers for programs.

In: requests of a tenant's callers. Out: HTML that its page fetches again; JSON at `/v1/usage`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from drive_control_plane.connections import lookup
from drive_control_plane.connections.callers import REFUSALS, Caller, caller_with
from drive_control_plane.connections.routes import NOT_FOUND, ConnectionId
from drive_control_plane.context import Context, InContext
from drive_control_plane.dashboard.charts import kept, panels, series
from drive_control_plane.dashboard.charts.series import Point
from drive_control_plane.dashboard.charts.spans import Span, Window, window_of
from drive_control_plane.database.tables import Role
from drive_control_plane.http.who import InOperator
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.pages import page

router = APIRouter()
Reader = Annotated[Caller, Depends(caller_with(Scope.CONNECTIONS_READ, Role.VIEWER))]
OfConnection = Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class PointView(BaseModel):
    """What was counted in one step."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    """When the step begins."""
    changes: int
    files: int
    """Items that a listing found."""
    records: int
    """Written to Kafka."""
    errors: int
    calls: int
    """Of Drive's API."""
    units: int
    """Of quota that they cost."""
    refused: int
    """Calls that Drive refused because a limit was reached."""
    lag_seconds: float | None
    """How far behind at worst; null when no change came."""
    waited_seconds: float
    """For how long calls waited for their turn in the quota, all of them together."""
    limit_per_minute: int | None
    """Units that the project may use in a minute as workers believe, the least of it; null where none told of any."""


class UsageView(BaseModel):
    """Counts in even steps, the oldest first; the last step is not over yet."""

    span: Span
    step_seconds: int
    since: datetime
    until: datetime
    points: list[PointView]


@router.get("/fragments/charts", include_in_schema=False)
async def overview_fragment(
    request: Request, context: InContext, operator: InOperator, span: Span = Span.DAY
) -> Response:
    """Charts of all connections."""
    return page(request, "fragments/charts.html", **await overview_values(context, operator.tenant_id, span))


@router.get("/fragments/connections/{connection_id}/charts", include_in_schema=False)
async def connection_fragment(
    request: Request, context: InContext, operator: InOperator, connection_id: ConnectionId, span: Span = Span.DAY
) -> Response:
    """Charts of one connection."""
    values = await connection_values(context, operator.tenant_id, connection_id, span)
    return page(request, "fragments/charts.html", **values)


@router.get("/v1/usage", tags=["usage"], responses={**REFUSALS, **NOT_FOUND})
async def usage(
    context: InContext, caller: Reader, span: Span = Span.DAY, connection_id: OfConnection = None
) -> UsageView:
    """What was done and what it cost over time: of all connections together, or of one."""
    if connection_id is None:
        window, points = await kept.of_tenant(context, caller.tenant_id, span)
    else:
        window, points = await _of_connection(context, caller.tenant_id, connection_id, span)
    shown = [PointView.model_validate(point) for point in points]
    seconds = int(span.step.total_seconds())
    return UsageView(span=span, step_seconds=seconds, since=window.since, until=window.until, points=shown)


async def overview_values(context: Context, tenant_id: str, span: Span) -> dict[str, Any]:
    """What the template needs for the charts of all connections."""
    window, points = await kept.of_tenant(context, tenant_id, span)
    drawn = panels.charts_of(points, window, span, of_all=True)
    return {"charts": drawn, "charts_at": "/fragments/charts"}


async def connection_values(context: Context, tenant_id: str, connection_id: str, span: Span) -> dict[str, Any]:
    """What the template needs for the charts of one connection. Raises `Problem` 404."""
    window, points = await _of_connection(context, tenant_id, connection_id, span)
    charts_at = f"/fragments/connections/{connection_id}/charts"
    return {"charts": panels.charts_of(points, window, span), "charts_at": charts_at}


async def _of_connection(
    context: Context, tenant_id: str, connection_id: str, span: Span
) -> tuple[Window, Sequence[Point]]:
    window = window_of(span, context.clock.now())
    async with context.database.reading() as session:
        await lookup.find(session, tenant_id, connection_id)
        return window, await series.of_connection(session, connection_id, window)
