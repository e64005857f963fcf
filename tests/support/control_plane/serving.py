"""The control plane over real HTTP, in the loop of the test.

In: a context, and routers that the application does not have by itself. Out: the address that it is served at.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import APIRouter, FastAPI

from drive_control_plane.app import ROUTERS, create_app
from drive_control_plane.context import Context

END_SECONDS = 5.0


class _Server(uvicorn.Server):
    """A server that leaves the test's signals alone, says when it listens, and ends as soon as it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening, self._ending = asyncio.Event(), asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._ending.wait()

    def end(self) -> None:
        self._ending.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(context: Context, *routers: APIRouter, port: int = 0) -> AsyncIterator[str]:
    """Serve the control plane; `routers` are added where the application lacks them. Gives the base URL."""
    app = create_app(context)
    for router in routers:
        if router not in ROUTERS:
            app.include_router(router)
    async with serving_app(app, port) as url:
        yield url


@contextmanager
def listening(port: int = 0) -> Iterator[socket.socket]:
    """Take a port, a free one unless it is named: its address is known, and nobody else's, before it is served."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        # asyncio does so only with a listener of its own: without it each answer waits 40 ms for an acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


@asynccontextmanager
async def serving_app(app: FastAPI, port: int = 0) -> AsyncIterator[str]:
    """Serve any application on a free port, or on the one given; it has ended when the block has."""
    with listening(port) as listener:
        async with serving_at(listener, app) as url:
            yield url


@asynccontextmanager
async def serving_at(listener: socket.socket, app: FastAPI) -> AsyncIterator[str]:
    """Serve any application where somebody listens already; it has ended when the block has."""
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]))
    try:
        await _listening(server, task)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.end()
        await _ended(task)


async def _listening(server: _Server, task: asyncio.Task[None]) -> None:
    waiting = asyncio.create_task(server.listening.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        waiting.cancel()
        task.result()
        raise RuntimeError("the server ended before it listened")


async def _ended(task: asyncio.Task[None]) -> None:
    done, _ = await asyncio.wait({task}, timeout=END_SECONDS)
    if not done:
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)
