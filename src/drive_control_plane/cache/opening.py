"""The cache that the settings want. In: settings. Out: an open cache, shared with others where Redis is named."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from drive_control_plane.cache.local import LocalCache
from drive_control_plane.cache.metrics import CacheMetrics
from drive_control_plane.cache.protocol import Cache
from drive_control_plane.clock import Clock
from drive_control_plane.config import ControlPlaneSettings


@asynccontextmanager
async def open_cache(settings: ControlPlaneSettings, clock: Clock, registry: CollectorRegistry) -> AsyncIterator[Cache]:
    """Open it and close it. Whether Redis answers is asked once, so that the log tells of one that does not."""
    if settings.redis_url is None:
        yield LocalCache(clock)
        return
    from drive_control_plane.cache.redis_cache import RedisCache  # only where it is used: it is slow to import

    url = settings.redis_url.get_secret_value()
    cache = RedisCache(url, settings.redis_key_prefix, clock, CacheMetrics(registry))
    try:
        await cache.is_up()
        yield cache
    finally:
        await cache.close()
