from collections.abc import AsyncIterator

import pytest
from tests.integration.client.scripted_server import ScriptedServer, serving

from google_drive_worker.client.transport import HttpTransport


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serving() as running:
        yield running


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    async with HttpTransport() as opened:
        yield opened
