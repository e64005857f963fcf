"""Readers of the worker's events that run beside a test, and waiting for what comes of them.

In: settings, a database. Out: a replica's reader, killed at the end of a block wherever it is.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from drive_control_plane.clock import REAL_CLOCK, Clock
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Database
from drive_control_plane.events.batch import Applier
from drive_control_plane.events.consume import EventConsumer
from drive_control_plane.kafka_contact import KafkaContact

DEADLINE_SECONDS = 60.0
SESSION_MILLISECONDS = 6_000


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again, for a bounded time."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await holds():  # noqa: ASYNC110 # what it waits for has no event of its own
            await asyncio.sleep(0.05)


@asynccontextmanager
async def consuming(
    settings: ControlPlaneSettings, database: Database, clock: Clock = REAL_CLOCK, contact: KafkaContact | None = None
) -> AsyncIterator[Applier]:
    """A replica that is killed, wherever it is, at the end of the block."""
    applier = Applier(database, clock, settings.kafka_topic_errors)
    consumer = EventConsumer(settings, database, clock, applier, SESSION_MILLISECONDS, contact)
    task = asyncio.create_task(consumer.run())
    try:
        yield applier
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError)
