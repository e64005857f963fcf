"""A context for tests: settings that are valid, time that stands still, a publisher that remembers.

In: a migrated database. Out: what every part of the control plane works with, without Kafka and without Google.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from drive_control_plane.cache import LocalCache
from drive_control_plane.clock import REAL_CLOCK, Clock
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.context import Context, Publisher, PublishError
from drive_control_plane.database import Database
from drive_control_plane.security.vault import Vault

SIGNING_KEY = "c2lnbmluZy1rZXktZm9yLXRlc3RzLW9mLTMyLWJ5dGU="
FERNET_KEY = "ZmVybmV0LWtleS1mb3ItdGVzdHMtb2YtMzItYnl0ZXM="
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Published:
    """One message that was published."""

    topic: str
    key: str
    value: bytes
    traceparent: str | None

    def json(self) -> Any:
        """Its value, decoded."""
        return json.loads(self.value)


@dataclass
class RecordingPublisher:
    """Keeps what is published, in order; while `broken` holds a reason it refuses, as a cluster that is down does."""

    published: list[Published] = field(default_factory=list)
    broken: str | None = None

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        """Keep a message. Raises `PublishError` while broken."""
        await asyncio.sleep(0)  # others run meanwhile, as they would
        if self.broken is not None:
            raise PublishError(self.broken)
        self.published.append(Published(topic, key, value, traceparent))


class ManualTime:
    """Time that passes only by `advance`, and for whoever sleeps; `clock` goes into a context."""

    def __init__(self, start: datetime = EPOCH) -> None:
        self._now = start
        self.slept: list[float] = []
        self.clock = Clock(now=lambda: self._now, sleep=self._sleep)

    @property
    def now(self) -> datetime:
        """The moment it stands at."""
        return self._now

    def advance(self, **duration: float) -> None:
        """Let time pass: `advance(minutes=5)`."""
        self._now += timedelta(**duration)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.advance(seconds=seconds)


def make_settings(**settings: Any) -> ControlPlaneSettings:
    """Valid settings, with those given in place of their own."""
    defaults: dict[str, Any] = {
        "control_plane_signing_keys": SIGNING_KEY,
        "credentials_encryption_keys": FERNET_KEY,
        "google_client_id": "client-id.apps.googleusercontent.com",
        "google_client_secret": "client-secret",
    }
    return ControlPlaneSettings(**{**defaults, **settings})


def make_context(
    database: Database,
    *,
    http: aiohttp.ClientSession,
    clock: Clock = REAL_CLOCK,
    publisher: Publisher | None = None,
    **settings: Any,
) -> Context:
    """A context over a database; whoever made `http` and the database closes them."""
    url = database.engine.url.render_as_string(hide_password=False)
    checked = make_settings(**{"database_url": url, **settings})
    return Context(
        settings=checked,
        database=database,
        vault=Vault(checked.credentials_encryption_keys),
        publisher=RecordingPublisher() if publisher is None else publisher,
        http=http,
        clock=clock,
        cache=LocalCache(clock),
    )


@asynccontextmanager
async def context_over(
    database: Database, *, clock: Clock = REAL_CLOCK, publisher: Publisher | None = None, **settings: Any
) -> AsyncIterator[Context]:
    """A context with an HTTP session of its own, which is closed at the end."""
    timeout = aiohttp.ClientTimeout(total=10.0)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        yield make_context(database, http=http, clock=clock, publisher=publisher, **settings)
