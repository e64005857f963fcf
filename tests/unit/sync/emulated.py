"""An emulated drive with a session on it, and jobs that run against it without a clock."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from tests.support.convergence.features import Features
from tests.support.convergence.truth import Client, seen_by
from tests.unit.client.virtual_time import VirtualTime
from tests.unit.sync.memory_outlet import MemoryOutlet
from tests.unit.sync.replica import Replica

from google_drive_emulator import Emulator, World, synthetic_world
from google_drive_worker.client.resources import FILE
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import RefreshTokenSource, TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.normalizer import file_data
from google_drive_worker.schemas.record import ENCODER
from google_drive_worker.schemas.state import ConnectionState, JobState
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.engine import Engine
from google_drive_worker.sync.outlet import Outlet, OutletClosedError
from google_drive_worker.sync.patch import All, Patch
from google_drive_worker.sync.run import EngineSettings
from google_drive_worker.sync.runner import Runner
from google_drive_worker.sync.wishes import Accept

Json = dict[str, Any]
Kind = TypeVar("Kind")

CONN = "conn_1"
REFRESH_TOKEN = "1//mine"
CONFIG: Json = {"refresh_token": "gAAAA", "page_size": 20, "resources": ["file", "permission"]}
AGAIN = Accept(None)
DEADLINE_SECONDS = 30.0
SETTINGS = EngineSettings(progress_seconds=0.0)


@dataclass
class EmulatedDrive:
    """A world behind HTTP. Time in it passes only for whoever sleeps, and then at once."""

    world: World
    base_url: str
    transport: HttpTransport
    pages: Executor
    time: VirtualTime
    settings: EngineSettings = SETTINGS

    def session(self) -> DriveSession:
        """A session of the world's first user."""
        timing = self.time.timing
        tokens = RefreshTokenSource(
            TokenEndpoint(self.transport, timing=timing),
            client_id="id",
            client_secret="hush",
            refresh_token=REFRESH_TOKEN,
            token_uri=f"{self.base_url}/token",
        )
        return DriveSession(self.transport, tokens, timing=timing, base_url=self.base_url)

    def engine(self) -> Engine:
        """An engine as after a start of the process."""
        return Engine(self.settings, self.pages, self.time.timing)

    def runner(self, outlet: Outlet, *, max_scans: int = 2) -> Runner:
        """A runner of jobs on this drive."""

        async def open_session(_: str, __: JobState) -> DriveSession:
            return self.session()

        return Runner(self.engine(), outlet, open_session, max_scans=max_scans, timing=self.time.timing)

    async def control(self, path: str, message: Json) -> None:
        """Make the emulator do what Drive would do by itself."""
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.base_url}/__emulator__/{path}", json=message) as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def fault(self, route: str, **other: Any) -> None:
        """Let a call go wrong once, unless said otherwise."""
        await self.control("faults", {"faults": [{"route": route, **other}]})

    async def lose_page_tokens(self, times: int) -> None:
        """Have each first page of files answered and each token that it gave refused, so many times."""
        for _ in range(times):
            await self.fault("files.list", kind="latency", latency_ms=0)
            await self.fault("files.list", status=403, reason="pageTokenExpired")

    async def items(self) -> dict[str, Json]:
        """What a faithful copy holds: the data of every item, by id."""
        async with aiohttp.ClientSession() as http:
            url = f"{self.base_url}/__emulator__/world/items?limit=5000"
            async with http.get(url) as answer:
                found = await answer.json()
        assert found["next"] is None
        decoded = [FILE.decode(json.dumps(item)) for item in found["items"] if not item["isRoot"]]
        return {file.id: json.loads(ENCODER.encode(file_data(file))) for file in decoded}

    async def seen(self) -> dict[str, Json]:
        """What the user sees in all corpora, as a plain client reads it: by id its corpus, names and places."""
        async with aiohttp.ClientSession() as http:
            client = Client(http, self.base_url, self.world.users[0].email)
            found = await seen_by(client, Features(drives=True))
        return {name: {"corpus": each.corpus, **_placed(each.data)} for name, each in found.items()}

    async def file_ids(self) -> list[str]:
        """Ids of all that is no folder: what happens to one of these happens to it alone."""
        found = (self.world.item(item_id) for item_id in await self.items())
        return [item.id for item in found if item is not None and not item.is_folder]


@asynccontextmanager
async def emulated_drive(*, files: int = 90, seed: int = 7) -> AsyncIterator[EmulatedDrive]:
    """Serve a synthetic drive of that many items."""
    world = synthetic_world(files=files, seed=seed)
    with ThreadPoolExecutor(1) as pages:
        async with Emulator(world).serve() as running, HttpTransport() as transport:
            yield EmulatedDrive(running.world, running.base_url, transport, pages, VirtualTime())


def patches_of(batch: Batch) -> Iterator[Patch]:
    """The patches of a batch, one by one."""
    waiting = [] if batch.patch is None else [batch.patch]
    while waiting:
        patch = waiting.pop(0)
        if isinstance(patch, All):
            waiting = [*patch.patches, *waiting]
        else:
            yield patch


def found(batch: Batch, kind: type[Kind]) -> Kind | None:
    """The batch's patch of that kind, if it has one."""
    return next((patch for patch in patches_of(batch) if isinstance(patch, kind)), None)


async def run_job(runner: Runner, outlet: MemoryOutlet, *wishes: Accept) -> None:
    """Accept wishes (a first incremental one by default), and wait until nothing is left to do."""
    outlet.change(CONN, *(wishes or [Accept(CONFIG)]))
    runner.wake(CONN)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await runner.join(CONN)


async def run_engine(drive: EmulatedDrive, outlet: MemoryOutlet) -> None:
    """One run of a new engine from the outlet's state, as a process does that was just started."""
    state = outlet.state(CONN) or ConnectionState(CONN)
    try:
        async with aclosing(drive.engine().run(state, drive.session())) as batches:
            async for batch in batches:
                await outlet.put(CONN, batch)
    except OutletClosedError:
        return


def _placed(data: Json) -> Json:
    return {name: data.get(name) for name in ("name", "parents", "trashed", "permission_ids", "permissions")}


def held(outlet: MemoryOutlet) -> dict[str, Json]:
    """What a consumer holds, as `EmulatedDrive.seen` has it."""
    replica = Replica.of(outlet.records)
    return {name: {"corpus": replica.corpora[name], **_placed(data)} for name, data in replica.items.items()}


def comparable(items: dict[str, Json]) -> dict[str, Json]:
    """Items without what the record's mask does not ask for."""
    names = ("name", "mime_type", "parents", "version", "size_bytes", "trashed", "modified_at", "permissions")
    return {key: {name: data.get(name) for name in names} for key, data in items.items()}
