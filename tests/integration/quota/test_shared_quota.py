"""Several replicas, one quota: a real Redis, the emulator's quota, one time for all."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.integration.client.quota_stage import Stage, second_client, staged
from tests.integration.quota.redis_server import RedisServer
from tests.integration.quota.replicas import Replica, replica

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.limits import Limits

ALLOWED = 1500
LIMITS = Limits(user=ALLOWED, project=10 * ALLOWED)
MINUTES = 4


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(ALLOWED) as ready:
        yield ready


@pytest.fixture
async def pair(stage: Stage, redis_server: RedisServer) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two replicas that know the limits."""
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(replica(stage, redis_server.url, "a", LIMITS)),
            await stack.enter_async_context(replica(stage, redis_server.url, "b", LIMITS)),
        )


async def work(*replicas: Replica, minutes: float, user: str = "u") -> None:
    """Let all have always work, until a minute."""
    await asyncio.gather(*(each.crowd(minutes * 60, user).run() for each in replicas))


def let_one_die(url: str) -> None:
    """Start a replica in a process of its own, and kill it while it holds a lease."""
    command = [sys.executable, "-m", "tests.integration.quota.dying_replica", url, str(ALLOWED)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE) as dying:
        assert dying.stdout is not None
        assert dying.stdout.readline() == b"leased\n"
        dying.kill()


async def test_two_replicas_use_and_keep_one_limit(stage: Stage, pair: tuple[Replica, Replica]) -> None:
    """With work at both, 95 % of a user's limit is used and under 1 % refused, evenly; Redis is asked by the second."""
    await work(*pair, minutes=MINUTES)
    used, answered, refused = stage.use()
    assert used >= 0.95 * ALLOWED * MINUTES
    assert refused < 0.01 * (answered + refused)
    assert min(each.tally.calls for each in pair) >= 0.4 * answered
    assert max(each.books.asked for each in pair) <= 5 * 60 * MINUTES


async def test_one_replica_has_all_that_the_other_leaves(stage: Stage, pair: tuple[Replica, Replica]) -> None:
    """A replica without work takes nothing from one that has: 95 % are used by one alone."""
    await work(pair[0], minutes=MINUTES)
    used, _, refused = stage.use()
    assert used >= 0.95 * ALLOWED * MINUTES
    assert refused == 0


async def test_users_of_different_replicas_share_the_project(redis_server: RedisServer) -> None:
    """The project's limit is kept by all together, whoever's calls they are."""
    limits = Limits(user=100 * ALLOWED, project=ALLOWED)
    async with (
        staged(100 * ALLOWED, ALLOWED) as stage,
        replica(stage, redis_server.url, "a", limits) as one,
        replica(stage, redis_server.url, "b", limits) as other,
    ):
        await asyncio.gather(work(one, minutes=MINUTES, user="u"), work(other, minutes=MINUTES, user="v"))
        used, answered, refused = stage.use("project")
    assert used >= 0.95 * ALLOWED * MINUTES
    assert refused < 0.01 * (answered + refused)


async def test_an_unknown_limit_is_learnt_together(stage: Stage, redis_server: RedisServer) -> None:
    """With a limit not told and another client on 40 % of it, two replicas use 80 % of all; under 2 % is refused."""
    minutes, told = 6, Limits(user=4 * ALLOWED, project=40 * ALLOWED)
    other = asyncio.create_task(second_client(stage, minutes, 0.4 * ALLOWED))
    async with (
        replica(stage, redis_server.url, "a", told) as one,
        replica(stage, redis_server.url, "b", told) as two,
    ):
        await work(one, two, minutes=minutes)
    await other
    assert stage.use()[0] >= 0.8 * ALLOWED * minutes
    assert one.tally.refusals + two.tally.refusals < 0.02 * (one.tally.calls + two.tally.calls)


async def test_a_pause_holds_for_all(stage: Stage, pair: tuple[Replica, Replica]) -> None:
    """What Drive asks of one replica by `Retry-After`, the other keeps too."""
    one, other = (each.gate.seat("u", "c") for each in pair)
    await one.acquire(5, Lane.FIRST_SCAN)
    await other.acquire(5, Lane.FIRST_SCAN)
    one.report_rate_error(30.0, user_only=True)
    await stage.time.sleep(2.0)
    await other.acquire(5, Lane.FIRST_SCAN)
    assert stage.time.seconds >= 30.0


async def test_a_day_is_counted_by_all(stage: Stage, redis_server: RedisServer) -> None:
    """What replicas have spent of the day is gone for those that come later."""
    limits = Limits(user=ALLOWED, project=ALLOWED, day=50)
    async with replica(stage, redis_server.url, "a", limits) as one:
        for _ in range(8):
            await one.gate.seat("u", "c").acquire(5, Lane.CHANGES)
    async with replica(stage, redis_server.url, "b", limits) as other:
        seat = other.gate.seat("v", "d")
        await seat.acquire(5, Lane.CHANGES)
        await seat.acquire(5, Lane.CHANGES)
        late = asyncio.ensure_future(seat.acquire(5, Lane.CHANGES))
        await stage.time.sleep(30.0)
        assert not late.done()
        late.cancel()


async def test_a_day_that_redis_forgot_is_told_again(stage: Stage, redis_server: RedisServer) -> None:
    """When Redis has lost the count of the day, replicas tell what they spent of it."""
    limits = Limits(user=ALLOWED, project=ALLOWED, day=50)
    async with (
        replica(stage, redis_server.url, "a", limits) as one,
        replica(stage, redis_server.url, "b", limits) as other,
    ):
        for _ in range(8):
            await one.gate.seat("u", "c").acquire(5, Lane.CHANGES)
        await stage.time.sleep(2.0)
        redis_server.stop()
        redis_server.start()
        await stage.time.sleep(5.0)
        seat = other.gate.seat("v", "d")
        await seat.acquire(5, Lane.CHANGES)
        await seat.acquire(5, Lane.CHANGES)
        late = asyncio.ensure_future(seat.acquire(5, Lane.CHANGES))
        await stage.time.sleep(30.0)
        assert not late.done()
        late.cancel()


async def test_the_lease_of_a_killed_replica_comes_back(stage: Stage, pair: tuple[Replica, Replica]) -> None:
    """A replica that is killed keeps nothing from the others for longer than a minute."""
    survivor = pair[0]
    with stage.time.standing():
        await asyncio.to_thread(let_one_die, survivor.books.url)
    await work(survivor, minutes=0.02)
    assert survivor.gate.sharing is not None
    assert survivor.gate.sharing.ledger.replicas == 3
    await work(survivor, minutes=MINUTES)
    assert stage.use()[0] >= 0.95 * ALLOWED * MINUTES - ALLOWED / 10
    assert survivor.gate.sharing.ledger.replicas == 2


async def test_redis_goes_and_comes(
    stage: Stage, redis_server: RedisServer, pair: tuple[Replica, Replica], caplog: pytest.LogCaptureFixture
) -> None:
    """Without Redis each goes on with its share and says so once; when it is back, all is shared as before."""
    caplog.set_level(logging.INFO, "google_drive_worker.quota.sharing")
    await work(*pair, minutes=1)
    redis_server.stop()
    await work(*pair, minutes=4)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    redis_server.start()
    await work(*pair, minutes=8)
    used, answered, refused = stage.use()
    assert used >= 0.9 * ALLOWED * 8
    assert refused < 0.01 * (answered + refused)
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "INFO", "INFO"]
    assert [each.gate.sharing.exchanges.fallbacks for each in pair if each.gate.sharing] == [1, 1]


async def test_a_change_waits_for_no_redis(stage: Stage, redis_server: RedisServer) -> None:
    """While Redis hangs, before and after that is noticed, a change is let through in the same moment."""
    async with replica(stage, redis_server.url, "a", LIMITS, call_seconds=0.25) as one:
        await work(one, minutes=0.5)
        seat, sharing = one.gate.seat("u", "c"), one.gate.sharing
        assert sharing is not None
        with redis_server.hanging():
            known = sharing.exchanges.failed
            await seat.acquire(5, Lane.CHANGES)
            assert sharing.exchanges.failed == known
            await stage.time.sleep(3.0)
            assert sharing.exchanges.failed > known
            before = stage.time.seconds
            await seat.acquire(5, Lane.CHANGES)
            assert stage.time.seconds == before
