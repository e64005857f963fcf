"""Pages of items that very many people may see, which are far larger than a page of as many other items."""

import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.unit.client.virtual_time import VirtualTime
from tests.unit.sync.emulated import CONFIG, EmulatedDrive, run_job
from tests.unit.sync.memory_outlet import MemoryOutlet

from google_drive_emulator import Emulator, load_scenario
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import RefreshTokenSource, TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.sync.wishes import Accept

FILES, PEOPLE = 60, 40
BOUND_BYTES = 200_000
CROWD = [{"emailAddress": f"person{number:03}@example.com", "role": "reader"} for number in range(PEOPLE)]
LEAVES = {"type": "file", "name": "Leaf {n}.txt", "text": "x", "copies": FILES}
SCENARIO = {
    "users": [{"email": "me@example.com", "name": "Me"}],
    "items": [{"type": "folder", "name": "Crowded", "permissions": CROWD, "children": [LEAVES]}],
}


class TightDrive(EmulatedDrive):
    """Its sessions hold little, so that a page of sixty files is for them what one of a thousand is for a worker's."""

    def session(self) -> DriveSession:
        """A session that holds no answer beyond the bound."""
        timing = self.time.timing
        endpoint = TokenEndpoint(self.transport, timing=timing)
        tokens = RefreshTokenSource(
            endpoint, client_id="id", client_secret="hush", refresh_token="1//mine", token_uri=f"{self.base_url}/token"
        )
        return DriveSession(self.transport, tokens, timing=timing, base_url=self.base_url, max_bytes=BOUND_BYTES)


@pytest.fixture
async def drive() -> AsyncIterator[TightDrive]:
    world = load_scenario(json.dumps(SCENARIO).encode()).build().world
    with ThreadPoolExecutor(1) as pages:
        async with Emulator(world).serve() as running, HttpTransport() as transport:
            yield TightDrive(running.world, running.base_url, transport, pages, VirtualTime())


async def synced(drive: TightDrive) -> MemoryOutlet:
    """What a full sync by the largest pages gives."""
    outlet = MemoryOutlet()
    await run_job(drive.runner(outlet), outlet, Accept({**CONFIG, "page_size": 1000}))
    return outlet


async def test_every_grant_of_a_crowded_page_arrives(drive: TightDrive) -> None:
    """The page is asked for in parts that can be held; nothing is left out, and nothing is called incomplete."""
    outlet = await synced(drive)
    files = [json.loads(record.data) for record in outlet.records if record.resource_type == "file"]
    assert len({file["id"] for file in files}) == FILES
    assert {len(file["permissions"]) for file in files} == {PEOPLE + 1}
    assert any(b'"phase":"complete"' in record.data and b'"complete":true' in record.data for record in outlet.records)


async def test_no_batch_outgrows_the_bound_of_an_answer(drive: TightDrive) -> None:
    """What stands in memory is a page's bytes and its records: neither follows the number of files asked for."""
    outlet = await synced(drive)
    pages = [batch for batch in outlet.batches if any(record.resource_type == "file" for record in batch.records)]
    assert len(pages) > 1
    assert max(batch.size_bytes for batch in pages) < 2 * BOUND_BYTES
