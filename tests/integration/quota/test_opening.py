"""From settings to a gate that is shared, and what metrics and `doctor` say of it."""

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from tests.integration.quota.redis_server import RedisServer

from google_drive_worker.client.quota import Lane
from google_drive_worker.config import DriveSettings, WorkerSettings
from google_drive_worker.health_checks import Verdict, check_redis
from google_drive_worker.http.quota_series import QuotaSeries
from google_drive_worker.quota.gate import QuotaGate
from google_drive_worker.quota.opening import open_gate

SECRET = "canary-of-a-password"


def drive_settings(url: str | None) -> DriveSettings:
    return DriveSettings(
        redis_url=SecretStr(url) if url else None,
        gdrive_quota_units_per_minute_user=6000,
        gdrive_quota_units_per_minute_project=60_000,
    )


def worker_settings(url: str | None) -> WorkerSettings:
    return WorkerSettings(kafka_bootstrap_servers="nowhere:9092", redis_url=SecretStr(url) if url else None)


def series(gate: QuotaGate) -> dict[tuple[str, ...], float]:
    """What is exposed: name and label values, to values."""
    registry = CollectorRegistry()
    registry.register(QuotaSeries("p", gate))
    samples = [sample for family in registry.collect() for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


async def test_two_gates_of_one_setting_share(redis_server: RedisServer) -> None:
    """With `REDIS_URL`, what one gate spent is part of what the other says is used."""
    settings = drive_settings(redis_server.url)
    async with open_gate(settings) as one, open_gate(settings) as other:
        await one.seat("u", "c").acquire(200, Lane.CHANGES)
        await one.seat("u", "c").acquire(100, Lane.FIRST_SCAN)
        await other.seat("u", "d").acquire(100, Lane.FIRST_SCAN)
        seen = series(other)
    assert seen[("p_quota_use_ratio", "user")] >= 300 / 6000
    assert seen[("p_quota_shared",)] == 1
    assert seen[("p_quota_replicas",)] == 2
    assert seen[("p_quota_exchanges_total", "answered")] >= 2
    assert seen[("p_quota_fallbacks_total",)] == 0
    assert seen[("p_quota_leased_units", "user")] >= 0


async def test_without_redis_nothing_is_shared() -> None:
    """Without `REDIS_URL` a gate counts for itself, and the series say so."""
    async with open_gate(drive_settings(None)) as gate:
        await gate.seat("u", "c").acquire(300, Lane.CHANGES)
        seen = series(gate)
    assert seen[("p_quota_use_ratio", "user")] == pytest.approx(300 / 6000)
    assert seen[("p_quota_use_ratio", "project")] == pytest.approx(300 / 60_000)
    assert (seen[("p_quota_shared",)], seen[("p_quota_replicas",)]) == (0, 1)


async def test_a_gate_opens_without_its_redis(redis_server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """A Redis that is away at the start keeps nobody waiting; no password is logged."""
    redis_server.stop()
    url = redis_server.url.replace("redis://", f"redis://:{SECRET}@")
    async with open_gate(drive_settings(url)) as gate:
        await gate.seat("u", "c").acquire(100, Lane.FIRST_SCAN)
        assert series(gate)[("p_quota_shared",)] == 0
    assert SECRET not in caplog.text


async def test_the_doctor_asks_redis(redis_server: RedisServer) -> None:
    """`doctor` says that Redis answers; when it does not, what to do; and nothing where none is named."""
    assert await check_redis(worker_settings(None)) == []
    [well] = await check_redis(worker_settings(redis_server.url))
    assert well.verdict is Verdict.GOOD
    redis_server.stop()
    [ill] = await check_redis(worker_settings(redis_server.url.replace("redis://", f"redis://:{SECRET}@")))
    assert (ill.verdict, SECRET in ill.what) == (Verdict.BAD, False)
    assert ill.advice is not None
    assert "REDIS_URL" in ill.advice
