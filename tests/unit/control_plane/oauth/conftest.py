"""A control plane and an emulated Google, on SQLite and on each database in turn."""

from collections.abc import AsyncIterator

import pytest
from tests.support.control_plane.consent import Stage, stage
from tests.support.control_plane.robots import Key, register

from drive_control_plane.database import Database
from google_drive_emulator.oauth.key_files import new_key


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


@pytest.fixture(scope="session")
def key() -> Key:
    """Make a key: its id, its private and its public half."""
    return new_key()


@pytest.fixture
async def key_file(staged: Stage, key: Key) -> str:
    """Register a service account with delegation, and set the clock to Google's; its key file."""
    return await register(staged, key)
