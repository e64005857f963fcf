"""An emulator for programs that are not asynchronous: it serves from a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeAlias, TypeVar

from google_drive_emulator.emulator import Emulator, Running
from google_drive_emulator.http.tls import Tls
from google_drive_emulator.world.world import World

_PATIENCE_SECONDS = 60.0

ResultT = TypeVar("ResultT")
_Started: TypeAlias = tuple[Running, asyncio.AbstractEventLoop, asyncio.Event]


class Background:
    """An emulator that serves from another thread."""

    def __init__(self, running: Running, loop: asyncio.AbstractEventLoop) -> None:
        self.running = running
        self.loop = loop

    @property
    def base_url(self) -> str:
        """Return where it is reached, like ``http://127.0.0.1:8080``."""
        return self.running.base_url

    def run(self, task: Callable[[World], ResultT]) -> ResultT:
        """Call a function with the world, between requests, and return what it returns or raise what it raises.

        The world belongs to the emulator's thread: this is how others look at it or change it.
        """

        async def call() -> ResultT:
            return task(self.running.world)

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(_PATIENCE_SECONDS)


@contextmanager
def serve_in_background(
    emulator: Emulator,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    tls: Tls | None = None,
    plain_port: int | None = None,
) -> Iterator[Background]:
    """Serve from another thread while the block runs; port 0 is any free one. Raises ``OSError``.

    ``tls`` and ``plain_port`` are those of ``Emulator.serve``.
    """
    started: Future[_Started] = Future()
    serving = emulator.serve(host, port, tls=tls, plain_port=plain_port)
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(serving, started)), name="google-drive-emulator", daemon=True
    )
    thread.start()
    running, loop, stop = started.result(_PATIENCE_SECONDS)
    try:
        yield Background(running, loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_PATIENCE_SECONDS)


async def _serve(serving: AbstractAsyncContextManager[Running], started: "Future[_Started]") -> None:
    stop = asyncio.Event()
    try:
        async with serving as running:
            started.set_result((running, asyncio.get_running_loop(), stop))
            await stop.wait()
    except Exception as error:
        if started.done():
            raise
        started.set_exception(error)  # for the thread that waits
