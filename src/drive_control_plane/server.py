"""The process: the application, and what works beside it: scheduler, reader of events, alerts, push channels.

In: settings, and a wish to stop. Out: all of it started in order and ended in order. Wiring only.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import aiohttp
import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from clustera_toolkit.loop_lag import watch_loop
from drive_control_plane.app import create_app
from drive_control_plane.audit.log import Actor
from drive_control_plane.cache.opening import open_cache
from drive_control_plane.clock import REAL_CLOCK
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.connections.access_tokens import AccessTokens
from drive_control_plane.context import Context
from drive_control_plane.database import Database, cause_of, migrate
from drive_control_plane.database.tables import Connection, Role
from drive_control_plane.events.batch import Applier, Listeners
from drive_control_plane.events.consume import EventConsumer
from drive_control_plane.events.feed import Feed
from drive_control_plane.events.metrics import EventMetrics
from drive_control_plane.events.retention import clean
from drive_control_plane.events.sweep import AlertSweep
from drive_control_plane.kafka.publisher import KafkaPublisher
from drive_control_plane.kafka_contact import KafkaContact
from drive_control_plane.operators.accounts import has_operators, invite
from drive_control_plane.scheduler.claims import pace_of
from drive_control_plane.scheduler.loop import Scheduler
from drive_control_plane.scheduler.metrics import SchedulerMetrics
from drive_control_plane.scheduler.pacing import hasten
from drive_control_plane.security.vault import Vault
from drive_control_plane.webhooks.channels import ChannelManager
from drive_control_plane.webhooks.due import status_changed

log = logging.getLogger(__name__)

GOOGLE_SECONDS = 30.0
GRACE_SECONDS = 5
BACKLOG = 2_048
SWEEP_SECONDS = 60.0
CLEAN_SECONDS = 3_600.0

Say = Callable[[str], None]
"""Tells whoever started it something that belongs on a terminal and into no log."""


class _Server(uvicorn.Server):
    """A server that says when it listens, and is told when to end; signals are whose it runs in."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            host, port, *_ = listener.getsockname()
            log.info("listening", extra={"host": host, "port": port})
        if self.started:
            self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        feed: Feed | None = self.lifespan.state.get("feed")
        if feed is not None:
            feed.close()  # lines to open pages never end by themselves, and all others are waited for
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: ControlPlaneSettings, stop: asyncio.Event, say: Say) -> None:
    """Serve until told to stop. Raises `DatabaseError`, `KafkaClientError`, `OSError`; also what a part died of."""
    async with AsyncExitStack() as stack:
        context = await stack.enter_async_context(opened_context(settings))
        await _prepare(context)
        welcome = await _welcome(context)
        scheduler = Scheduler(context, SchedulerMetrics(context.registry))
        scheduler.start()
        context.hooks.run_due = scheduler.wake
        stack.push_async_callback(scheduler.close)
        tokens = AccessTokens(context)  # one of it, so that a token is renewed once whoever asks
        work = [asyncio.create_task(each, name=name) for name, each in _background(context, tokens).items()]
        stack.push_async_callback(_cancel, work)
        app = create_app(context)
        app.state.access_tokens = tokens
        await _serve_http(context, app, stop, work, lambda: say(welcome))


@asynccontextmanager
async def opened_context(settings: ControlPlaneSettings) -> AsyncIterator[Context]:
    """The parts of a process: connected, and closed at the end."""
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url.get_secret_value())
        stack.push_async_callback(database.close)
        contact = KafkaContact()
        publisher = KafkaPublisher(settings.kafka_bootstrap_servers, settings.kafka_connection, contact)
        stack.push_async_callback(publisher.close)
        await publisher.start()
        timeout = aiohttp.ClientTimeout(total=GOOGLE_SECONDS)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        )
        registry = CollectorRegistry()
        contact.show(registry)
        cache = await stack.enter_async_context(open_cache(settings, REAL_CLOCK, registry))
        vault = Vault(settings.credentials_encryption_keys)
        yield Context(settings, database, vault, publisher, http, registry=registry, cache=cache, kafka=contact)


async def _prepare(context: Context) -> None:
    """Have the schema of this program."""
    if context.database.is_postgresql:
        await migrate.check(context.database)  # a shared database is migrated by whoever deploys
    else:
        await migrate.upgrade(context.database)


async def _welcome(context: Context) -> str:
    """Where it is; and while nobody can sign in, a link that makes the first account."""
    address = context.settings.control_plane_public_url
    if await has_operators(context):
        return f"Control plane: {address}"
    if context.settings.oidc_only:
        invitation = "google-drive-control-plane operators invite YOUR-ADDRESS --role administrator"
        return f"Control plane: {address}\nNobody can sign in yet: `{invitation}`, then sign in there."
    secret = await invite(context, Actor("system", "first start"), Role.ADMINISTRATOR)
    return (
        f"Control plane: {address}\nNobody can sign in yet. Open this link once, within a day: {address}/setup/{secret}"
    )


def _background(context: Context, tokens: AccessTokens) -> dict[str, Coroutine[Any, Any, None]]:
    """What runs beside the application, by name."""
    settings, database, clock = context.settings, context.database, context.clock
    manager = ChannelManager(context, tokens.token_of)  # without push it stops what channels there are
    context.hooks.stop_channels = manager.stop_all
    applier = Applier(database, clock, settings.kafka_topic_errors, _listeners(context, manager))
    return {
        "events": EventConsumer(settings, database, clock, applier, contact=context.kafka).run(),
        "channels": manager.run(),
        "loop": watch_loop(),
        "alerts": _again_and_again(context, SWEEP_SECONDS, AlertSweep(database, clock).sweep),
        "retention": _again_and_again(context, CLEAN_SECONDS, lambda: clean(database, clock.now(), settings)),
    }


def _listeners(context: Context, manager: ChannelManager) -> Listeners:
    """Who is told of the worker's events: push channels follow corpora and statuses, schedules follow activity."""

    def active(connection: Connection, now: datetime) -> None:
        hasten(connection, now, pace_of(context))

    async def status(session: AsyncSession, connection_id: str) -> None:
        await status_changed(session, connection_id, context.clock.now())

    metrics = EventMetrics(context.registry)
    return Listeners(manager.corpus_opened, manager.corpus_closed, status, active, metrics=metrics)


async def _again_and_again(context: Context, seconds: float, work: Callable[[], Coroutine[Any, Any, int]]) -> None:
    """Do something now and then; a database that is away is asked again the next time."""
    while True:
        try:
            await work()
        except (SQLAlchemyError, OSError) as error:
            log.warning("the database is away: %s", cause_of(error))
        await context.clock.sleep(seconds)


async def _serve_http(
    context: Context, app: FastAPI, stop: asyncio.Event, work: list[asyncio.Task[None]], listening: Callable[[], None]
) -> None:
    """Serve until told to stop, or until a part of the process has died."""
    listener = await _listener(context.settings.control_plane_http_host, context.settings.control_plane_http_port)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # else it believes X-Forwarded-For of this machine, whatever the settings say
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        ),
        listening,
    )
    serving = asyncio.create_task(server.serve([listener]), name="http")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    ended, _ = await asyncio.wait({serving, stopping, *work}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await asyncio.gather(serving, stopping, return_exceptions=True)
    for part in ended - {stopping}:
        part.result()  # raises what it died of


async def _listener(host: str, port: int) -> socket.socket:
    """Where it listens; uvicorn by itself would end the process. Raises `OSError`."""
    try:
        ((family, _, _, _, address), *_) = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return socket.create_server((address[0], port), family=family, backlog=BACKLOG)
    except OSError as error:
        wrong = "CONTROL_PLANE_HTTP_HOST and CONTROL_PLANE_HTTP_PORT"
        why = str(error.strerror or error).partition(" (")[0]
        raise OSError(f"cannot listen on {host}:{port} ({why}): see {wrong}") from error


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
