"""The script in Redis: over any history of several replicas, no minute holds more than the limit."""

import asyncio
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.quota.redis_server import RedisServer
from tests.integration.quota.replicas import CALL_SECONDS

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.leased_ledger import LeasedLedger
from google_drive_worker.quota.limits import Limits
from google_drive_worker.quota.redis_books import RedisBooks, open_redis

LIMIT = 2000
REPLICAS = 3
MOST_EXCHANGES = 2 * LIMIT
NAMES = count()
STEPS = st.lists(
    st.tuples(
        st.floats(0, 15),
        st.integers(0, REPLICAS - 1),
        st.sampled_from([5, 100, 200]),
        st.sampled_from(["call", "change", "hold", "quiet call", "refuse", "die", "lose"]),
    ),
    max_size=60,
)


Step = tuple[float, int, int, str]
"""Seconds that pass, the replica that acts, the price of its calls, what it does."""


class World:
    """Replicas that share a project's limit, at a time that steps tell; none is asked for more than it may."""

    def __init__(self, url: str, steps: list[Step]) -> None:
        self.url, self.steps, self.prefix, self.now = url, steps, f"world{next(NAMES)}", 0.0
        self.clock_seconds = 10**9
        self.spent: list[tuple[float, int, Lane]] = []

    async def live(self) -> None:
        """Go through all steps."""
        async with open_redis(self.url, CALL_SECONDS) as self.redis:
            self.replicas = [self._born() for _ in range(REPLICAS)]
            for passed, number, price, step in self.steps:
                self.now += passed
                await self._step(number, price, step)
            for _, books in self.replicas:
                await books.close()

    def _born(self) -> tuple[LeasedLedger, RedisBooks]:
        clock = f"local function clock() return tonumber(redis.call('GET', '{self.prefix}')) end\n"
        books = RedisBooks(self.url, self.prefix, f"replica{next(NAMES)}", clock=clock, call_seconds=CALL_SECONDS)
        return LeasedLedger(Limits(user=100 * LIMIT, project=LIMIT), self.now, lambda _: None), books

    async def _step(self, number: int, price: int, step: str) -> None:
        ledger, books = self.replicas[number]
        if step == "die":
            await books.close()
            self.replicas[number] = self._born()
        elif step == "set back":
            self.clock_seconds -= 600
        elif step == "forget":
            await self.redis.flushall()
        elif step == "hold":
            await self._exchange(ledger, books, heard=True)
            ledger.wait("u", price, Lane.FIRST_SCAN, self.now)
            await self._exchange(ledger, books, heard=True)
        elif step == "quiet call":
            self._spend(ledger, price, Lane.FIRST_SCAN)
        else:
            if step == "refuse":
                ledger.refused("u", 0.0, self.now, user_only=False)
            await self._exchange(ledger, books, heard=step != "lose")
            lane = Lane.CHANGES if step == "change" else Lane.FIRST_SCAN
            for _ in range(MOST_EXCHANGES):
                if not self._spend(ledger, price, lane) and (not ledger.is_low(self.now) or ledger.is_short):
                    return
                await self._exchange(ledger, books, heard=True)
            raise AssertionError("a replica asks for more and more at one moment")

    def _spend(self, ledger: LeasedLedger, price: int, lane: Lane) -> bool:
        before = len(self.spent)
        while ledger.wait("u", price, lane, self.now).seconds == 0 and ledger.is_shared:
            ledger.spend("u", price, lane, self.now)
            self.spent.append((self.now, price, lane))
        return len(self.spent) > before

    async def _exchange(self, ledger: LeasedLedger, books: RedisBooks, *, heard: bool) -> None:
        await self.redis.set(self.prefix, int((self.clock_seconds + self.now) * 1000))
        answer = await books.exchange(ledger.asks(self.now))
        if heard:
            ledger.take(answer, self.now)
        else:
            ledger.lose()

    def most(self) -> int:
        """What the fullest minute holds."""
        return max(
            (sum(price for at, price, _ in self.spent if 0 <= at - start < 60) for start, _, _ in self.spent), default=0
        )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_minute_holds_more_than_the_limit(redis_server: RedisServer, steps: list[Step]) -> None:
    """Whatever calls, refusals, deaths and lost answers: the limit is kept, but for what changes may overdraw."""
    world = World(redis_server.url, steps)
    asyncio.run(world.live())
    changes = any(lane is Lane.CHANGES for _, _, lane in world.spent)
    assert world.most() <= LIMIT * (1.02 if changes else 1.0)


HELD: Step = (0.0, 0, 100, "hold")


def filling(seconds: int, *beside: Step) -> list[Step]:
    """The second replica spends what it may, every second; something else happens beside."""
    return [step for _ in range(seconds) for step in ((1.0, 1, 5, "call"), *beside)]


async def test_what_is_leased_is_kept_for_who_leased_it(redis_server: RedisServer) -> None:
    """A replica that holds a lease while another fills the minute can still spend it, within the limit."""
    world = World(redis_server.url, [HELD, *filling(62, HELD), (0.0, 0, 100, "quiet call")])
    await world.live()
    assert 0.9 * LIMIT <= world.most() <= LIMIT
    assert world.spent[-1][1] == 100


async def test_what_the_dead_may_have_spent_is_counted(redis_server: RedisServer) -> None:
    """A replica spends its lease, tells nobody and dies: the others keep the limit all the same."""
    death: list[Step] = [(0.0, 0, 100, "quiet call"), (0.0, 0, 100, "die")]
    world = World(redis_server.url, [HELD, *filling(20, HELD), *death, *filling(60)])
    await world.live()
    assert 0.9 * LIMIT <= world.most() <= LIMIT
    assert (20.0, 100, Lane.FIRST_SCAN) in world.spent


@pytest.mark.parametrize("loss", ["forget", "set back"])
async def test_a_book_that_was_lost_is_written_anew(redis_server: RedisServer, loss: str) -> None:
    """When Redis forgets or its clock is set back, replicas tell what they spent: it is not spent again."""
    world = World(redis_server.url, [(1.0, 0, 5, "call")] * 55 + [(0.0, 0, 5, loss)] + [(1.0, 0, 5, "call")] * 60)
    await world.live()
    assert world.most() <= LIMIT
    assert sum(price for at, price, _ in world.spent if at > 60) >= 0.9 * LIMIT
