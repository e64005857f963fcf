"""A control plane and an emulated Google, on SQLite and on each database in turn."""

from collections.abc import AsyncIterator

import pytest
from tests.support.control_plane.consent import Stage, stage

from drive_control_plane.database import Database


@pytest.fixture
async def staged(database: Database) -> AsyncIterator[Stage]:
    """Provide both, on SQLite."""
    async with stage(database) as made:
        yield made


@pytest.fixture
async def staged_twice(databases: Database) -> AsyncIterator[Stage]:
    """Provide both, on each database in turn."""
    async with stage(databases) as made:
        yield made
