"""A control plane beside an emulated Drive that notifies it, both at one time that passes only when told to."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.control_plane.context import ManualTime, RecordingPublisher, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.http.problems import Problem
from drive_control_plane.webhooks.channels import ChannelManager
from drive_control_plane.webhooks.routes import router
from google_drive_emulator import Emulator, World, synthetic_world

DEADLINE_SECONDS = 20.0
Json = dict[str, Any]


@dataclass
class Drive:
    """An emulated Drive, the control plane that it notifies, and a manager of channels between them."""

    context: Context
    world: World
    emulator_url: str
    time: ManualTime
    publisher: RecordingPublisher
    manager: ChannelManager = field(init=False)
    tokens: list[str] = field(default_factory=list)
    """The connections that a token was asked for."""
    has_token: bool = True
    refused: list[str] = field(default_factory=list)
    """Hashes of tokens that Google refused, as they were told."""

    def __post_init__(self) -> None:
        self.manager = self.replica(self.context)

    def replica(self, context: Context) -> ChannelManager:
        """A manager as another process would have it."""
        return ChannelManager(context, self.token_of)

    async def token_of(self, connection_id: str, refused_hash: str | None) -> str:
        """A token of the world's first user; another one when that is refused."""
        self.tokens.append(connection_id)
        if refused_hash is not None:
            self.refused.append(refused_hash)
        if not self.has_token:
            raise Problem(409, "reauthorization_required", "the grant is gone")
        return f"ya29.secret-token{len(self.refused) or ''}"

    def pass_time(self, **duration: float) -> None:
        """Let time pass here and at Google."""
        self.time.advance(**duration)
        self.world.clock.set(_milliseconds(self.time.now))

    async def control(self, method: str, path: str, message: Json | None = None) -> Json:
        """Ask the emulator's control API."""
        url = f"{self.emulator_url}/__emulator__/{path}"
        async with self.context.http.request(method, url, json=message) as answer:
            assert answer.status == 200, await answer.text()
            found: Json = await answer.json()
            return found

    async def fault(self, route: str, **other: Any) -> None:
        """Let a call go wrong once, unless said otherwise."""
        await self.control("POST", "faults", {"faults": [{"route": route, **other}]})

    async def open_ids(self) -> set[str]:
        """The channels that are open at Google."""
        return {each["id"] for each in (await self.control("GET", "push"))["channels"]}

    async def until(self, condition: Callable[[list[Json]], bool]) -> None:
        """Wait until it is true of what Google delivered."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition((await self.control("GET", "push"))["deliveries"]):
                pass

    async def synced(self, count: int) -> None:
        """Wait until that many channels have been announced and taken."""
        await self.until(
            lambda found: sum(each["state"] == "sync" and each["outcome"] == 200 for each in found) >= count
        )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def emulated(database: Database, **settings: Any) -> AsyncIterator[Drive]:
    """Serve both; settings in place of those of the control plane."""
    world = synthetic_world(files=20, seed=7)
    world.clock.freeze()
    port, publisher = free_port(), RecordingPublisher()
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(Emulator(world).serve())
        time = ManualTime(datetime.fromtimestamp(running.world.clock() / 1000, UTC))
        addresses = {
            "control_plane_public_url": f"http://127.0.0.1:{port}",
            "gdrive_api_base_url": f"{running.base_url}/drive/v3",
        }
        context = await stack.enter_async_context(
            context_over(database, clock=time.clock, publisher=publisher, **(addresses | settings))
        )
        await stack.enter_async_context(serving(context, router, port=port))
        drive = Drive(context, running.world, running.base_url, time, publisher)
        await drive.control("PUT", "push", {"gaps": False, "retry_base_ms": 1})
        yield drive
