"""What whoever watches over processes is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.support.control_plane.context import ManualTime, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.cache.metrics import CacheMetrics
from drive_control_plane.cache.redis_cache import RedisCache
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.kafka_contact import KafkaContact

ALL_UP = {"status": "ok", "cache": "up", "kafka_events": "up", "kafka_publisher": "up"}
NOBODY = "redis://:hunter2@127.0.0.1:1/0"


@asynccontextmanager
async def without_redis(context: Context) -> AsyncIterator[Context]:
    """A process whose Redis does not answer."""
    cache = RedisCache(NOBODY, "test", context.clock, CacheMetrics(context.registry))
    try:
        yield replace(context, cache=cache)
    finally:
        await cache.close()


async def test_it_is_ready_while_the_database_answers(database: Database) -> None:
    """And says how the cache is."""
    async with (
        context_over(database) as context,
        serving(context) as url,
        context.http.get(f"{url}/health/ready") as answer,
    ):
        assert (answer.status, await answer.json()) == (200, ALL_UP)


async def test_a_redis_that_is_away_does_not_take_it_out_of_service(database: Database) -> None:
    """Nothing needs the cache: replicas stay ready, and their metrics show what is wrong."""
    async with context_over(database) as made, without_redis(made) as context, serving(context) as url:
        async with context.http.get(f"{url}/health/ready") as answer:
            assert (answer.status, await answer.json()) == (200, ALL_UP | {"cache": "away"})
        async with context.http.get(f"{url}/metrics") as answer:
            assert "drive_control_plane_cache_up 0.0" in await answer.text()


async def test_a_kafka_that_is_away_is_named(database: Database) -> None:
    """By each of the two that need it, in the answer and for Prometheus; it stays in service."""
    time = ManualTime()
    contact = KafkaContact(lambda: time.now)
    async with context_over(database, clock=time.clock) as made, serving(replace(made, kafka=contact)) as url:
        contact.show(made.registry)
        contact.heard(time.now)
        time.advance(seconds=89)
        async with made.http.get(f"{url}/health/ready") as answer:
            assert await answer.json() == ALL_UP
        time.advance(seconds=31)
        contact.publishes = False
        async with made.http.get(f"{url}/health/ready") as answer:
            told = {"kafka_events": "away", "kafka_publisher": "away"}
            assert (answer.status, await answer.json()) == (200, ALL_UP | told)
        async with made.http.get(f"{url}/metrics") as answer:
            metrics = await answer.text()
    assert "drive_control_plane_kafka_events_up 0.0" in metrics
    assert "drive_control_plane_kafka_events_silent_seconds 120.0" in metrics
    assert "drive_control_plane_kafka_publisher_up 0.0" in metrics


async def test_without_its_database_it_is_not_ready(database: Database) -> None:
    """The answer says which part, and no address."""
    away = Database("sqlite:////nowhere/at/all.sqlite")
    async with (
        context_over(database) as made,
        serving(replace(made, database=away)) as url,
        made.http.get(f"{url}/health/ready") as answer,
    ):
        assert answer.status == 503
        told = await answer.json()
    await away.close()
    assert told["failed"] == ["database"]
    assert "/nowhere" not in told["detail"]
