from collections.abc import AsyncIterator

import pytest
from tests.unit.sync.emulated import EmulatedDrive, emulated_drive


@pytest.fixture
async def drive() -> AsyncIterator[EmulatedDrive]:
    async with emulated_drive() as served:
        yield served
