"""Probes and metrics over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from google_drive_worker.http.health import Check, HealthServer
from google_drive_worker.http.metrics import Metrics

HOST = "127.0.0.1"


@dataclass
class Patient:
    """Something that has a health; tests change it while it is served."""

    live: Check = field(default_factory=lambda: Check(ok=True, detail="seen"))
    ready: Check = field(default_factory=lambda: Check(ok=True, detail="owns 3 partitions"))
    kafka: Check = field(default_factory=lambda: Check(ok=True, detail="reachable"))

    async def is_live(self) -> Check:
        return self.live

    async def is_ready(self) -> Check:
        return self.ready

    async def has_kafka(self) -> Check:
        return self.kafka


@asynccontextmanager
async def served(patient: Patient) -> AsyncIterator[str]:
    """The base URL of a server on a free port."""
    server = HealthServer(
        Metrics(),
        live=patient.is_live,
        ready=patient.is_ready,
        checks={"kafka": patient.has_kafka},
        about=lambda: {"version": "1.2.3"},
    )
    await server.start(HOST, 0)
    try:
        yield f"http://{HOST}:{server.port}"
    finally:
        await server.stop()


async def get(url: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else await answer.text()


@pytest.mark.parametrize("probe", ["live", "ready"])
async def test_a_probe_answers_by_its_check(probe: str) -> None:
    """200 while all is well, 503 with the reason otherwise: what an orchestrator acts on."""
    patient = Patient()
    async with served(patient) as base_url:
        status, body = await get(f"{base_url}/health/{probe}")
        assert (status, body["status"]) == (200, "ok")
        setattr(patient, probe, Check(ok=False, detail="not yet"))
        assert await get(f"{base_url}/health/{probe}") == (503, {"status": "unavailable", "detail": "not yet"})


async def test_a_probe_names_the_parts_that_failed() -> None:
    """A list beside the text, for programs."""
    patient = Patient(ready=Check(ok=False, detail="kafka: away", failed=("kafka",)))
    async with served(patient) as base_url:
        _, body = await get(f"{base_url}/health/ready")
    assert body == {"status": "unavailable", "detail": "kafka: away", "failed": ["kafka"]}


@pytest.mark.parametrize("path", ["/health", "/health/status"])
async def test_the_status_names_every_check(path: str) -> None:
    """Each check with its detail, and what is served; one failed check degrades the whole."""
    patient = Patient()
    async with served(patient) as base_url:
        assert await get(base_url + path) == (
            200,
            {"status": "ok", "checks": {"kafka": {"status": "ok", "detail": "reachable"}}, "version": "1.2.3"},
        )
        patient.kafka = Check(ok=False, detail="the cluster did not answer")
        status, body = await get(base_url + path)
        assert (status, body["status"]) == (503, "degraded")
        assert body["checks"]["kafka"] == {"status": "failed", "detail": "the cluster did not answer"}


async def test_liveness_does_not_ask_the_others() -> None:
    """A cluster that is away is no reason to restart a worker."""
    async with served(Patient(kafka=Check(ok=False, detail="away"))) as base_url:
        assert (await get(f"{base_url}/health/live"))[0] == 200


async def test_metrics_are_exposed_as_text() -> None:
    """Prometheus reads its format, on the same port."""
    async with served(Patient()) as base_url:
        status, text = await get(f"{base_url}/metrics")
    assert status == 200
    assert "# TYPE google_drive_worker_files_synced_total counter" in text


async def test_a_port_that_is_taken_is_an_error() -> None:
    """A second server on the same port says so instead of serving nothing."""
    async with served(Patient()) as base_url:
        port = int(base_url.rsplit(":", 1)[1])
        patient = Patient()
        second = HealthServer(
            Metrics(), live=patient.is_live, ready=patient.is_ready, checks={}, about=dict[str, object]
        )
        with pytest.raises(OSError, match=str(port)):
            await second.start(HOST, port)
        await second.stop()


async def test_checks_run_side_by_side() -> None:
    """The status takes as long as its slowest check, not as all of them: each may wait for the other."""
    meeting = asyncio.Barrier(2)

    async def meets() -> Check:
        await meeting.wait()
        return Check(ok=True, detail="met")

    checks = {"a": meets, "b": meets}
    server = HealthServer(Metrics(), live=meets, ready=meets, checks=checks, about=dict[str, object])
    await server.start(HOST, 0)
    status, _ = await get(f"http://{HOST}:{server.port}/health")
    await server.stop()
    assert status == 200
