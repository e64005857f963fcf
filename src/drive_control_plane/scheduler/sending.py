"""A trigger on its way to Kafka. In: a trigger. Out: word that the cluster has it, or an error within seconds."""

import asyncio
from typing import Final

from drive_control_plane.context import Context, PublishError
from drive_control_plane.http.problems import Problem
from drive_control_plane.scheduler.messages import TriggerMessage

PUBLISH_SECONDS: Final = 6.0
"""A little more than the publisher takes by itself, and less than SQLite's other writers wait for their turn."""


async def send(context: Context, message: TriggerMessage) -> None:
    """Send a trigger and wait until the cluster has it. Raises `PublishError`."""
    topic = context.settings.kafka_topic_trigger
    try:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await context.publisher.publish(topic, message.connection_id, message.value, message.traceparent)
    except TimeoutError:
        raise PublishError(f"no acknowledgement within {PUBLISH_SECONDS:.0f} s") from None


async def send_or_refuse(context: Context, message: TriggerMessage) -> None:
    """The same within the transaction of what it tells, which is undone with it. Raises `Problem` 503."""
    try:
        await send(context, message)
    except PublishError:
        raise Problem(
            503, "kafka_unavailable", "Kafka did not take the message; nothing was changed. Try again shortly."
        ) from None
