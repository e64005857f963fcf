"""A connection with logs and channels, notifications over real HTTP, and what the database holds afterwards."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from sqlalchemy import select
from tests.support.control_plane.context import EPOCH, ManualTime, RecordingPublisher, context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.context import Context, Publisher
from drive_control_plane.database import Database
from drive_control_plane.database.base import new_id
from drive_control_plane.database.tables import Channel, Connection, ConnectionStatus, Corpus, Tenant
from drive_control_plane.security.secrets import hash_of
from drive_control_plane.webhooks.routes import router

CONNECTION = "conn_1"
ME = "user:me"
TOKEN = "the channel's token"
RESOURCE = "resource"
WEEK = timedelta(days=7)


async def add_connection(database: Database, connection_id: str = CONNECTION, *corpora: str, **values: Any) -> None:
    """Make a connection that follows some logs."""
    async with database.transaction() as session:
        if await session.get(Tenant, "tenant") is None:
            session.add(Tenant(id="tenant", name="Tenant", created_at=EPOCH))
            await session.flush()
        connection = {
            "tenant_id": "tenant",
            "name": "A drive",
            "account_id": connection_id,
            "account_email": "ann@example.com",
            "status": ConnectionStatus.ACTIVE,
            "settings": {},
            "schedule": {"kind": "adaptive"},
            "created_at": EPOCH,
            "updated_at": EPOCH,
        }
        session.add(Connection(id=connection_id, **(connection | values)))
        await session.flush()
        for corpus in corpora:
            session.add(Corpus(connection_id=connection_id, corpus=corpus, opened_at=EPOCH, heard_at=EPOCH))


async def add_channel(database: Database, connection_id: str = CONNECTION, **values: Any) -> str:
    """Make an open channel that expects `TOKEN`; its id."""
    channel = {
        "connection_id": connection_id,
        "corpus": ME,
        "token_hash": hash_of(TOKEN),
        "resource_id": RESOURCE,
        "created_at": EPOCH,
        "expires_at": EPOCH + WEEK,
    }
    channel_id = new_id("chan")
    async with database.transaction() as session:
        session.add(Channel(id=channel_id, **(channel | values)))
    return channel_id


async def connection_of(database: Database, connection_id: str = CONNECTION) -> Connection:
    """A connection as it is now."""
    async with database.transaction() as session:
        return await session.get_one(Connection, connection_id)


async def channels_of(database: Database, connection_id: str = CONNECTION) -> list[Channel]:
    """The rows of a connection's channels, in the order in which they were made."""
    async with database.transaction() as session:
        mine = select(Channel).where(Channel.connection_id == connection_id).order_by(Channel.created_at, Channel.id)
        return list((await session.scalars(mine)).all())


def open_ones(channels: Iterable[Channel], at: datetime) -> list[Channel]:
    """Those that are neither stopped nor over."""
    return [each for each in channels if each.stopped_at is None and each.expires_at > at]


@dataclass
class Stage:
    """A control plane that is served, time that stands still, and what it published."""

    context: Context
    base_url: str
    time: ManualTime
    publisher: RecordingPublisher

    async def notify(self, channel_id: str, number: int | str = 2, **changed: Any) -> int:
        """Send a notification as Google does; the status of the answer. A header that is None is left out."""
        return (await self.notified(channel_id, number, **changed))[0]

    async def notified(self, channel_id: str, number: int | str = 2, **changed: Any) -> tuple[int, dict[str, str]]:
        """The same with the headers of the answer."""
        data = changed.pop("data", b"")
        headers = _headers(channel_id, number, **changed)
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.base_url}/webhooks/google-drive", headers=headers, data=data) as answer,
        ):
            return answer.status, dict(answer.headers)


def _headers(channel_id: str, number: int | str, **changed: str | None) -> dict[str, str]:
    headers: dict[str, str | None] = {
        "X-Goog-Channel-ID": channel_id,
        "X-Goog-Channel-Token": TOKEN,
        "X-Goog-Message-Number": str(number),
        "X-Goog-Resource-ID": RESOURCE,
        "X-Goog-Resource-State": "change",
        "X-Goog-Resource-URI": "https://www.googleapis.com/drive/v3/changes?alt=json",
    }
    headers |= {f"X-Goog-{name.replace('_', '-')}": value for name, value in changed.items()}
    return {name: value for name, value in headers.items() if value is not None}


@asynccontextmanager
async def staged(database: Database, publisher: Publisher | None = None, **settings: Any) -> AsyncIterator[Stage]:
    """Serve a control plane over a database."""
    time, recorder = ManualTime(), RecordingPublisher()
    async with (
        context_over(database, clock=time.clock, publisher=publisher or recorder, **settings) as context,
        serving(context, router) as base_url,
    ):
        yield Stage(context, base_url, time, recorder)
