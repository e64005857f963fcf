"""Gates of several replicas at one Redis, in the time of a stage."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random

from redis.exceptions import RedisError
from tests.integration.client.quota_stage import BEGIN_MS, Crowd, Stage, Tally
from tests.integration.client.shared_time import SharedTime

from google_drive_worker.quota.gate import QuotaGate
from google_drive_worker.quota.ledger import Scope
from google_drive_worker.quota.limits import Limits
from google_drive_worker.quota.opening import open_shared_gate
from google_drive_worker.quota.redis_books import RedisBooks, open_redis
from google_drive_worker.quota.shared_books import Answer, LimitAsk

PREFIX = "test"
CALL_SECONDS = 3.0  # a machine that runs tests may be slow
CLOCK = f"""
local function clock()
  return tonumber(redis.call('GET', '{PREFIX}:clock'))
end
"""


class TimedBooks(RedisBooks):
    """Books in Redis over a shared time, which stands while Redis is asked."""

    def __init__(self, url: str, replica: str, time: SharedTime, call_seconds: float) -> None:
        super().__init__(url, PREFIX, replica, clock=CLOCK, call_seconds=call_seconds)
        self.url = url
        self._clock = open_redis(url, call_seconds)
        self._time = time
        self.asked = 0

    async def exchange(self, asks: Sequence[tuple[Scope, LimitAsk]], *, leaving: bool = False) -> Answer:
        """Set Redis's clock, and exchange."""
        self.asked += 1
        with self._time.standing():
            await self._set_clock()
            return await super().exchange(asks, leaving=leaving)

    async def close(self) -> None:
        """Let go of both connections."""
        await self._clock.aclose()
        await super().close()

    async def _set_clock(self) -> None:
        try:
            await self._clock.set(f"{PREFIX}:clock", BEGIN_MS + int(self._time.seconds * 1000))
        except RedisError:
            return  # the exchange tells that Redis is away


@dataclass
class Replica:
    """One process's gate, and what happened at it."""

    stage: Stage
    gate: QuotaGate
    books: TimedBooks
    tally: Tally

    def crowd(self, until: float, user: str = "u") -> Crowd:
        """Callers of a user's that have always work."""
        return Crowd(self.stage, self.stage.session(self.gate.seat(user, "c")), until)


@asynccontextmanager
async def replica(
    stage: Stage, url: str, name: str, limits: Limits, call_seconds: float = CALL_SECONDS
) -> AsyncIterator[Replica]:
    """A replica that lives as long as the block."""
    books, tally = TimedBooks(url, name, stage.time, call_seconds), Tally()
    timing = replace(stage.time.timing, random=Random(name).random)
    async with open_shared_gate(books, limits, timing=timing, observer=tally) as gate:
        yield Replica(stage, gate, books, tally)
