"""A control plane whose topic of records tests fill, as the worker does."""

from collections.abc import AsyncIterator, Callable

import pytest
from tests.unit.control_plane.recent.writing import Records, records_over

from clustera_toolkit.kafka import EmbeddedBroker
from drive_control_plane.database import Database


@pytest.fixture
async def records(
    database: Database, embedded_broker: EmbeddedBroker, topic_names: Callable[[str], str]
) -> AsyncIterator[Records]:
    """Provide one with a connection of each of two tenants."""
    async with records_over(database, embedded_broker, topic_names("records")) as made:
        yield made
