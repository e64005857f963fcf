"""An emulator to run inside a program: a world in, a server on a port out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.server import make_application
from google_drive_emulator.oauth.token_server import AuthMode
from google_drive_emulator.rendering.render_cache import DEFAULT_CACHE_BYTES
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.world import World

_SHUTDOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Running:
    """An emulator that serves; ``base_url`` is like ``http://127.0.0.1:8080``, without a slash at the end."""

    base_url: str
    world: World


class Emulator:
    """Google Drive over a world, for programs and tests.

    ``latency_ms`` delays every answer; ``pages`` makes pages smaller than asked for, as Drive does;
    ``cache_bytes`` bounds the memory for rendered files.
    """

    def __init__(
        self,
        world: World,
        *,
        auth: AuthMode = "open",
        latency_ms: int = 0,
        pages: PageSettings | None = None,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self._state = EmulatorState(world, auth=auth, latency_ms=latency_ms, pages=pages, cache_bytes=cache_bytes)

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Running]:
        """Serve until the block is left; port 0 is any free one. Raises ``OSError`` when the port cannot be had."""
        runner = web.AppRunner(
            make_application(self._state),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            bound_port = runner.addresses[0][1]
            shown = f"[{host}]" if ":" in host else host
            yield Running(f"http://{shown}:{bound_port}", self._state.world)
        finally:
            await runner.cleanup()
