"""Replicas with a Redis: who was given a token by one gets it from any of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import redis
from prometheus_client import CollectorRegistry
from tests.integration.quota.redis_server import RedisServer
from tests.support.control_plane.consent import Stage, stage
from tests.support.control_plane.context import make_settings
from tests.support.control_plane.databases import url_of

from drive_control_plane.audit.log import Actor
from drive_control_plane.cache.opening import open_cache
from drive_control_plane.connections.access_tokens import AccessTokens, Request
from drive_control_plane.context import Context
from drive_control_plane.database import Database
from drive_control_plane.oauth.disconnect import disconnect

WORKER = Actor("machine", "client_worker", address="192.0.2.1")


@asynccontextmanager
async def replica(staged: Stage, server: RedisServer, url: str | None = None) -> AsyncIterator[Context]:
    """A process with connections of its own to both."""
    database = Database(url or url_of(staged.context.database))
    settings, registry = make_settings(redis_url=server.url), CollectorRegistry()
    try:
        async with open_cache(settings, staged.time.clock, registry) as cache:
            yield replace(staged.context, database=database, cache=cache, registry=registry)
    finally:
        await database.close()


async def test_replicas_give_the_same_token_again(postgresql_database: Database, redis_server: RedisServer) -> None:
    """One gives it, another gives it again without its database; Redis holds nothing in clear."""
    async with stage(postgresql_database) as staged:
        request = Request(WORKER, await staged.connected())
        nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
        async with replica(staged, redis_server) as one, replica(staged, redis_server, nowhere) as two:
            given = await AccessTokens(one).grant(request)
            assert await AccessTokens(two).grant(request) == given
        with redis.Redis(port=redis_server.port) as client:
            (key,) = client.scan_iter()
            kept = client.get(key)
        assert isinstance(kept, bytes)
        assert given.access_token.encode() not in kept
        assert staged.accounts[0].encode() not in key + kept


async def test_what_ends_by_one_replica_ends_for_all(postgresql_database: Database, redis_server: RedisServer) -> None:
    """A connection that is disconnected by one is given by none, also with a Redis that forgot nothing else."""
    async with stage(postgresql_database) as staged:
        ended, other = await staged.connected(), await staged.connected(staged.accounts[1])
        async with replica(staged, redis_server) as one, replica(staged, redis_server) as two:
            for connection_id in (ended, other):
                await AccessTokens(two).grant(Request(WORKER, connection_id))
            await disconnect(one, staged.operators["op_1"].actor, ended)
        with redis.Redis(port=redis_server.port) as client:
            assert [key.decode().rpartition(":")[2] for key in client.scan_iter()] == [other]


async def test_a_redis_that_hangs_does_not_keep_workers_from_tokens(
    postgresql_database: Database, redis_server: RedisServer
) -> None:
    """They get them by the database, as without it."""
    async with stage(postgresql_database) as staged:
        request = Request(WORKER, await staged.connected())
        async with replica(staged, redis_server) as one:
            with redis_server.hanging():
                first, second = [await AccessTokens(one).grant(request) for _ in range(2)]
        assert first == second
        assert len(await staged.audit("access_token.given")) == 2
