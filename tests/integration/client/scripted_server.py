"""A real HTTP server on this machine that answers by a script and remembers what it was asked."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

JSON = {"content-type": "application/json; charset=UTF-8"}


@dataclass(frozen=True)
class Answer:
    """One answer; `cut` closes the connection in the middle of the body, `stall` never sends it."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    cut: bool = False
    stall: bool = False


@dataclass(frozen=True)
class Asked:
    """What arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    form: dict[str, str]


class ScriptedServer:
    """Gives `script` in order, then its `last` answer for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.script: deque[Answer] = deque()
        self.last = Answer()
        self.asked: list[Asked] = []
        self.connections: set[object] = set()
        self.stalling = asyncio.Event()
        self._released = asyncio.Event()

    def release(self) -> None:
        """Ends what stalls."""
        self._released.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(Asked(request.method, request.raw_path, dict(request.query), request.headers, form))
        self.connections.add(request.transport)
        answer = self.script.popleft() if self.script else self.last
        if answer.stall:
            self.stalling.set()
            await self._released.wait()
        if answer.cut:
            return await self._cut(request, answer)
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    async def _cut(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.content_length = len(answer.body)
        await response.prepare(request)
        await response.write(answer.body[: len(answer.body) // 2])
        if request.transport is not None:
            request.transport.close()
        return response


@asynccontextmanager
async def serving() -> AsyncIterator[ScriptedServer]:
    """Runs a scripted server on a free port of the loopback interface."""
    server = ScriptedServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = _address(runner)
    try:
        yield server
    finally:
        server.release()
        await runner.cleanup()


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
