"""The cache in a real Redis: shared by replicas, and never in anybody's way when it is away."""

import logging
import time as machine
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import redis
from prometheus_client import CollectorRegistry
from tests.integration.quota.redis_server import RedisServer
from tests.support.control_plane.context import ManualTime, make_settings

from drive_control_plane.cache import Cache, LocalCache
from drive_control_plane.cache.opening import open_cache

PATIENCE_SECONDS = 30.0


class Process:
    """One replica's cache, and what it counts."""

    def __init__(self, cache: Cache, registry: CollectorRegistry) -> None:
        self.cache = cache
        self._registry = registry

    def count(self, name: str, **labels: str) -> float:
        """A series of the cache."""
        return self._registry.get_sample_value(f"drive_control_plane_cache_{name}", labels) or 0.0


@pytest.fixture
def time() -> ManualTime:
    """Time that a test lets pass: how long a Redis that failed is left alone."""
    return ManualTime()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """What is closed at the end."""
    async with AsyncExitStack() as stack:
        yield stack


async def replica(stack: AsyncExitStack, server: RedisServer, time: ManualTime, **settings: str) -> Process:
    """A process with a cache in that Redis."""
    registry = CollectorRegistry()
    wanted = make_settings(**{"redis_url": server.url, **settings})
    return Process(await stack.enter_async_context(open_cache(wanted, time.clock, registry)), registry)


async def test_replicas_share_what_one_of_them_has_put(
    redis_server: RedisServer, stack: AsyncExitStack, time: ManualTime
) -> None:
    """What one puts the other gets, and what one drops is gone for both; hits and misses are counted."""
    one, two = [await replica(stack, redis_server, time) for _ in range(2)]
    await one.cache.put("key", b"\x00value", 300)
    assert await two.cache.get("key") == b"\x00value"
    await two.cache.drop("key")
    assert await one.cache.get("key") is None
    assert (two.count("asked_total", outcome="hit"), one.count("asked_total", outcome="miss")) == (1, 1)
    assert (one.count("failures_total"), one.count("up")) == (0, 1)


async def test_redis_ends_a_value_by_itself(redis_server: RedisServer, stack: AsyncExitStack, time: ManualTime) -> None:
    """Each key has its end from the start: what nobody drops does not stay."""
    process = await replica(stack, redis_server, time)
    await process.cache.put("long", b"value", 300)
    await process.cache.put("short", b"value", 0.05)
    with redis.Redis(port=redis_server.port) as client:
        assert 299_000 < client.pttl("{drive-control-plane}:cache:long") <= 300_000
    given_up = machine.monotonic() + PATIENCE_SECONDS
    while await process.cache.get("short") is not None:
        assert machine.monotonic() < given_up


async def test_installations_on_one_redis_do_not_meet(
    redis_server: RedisServer, stack: AsyncExitStack, time: ManualTime
) -> None:
    """REDIS_KEY_PREFIX keeps them apart, and all keys of one carry one hash tag for Redis Cluster."""
    one = await replica(stack, redis_server, time, redis_key_prefix="one")
    two = await replica(stack, redis_server, time, redis_key_prefix="two")
    await one.cache.put("key", b"value", 300)
    assert await two.cache.get("key") is None
    with redis.Redis(port=redis_server.port) as client:
        assert list(client.scan_iter()) == [b"{one}:cache:key"]


async def test_a_redis_that_hangs_is_asked_once_and_told_of_once(
    redis_server: RedisServer, stack: AsyncExitStack, time: ManualTime, caplog: pytest.LogCaptureFixture
) -> None:
    """One caller waits in vain, the next ones do not wait, and the log says it in one line."""
    process = await replica(stack, redis_server, time)
    await process.cache.put("key", b"value", 300)
    caplog.set_level(logging.WARNING)
    with redis_server.hanging():
        for _ in range(100):
            assert await process.cache.get("key") is None
        await process.cache.put("other", b"value", 300)
        await process.cache.drop("key")
        assert not await process.cache.is_up()
        assert process.count("failures_total") == 1
        time.advance(seconds=6)
        assert await process.cache.get("key") is None
        assert (process.count("failures_total"), process.count("up")) == (2, 0)
    time.advance(seconds=6)
    assert await process.cache.get("key") == b"value"
    assert await process.cache.is_up()
    assert process.count("up") == 1
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "does not answer" in told[0]
    assert "answers again" in told[1]


async def test_a_redis_that_is_away_at_the_start_keeps_nobody_from_starting(
    redis_server: RedisServer, stack: AsyncExitStack, time: ManualTime, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says that nothing is cached, and does not say the password."""
    redis_server.stop()
    url = redis_server.url.replace("://", "://user:hunter2@")
    process = await replica(stack, redis_server, time, redis_url=url)
    await process.cache.put("key", b"value", 300)
    assert await process.cache.get("key") is None
    assert "does not answer" in caplog.text
    assert "hunter2" not in caplog.text + repr(process.cache)
    assert f"127.0.0.1:{redis_server.port}" in caplog.text


async def test_without_redis_the_process_has_a_cache_of_its_own(stack: AsyncExitStack, time: ManualTime) -> None:
    """REDIS_URL is optional."""
    cache = await stack.enter_async_context(open_cache(make_settings(), time.clock, CollectorRegistry()))
    assert isinstance(cache, LocalCache)


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "redis://localhost:port"])
def test_an_address_that_is_none_of_redis_is_refused(url: str) -> None:
    """Before the start, with a sentence."""
    with pytest.raises(ValueError, match="must be redis://host:port/0"):
        make_settings(redis_url=url)
