"""Probes and metrics, as the worker has them.

In: requests of whoever watches over processes. Out: whether this one lives, whether it can do its work, what it counts.
"""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from drive_control_plane.context import InContext
from drive_control_plane.database import DatabaseError

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready")
async def ready(context: InContext) -> JSONResponse:
    """It can do its work: the database answers.

    That the cache or Kafka is away is only told: it does without the first, and no replica does better without the
    second.
    """
    try:
        await context.database.check()
    except DatabaseError as error:
        return JSONResponse({"status": "not ready", "failed": ["database"], "detail": str(error)}, 503)
    parts = {
        "cache": await context.cache.is_up(),
        "kafka_events": context.kafka.reads,
        "kafka_publisher": context.kafka.publishes,
    }
    return JSONResponse({"status": "ok"} | {name: "up" if is_up else "away" for name, is_up in parts.items()})


@router.get("/metrics")
async def metrics(context: InContext) -> Response:
    """Prometheus's text format."""
    return Response(generate_latest(context.registry), media_type=CONTENT_TYPE_LATEST)
