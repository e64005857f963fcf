"""An emulated drive that is copied into a file, in this process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.integration.local.copying import FILES, PAGE, Copying

from google_drive_emulator import Emulator, synthetic_world
from google_drive_worker.environment_credentials import CredentialSettings


@pytest.fixture
async def copying(tmp_path: Path) -> AsyncIterator[Copying]:
    async with Emulator(synthetic_world(files=FILES, seed=5)).serve() as running:
        settings = CredentialSettings(
            gdrive_api_base_url=running.base_url,
            google_token_uri=f"{running.base_url}/token",
            google_client_id="id",
            google_client_secret=SecretStr("hush"),
            google_refresh_token=SecretStr("1//mine"),
            google_application_credentials=None,
            gdrive_page_size=PAGE,
        )
        yield Copying(running, tmp_path / "drive.sqlite", settings)
