"""A control plane and an emulated Google, whose drives tests fill with folders."""

from collections.abc import AsyncIterator

import pytest
from tests.support.control_plane.consent import Stage, stage

from drive_control_plane.database import Database


@pytest.fixture
async def staged(database: Database) -> AsyncIterator[Stage]:
    """Provide both."""
    async with stage(database) as made:
        yield made
