"""Health, for probes and people.

In: checks. Out: `/health/live` (the process is not wedged), `/health/ready` (it owns what it should and messages
flow), `/health/status` and `/health` (each check with its detail), `/metrics`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from google_drive_worker.http.metrics import Metrics

log = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
STOP_SECONDS = 1.0
"""How long an answer under way may delay the end of the worker."""


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of a check. `detail` is for people and holds no secret; `failed` names the parts, for programs."""

    ok: bool
    detail: str
    failed: tuple[str, ...] = ()


CheckFunction = Callable[[], Awaitable[Check]]


class HealthServer:
    """Serves probes and metrics; port 0 takes any free one."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        live: CheckFunction,
        ready: CheckFunction,
        checks: Mapping[str, CheckFunction],
        about: Callable[[], Mapping[str, object]],
    ) -> None:
        self._metrics = metrics
        self._live = live
        self._ready = ready
        self._checks = checks
        self._about = about
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises `OSError` when the port is taken."""
        app = web.Application()
        app.router.add_get("/health/live", self._liveness)
        app.router.add_get("/health/ready", self._readiness)
        app.router.add_get("/health/status", self._status)
        app.router.add_get("/health", self._status)
        app.router.add_get("/metrics", self._exposition)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _liveness(self, request: web.Request) -> web.Response:  # noqa: ARG002 # aiohttp's signature
        return await self._answer(self._live)

    async def _readiness(self, request: web.Request) -> web.Response:  # noqa: ARG002 # aiohttp's signature
        return await self._answer(self._ready)

    async def _answer(self, check: CheckFunction) -> web.Response:
        outcome = await _run(check)
        body: dict[str, object] = {"status": "ok" if outcome.ok else "unavailable", "detail": outcome.detail}
        if outcome.failed:
            body["failed"] = outcome.failed
        return web.json_response(body, status=200 if outcome.ok else 503)

    async def _status(self, request: web.Request) -> web.Response:  # noqa: ARG002 # aiohttp's signature
        names = list(self._checks)
        outcomes = await asyncio.gather(*(_run(self._checks[name]) for name in names))
        checks = {
            name: {"status": "ok" if outcome.ok else "failed", "detail": outcome.detail}
            for name, outcome in zip(names, outcomes, strict=True)
        }
        healthy = all(outcome.ok for outcome in outcomes)
        body = {"status": "ok" if healthy else "degraded", "checks": checks, **self._about()}
        return web.json_response(body, status=200 if healthy else 503)

    async def _exposition(self, request: web.Request) -> web.Response:  # noqa: ARG002 # aiohttp's signature
        return web.Response(body=self._metrics.exposition(), headers={"Content-Type": "text/plain; version=0.0.4"})


async def _run(check: CheckFunction) -> Check:
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS)
    except TimeoutError:
        return Check(ok=False, detail=f"no answer within {CHECK_SECONDS:.0f} s")
    except Exception as error:
        log.exception("a health check failed by itself")
        return Check(ok=False, detail=f"the check itself failed ({type(error).__name__}); the log has more")
