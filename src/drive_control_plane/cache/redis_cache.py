"""A cache in Redis, for all replicas.

In: keys and bytes. Out: the bytes until their time is over. No call takes longer than a quarter of a second; a Redis
that is away has nothing, is left alone for some seconds after each failure, and is told of in the log once.
To import this takes a tenth of a second, so it is imported where Redis is used.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from drive_control_plane.cache.metrics import CacheMetrics
from drive_control_plane.clock import Clock

CALL_SECONDS: Final = 0.25
"""No call to Redis takes longer, connecting included."""
LEFT_ALONE: Final = timedelta(seconds=5)
"""After a failure: so that a Redis that hangs costs one caller a quarter of a second now and then, and not each."""

log = logging.getLogger(__name__)


class RedisCache:
    """The cache at a URL, under a prefix that makes one hash tag of all keys."""

    def __init__(
        self, url: str, prefix: str, clock: Clock, metrics: CacheMetrics, *, call_seconds: float = CALL_SECONDS
    ) -> None:
        self._address = address_of(url)
        self._prefix = prefix
        self._clock = clock
        self._metrics = metrics
        self._call_seconds = call_seconds
        self._left_alone_until: datetime | None = None
        self._redis = Redis.from_url(
            url, socket_timeout=call_seconds, socket_connect_timeout=call_seconds, retry=Retry(NoBackoff(), 0)
        )

    def __repr__(self) -> str:
        return f"Redis at {self._address}"

    async def get(self, key: str) -> bytes | None:
        """Give what is kept."""
        found: bytes | None = await self._asked(lambda: self._redis.get(self._key(key)))
        self._metrics.asked(hit=found is not None)
        return found

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for all replicas."""
        milliseconds = max(1, int(seconds * 1000))
        await self._asked(lambda: self._redis.set(self._key(key), value, px=milliseconds))

    async def drop(self, key: str) -> None:
        """Keep it no more."""
        await self._asked(lambda: self._redis.delete(self._key(key)))

    async def is_up(self) -> bool:
        """Whether it answered, just now or a few seconds ago."""
        await self._asked(self._redis.ping)
        return self._left_alone_until is None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def _asked(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """What Redis answers; None while it is away."""
        if self._left_alone_until is not None and self._clock.now() < self._left_alone_until:
            return None
        try:
            async with asyncio.timeout(self._call_seconds):
                answer = await call()
        except (RedisError, OSError, TimeoutError) as error:
            self._failed(error)
            return None
        self._worked()
        return answer

    def _failed(self, error: Exception) -> None:
        self._metrics.failed.inc()
        self._metrics.up.set(0)
        if self._left_alone_until is None:
            log.warning("%r does not answer (%s): nothing is cached until it does", self, type(error).__name__)
        self._left_alone_until = self._clock.now() + LEFT_ALONE

    def _worked(self) -> None:
        self._metrics.up.set(1)
        if self._left_alone_until is not None:
            log.warning("%r answers again", self)
        self._left_alone_until = None

    def _key(self, key: str) -> str:
        return f"{{{self._prefix}}}:cache:{key}"


def address_of(url: str) -> str:
    """Give host and port, or the socket, for people: never the password."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
