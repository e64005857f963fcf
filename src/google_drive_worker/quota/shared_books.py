"""The books that all replicas keep together, in Redis. In: what one replica asks. Out: what it gets.

One script, `leases.lua`, does all of it at once and over Redis's own time, so that neither two replicas nor the clocks
of two machines can take the same units. Every key begins with one hash tag: Redis Cluster keeps them together.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from google_drive_worker.quota import estimate
from google_drive_worker.quota.ledger import Scope
from google_drive_worker.quota.meter import FREE_FRACTION, GRAINS, SLACK_SECONDS
from google_drive_worker.quota.pace import BURST_SECONDS

CALL_SECONDS = 0.25
"""No call to Redis takes longer, connecting included."""
LEASE_LIFE_SECONDS = 5.0
REPLICA_LIFE_SECONDS = 10.0
REDIS_CLOCK = """
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
"""


class SharedBooksError(Exception):
    """Redis did not answer in time, or not as it should."""


class LimitAsk(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, as one replica sees it: totals since its start, ages and periods in milliseconds.

    `grains` is what was spent since the last answer, oldest first; `recent` what was in the period before. `want` is
    the lease wished for in all, `urgent` the part of it that changes wait for, `least` what is of any use.
    """

    limit: float
    period: int
    spent: float
    acknowledged: float
    born: int
    recent: float
    grains: Sequence[tuple[int, float]]
    want: float
    urgent: float
    least: float
    refused: bool
    pause: int


class LimitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, as all replicas have it; `granted` is the asker's total, `paused` what is left of a pause."""

    granted: float
    allowed: float
    used: float
    free: float
    paused: float
    born: int


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the script does as the meters of one process do."""

    grains: int = GRAINS
    slack: int = int(SLACK_SECONDS * 1000)
    burst: int = int(BURST_SECONDS * 1000)
    free: float = FREE_FRACTION
    learn_every: int = int(estimate.LEARN_EVERY_SECONDS * 1000)
    decrease: float = estimate.DECREASE_FACTOR
    least_decrease: float = estimate.LEAST_DECREASE_FACTOR
    floor: float = estimate.FLOOR_FRACTION
    step: float = estimate.STEP_FRACTION
    lease: int = int(LEASE_LIFE_SECONDS * 1000)
    replica: int = int(REPLICA_LIFE_SECONDS * 1000)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What the script is given."""

    replica: str
    leaving: bool
    limits: Sequence[LimitAsk]
    rules: Rules = Rules()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the script gives, limits in the order of the ask; `replicas` were heard of in the last ten seconds."""

    replicas: int
    limits: Sequence[LimitAnswer]


class SharedBooks(Protocol):
    """Where replicas meet."""

    async def exchange(self, asks: Sequence[tuple[Scope, LimitAsk]], *, leaving: bool) -> Answer:
        """Tell and ask at once. Raises `SharedBooksError`."""

    async def close(self) -> None:
        """Let go of the connection."""


class RedisBooks:
    """The books at a URL, under a prefix; `replica` names this process, and no other one ever."""

    def __init__(self, url: str, prefix: str, replica: str, *, clock: str = REDIS_CLOCK) -> None:
        self._address = address_of(url)
        self._prefix = prefix
        self._replica = replica
        self._redis = open_redis(url)
        self._script = self._redis.register_script(clock + files(__package__).joinpath("leases.lua").read_text())

    def __repr__(self) -> str:
        return f"Redis at {self._address}"

    async def exchange(self, asks: Sequence[tuple[Scope, LimitAsk]], *, leaving: bool = False) -> Answer:
        """Tell and ask at once. Raises `SharedBooksError`, within `CALL_SECONDS`."""
        ask = Ask(replica=self._replica, leaving=leaving, limits=[limit for _, limit in asks])
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer = await self._script(
                    keys=self._keys([scope for scope, _ in asks]), args=[msgspec.json.encode(ask)]
                )
            return msgspec.json.decode(answer, type=Answer)
        except TimeoutError:
            raise SharedBooksError(f"no answer within {CALL_SECONDS} s") from None
        except (RedisError, OSError, msgspec.DecodeError) as error:
            raise SharedBooksError(type(error).__name__) from error

    async def close(self) -> None:
        """Let go of the connection."""
        await self._redis.aclose()

    def _keys(self, scopes: Sequence[Scope]) -> list[str]:
        keys = [self._key("replicas")]
        for scope in scopes:
            name = f"{scope.limit}:{_short(scope.user)}" if scope.user else scope.limit
            keys += [self._key(f"{name}:book"), self._key(f"{name}:window")]
        return keys

    def _key(self, name: str) -> str:
        return f"{{{self._prefix}}}:quota:{name}"


def open_redis(url: str) -> Redis:
    """Make a client that neither waits long nor tries again. Raises `ValueError` where the URL is none of Redis's."""
    return Redis.from_url(
        url, socket_timeout=CALL_SECONDS, socket_connect_timeout=CALL_SECONDS, retry=Retry(NoBackoff(), 0)
    )


def address_of(url: str) -> str:
    """Give host and port, for people: never the password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'a socket'}:{parts.port or 6379}"


def _short(user: str) -> str:
    """A user's name in a key: no address of anybody's, and no character that means something to Redis."""
    return hashlib.blake2b(user.encode(), digest_size=12).hexdigest()
