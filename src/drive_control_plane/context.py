"""What every part of the control plane works with.

In: settings. Out: the database, the vault, the clock, HTTP to Google, a publisher to Kafka, a cache; one of
each a process.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Protocol, TypeVar

import aiohttp
from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from drive_control_plane.cache import Cache, LocalCache
from drive_control_plane.clock import REAL_CLOCK, Clock
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Database
from drive_control_plane.database.in_hand import InHand
from drive_control_plane.kafka_contact import KafkaContact
from drive_control_plane.security.vault import Vault

Thing = TypeVar("Thing")


class Publisher(Protocol):
    """Messages to Kafka, acknowledged."""

    async def publish(self, topic: str, key: str, value: bytes, traceparent: str | None = None) -> None:
        """Send one message and wait until the cluster has it; those of a key keep the order in which they came.

        Raises `PublishError`.
        """
        ...


class PublishError(Exception):
    """The cluster did not acknowledge a message in time; whoever asked should ask again."""


async def _nothing(_: str) -> None:
    pass


def _nobody() -> None:
    pass


@dataclass(slots=True)
class Hooks:
    """What one part does for another that is made before it; set once, while the process starts."""

    stop_channels: Callable[[str], Awaitable[None]] = _nothing
    """Stop a connection's push channels at Google, while its grant is still good. Takes seconds at most."""
    run_due: Callable[[], None] = _nobody
    """Have what was made due just now run at once, not when the scheduler looks again."""


@dataclass(frozen=True, slots=True)
class Context:
    """One process's parts. `http` is for calls to Google, with timeouts of its own."""

    settings: ControlPlaneSettings
    database: Database
    vault: Vault
    publisher: Publisher
    http: aiohttp.ClientSession
    clock: Clock = field(default=REAL_CLOCK)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    """What this process counts."""
    hooks: Hooks = field(default_factory=Hooks)
    cache: Cache = field(default_factory=LocalCache)
    """What was asked of Google before. Secrets are sealed before they are put there."""
    kafka: KafkaContact = field(default_factory=KafkaContact)
    """How it stands with Kafka."""
    in_hand: InHand = field(default_factory=InHand)
    """Connections that somebody changes just now, where no row can be locked (SQLite)."""


def context_of(request: Request) -> Context:
    """The context of the application that answers a request."""
    context: Context = request.app.state.context
    return context


def only_one(request: Request, name: str, make: Callable[[Context], Thing]) -> Thing:
    """The application's one thing of a name, made when it is first asked for."""
    state = request.app.state
    if not hasattr(state, name):
        setattr(state, name, make(context_of(request)))
    found: Thing = getattr(state, name)
    return found


InContext = Annotated[Context, Depends(context_of)]
"""How a route asks for it."""
