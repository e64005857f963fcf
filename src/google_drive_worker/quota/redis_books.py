"""The books that all replicas keep together, in Redis. In: what one replica asks. Out: what it gets.

One script, `leases.lua`, does all of it at once and over Redis's own time, so that neither two replicas nor the clocks
of two machines can take the same units. Every key begins with one hash tag: Redis Cluster keeps them together.
To import this takes a tenth of a second, so it is imported where Redis is used.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from google_drive_worker.client.errors import REASON_LIMIT, safe_text
from google_drive_worker.quota.ledger import Scope
from google_drive_worker.quota.shared_books import Answer, Ask, LimitAsk, SharedBooksError

CALL_SECONDS = 0.25
"""No call to Redis takes longer, connecting included."""
REDIS_CLOCK = """
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
"""


class RedisBooks:
    """The books at a URL, under a prefix; `replica` names this process, and no other one ever."""

    def __init__(
        self, url: str, prefix: str, replica: str, *, clock: str = REDIS_CLOCK, call_seconds: float = CALL_SECONDS
    ) -> None:
        self._address = address_of(url)
        self._prefix = prefix
        self._replica = replica
        self._call_seconds = call_seconds
        self._redis = open_redis(url, call_seconds)
        self._script = self._redis.register_script(clock + files(__package__).joinpath("leases.lua").read_text())

    def __repr__(self) -> str:
        return f"Redis at {self._address}"

    async def exchange(self, asks: Sequence[tuple[Scope, LimitAsk]], *, leaving: bool = False) -> Answer:
        """Tell and ask at once. Raises `SharedBooksError`, within `call_seconds`."""
        ask = Ask(replica=self._replica, leaving=leaving, limits=[limit for _, limit in asks])
        keys = self._keys([scope for scope, _ in asks])
        async with self._answering():
            return msgspec.json.decode(await self._script(keys=keys, args=[msgspec.json.encode(ask)]), type=Answer)

    async def check(self) -> None:
        """See that Redis answers and runs scripts. Raises `SharedBooksError`."""
        async with self._answering():
            await self._redis.eval("return redis.call('TIME')", 0)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._redis.aclose()

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._call_seconds):
                yield
        except TimeoutError:
            raise SharedBooksError(f"no answer within {self._call_seconds} s") from None
        except (RedisError, OSError, msgspec.DecodeError) as error:
            raise SharedBooksError(safe_text(f"{type(error).__name__}: {error}", REASON_LIMIT)) from error

    def _keys(self, scopes: Sequence[Scope]) -> list[str]:
        keys = [self._key("replicas")]
        for scope in scopes:
            name = f"{scope.limit}:{_short(scope.user)}" if scope.user else scope.limit
            keys += [self._key(f"{name}:book"), self._key(f"{name}:window")]
        return keys

    def _key(self, name: str) -> str:
        return f"{{{self._prefix}}}:quota:{name}"


def open_redis(url: str, call_seconds: float = CALL_SECONDS) -> Redis:
    """Make a client that neither waits long nor tries again. Raises `ValueError` where the URL is none of Redis's."""
    return Redis.from_url(
        url, socket_timeout=call_seconds, socket_connect_timeout=call_seconds, retry=Retry(NoBackoff(), 0)
    )


def address_of(url: str) -> str:
    """Give host and port, or the socket, for people: never the password."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


def _short(user: str) -> str:
    """A user's name in a key: no address of anybody's, and no character that means something to Redis."""
    return hashlib.blake2b(user.encode(), digest_size=12).hexdigest()
