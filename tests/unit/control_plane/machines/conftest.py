"""Control planes for tests: on SQLite, and on each database in turn."""

from collections.abc import AsyncIterator

import pytest
from tests.unit.control_plane.machines.served import Served, served_over

from drive_control_plane.database import Database


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    """Provide a control plane on SQLite."""
    async with served_over(database) as served:
        yield served


@pytest.fixture
async def served_twice(databases: Database) -> AsyncIterator[Served]:
    """Provide a control plane on each database in turn."""
    async with served_over(databases) as served:
        yield served
