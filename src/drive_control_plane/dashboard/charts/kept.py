"""A tenant's series, of which what is long over is not added up again each time somebody looks.

In: a context, a tenant, a span. Out: points. A week of a thousand busy connections is two million rows: all but its
last steps come from the cache, for five minutes, so events that come late show that much later. Other spans are read
anew.
"""

from collections.abc import Sequence
from typing import Final

from pydantic import TypeAdapter

from drive_control_plane.context import Context
from drive_control_plane.dashboard.charts import series
from drive_control_plane.dashboard.charts.series import Point
from drive_control_plane.dashboard.charts.spans import Span, Window, window_of

KEPT_SECONDS: Final = 300.0
FRESH_STEPS: Final = 2
"""The present step and the one before it, whose last events may still be on their way."""
_POINTS: Final = TypeAdapter(list[Point])


async def of_tenant(context: Context, tenant_id: str, span: Span) -> tuple[Window, Sequence[Point]]:
    """All connections of a tenant together, and the window that the points are of."""
    window = window_of(span, context.clock.now())
    if span is not Span.WEEK:
        return window, await _read(context, tenant_id, window)
    over, fresh = window.split(FRESH_STEPS)
    return window, [*await _kept(context, tenant_id, over), *await _read(context, tenant_id, fresh)]


async def _kept(context: Context, tenant_id: str, window: Window) -> Sequence[Point]:
    key = f"charts:2:{tenant_id}:{window.until:%Y%m%d%H}"
    kept = await context.cache.get(key)
    if kept is not None:
        return _POINTS.validate_json(kept)
    points = list(await _read(context, tenant_id, window))
    await context.cache.put(key, _POINTS.dump_json(points), KEPT_SECONDS)
    return points


async def _read(context: Context, tenant_id: str, window: Window) -> Sequence[Point]:
    async with context.database.reading() as session:
        return await series.of_tenant(session, tenant_id, window)
