"""A control plane whose dead letter topics tests fill, as the worker does."""

from collections.abc import AsyncIterator, Callable

import pytest
from tests.unit.control_plane.letters.posting import Post, post_over

from clustera_toolkit.kafka import EmbeddedBroker
from drive_control_plane.database import Database


@pytest.fixture
async def post(
    database: Database, embedded_broker: EmbeddedBroker, topic_names: Callable[[str], str]
) -> AsyncIterator[Post]:
    """Provide one with a connection of each of two tenants."""
    async with post_over(database, embedded_broker, topic_names("trigger"), topic_names("webhook")) as made:
        yield made
