"""An emulator to run inside a program: a world in, a server on a port out."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.quota import QuotaSettings
from google_drive_emulator.http.server import make_application
from google_drive_emulator.http.tls import Tls
from google_drive_emulator.oauth.token_server import AuthMode
from google_drive_emulator.rendering.render_cache import DEFAULT_CACHE_BYTES
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.world import World

_SHUTDOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Running:
    """An emulator that serves; ``base_url`` is like ``http://127.0.0.1:8080``, without a slash at the end.

    ``plain_url`` is the same without TLS, where both are served. ``ca_file`` is the PEM file of the authority that
    clients must trust, where one was made.
    """

    base_url: str
    world: World
    plain_url: str | None = None
    ca_file: Path | None = None


class Emulator:
    """Google Drive over a world, for programs and tests.

    ``latency_ms`` delays every answer; ``pages`` makes pages smaller than asked for, as Drive does; ``quota`` limits
    how often may be called; ``cache_bytes`` bounds the memory for rendered files.
    """

    def __init__(
        self,
        world: World,
        *,
        auth: AuthMode = "open",
        latency_ms: int = 0,
        pages: PageSettings | None = None,
        quota: QuotaSettings | None = None,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self.state = EmulatorState(
            world, auth=auth, latency_ms=latency_ms, pages=pages, quota=quota, cache_bytes=cache_bytes
        )

    @asynccontextmanager
    async def serve(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: Tls | None = None,
        plain_port: int | None = None,
        ca_file: Path | None = None,
    ) -> AsyncIterator[Running]:
        """Serve until the block is left; port 0 is any free one.

        With ``tls``, ``port`` speaks HTTPS, and ``plain_port`` HTTP beside it if it is given. An authority that was
        made for it is written to ``ca_file``, by default in a directory that is gone afterwards. Raises ``OSError``
        when a port cannot be had, or the file not be written.
        """
        runner = web.AppRunner(
            make_application(self.state),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            with _written(tls, ca_file) as written:
                base_url = await _listen(runner, host, port, tls)
                plain_url = None if plain_port is None else await _listen(runner, host, plain_port, None)
                async with self.state.push.running():
                    yield Running(base_url, self.state.world, plain_url, written)
        finally:
            await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int, tls: Tls | None) -> str:
    """Listen on one more port and return its URL."""
    known = len(runner.addresses)
    await web.TCPSite(runner, host, port, ssl_context=None if tls is None else tls.context).start()
    shown = f"[{host}]" if ":" in host else host
    return f"{'http' if tls is None else 'https'}://{shown}:{runner.addresses[known][1]}"


@contextmanager
def _written(tls: Tls | None, ca_file: Path | None) -> Iterator[Path | None]:
    """Have an authority in a file while the block runs."""
    if tls is None or tls.ca_pem is None:
        yield None
        return
    with TemporaryDirectory(prefix="google-drive-emulator-") as directory:
        path = ca_file or Path(directory) / "ca.pem"
        path.write_bytes(tls.ca_pem)
        yield path
