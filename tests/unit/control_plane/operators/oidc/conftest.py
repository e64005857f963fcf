"""Identity providers and control planes, on SQLite and on each database in turn."""

from collections.abc import AsyncIterator

import pytest
from tests.unit.control_plane.operators.oidc.hall import Hall, hall_over

from drive_control_plane.database import Database


@pytest.fixture
async def hall(database: Database) -> AsyncIterator[Hall]:
    """Provide both, on SQLite."""
    async with hall_over(database) as made:
        yield made


@pytest.fixture
async def hall_twice(databases: Database) -> AsyncIterator[Hall]:
    """Provide both, on each database in turn."""
    async with hall_over(databases) as made:
        yield made
