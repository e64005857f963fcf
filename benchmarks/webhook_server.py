"""A program: the receiver of notifications on one core, or the baseline, a route that answers 200.

In: an order. Out: a server; its address is printed. The receiver is the control plane's application as it is deployed,
with SQLite in a file and a producer of its own; both are served by uvicorn with the same settings.
"""

import base64
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import uvicorn
import uvloop
from cryptography.fernet import Fernet
from fastapi import FastAPI
from fastapi.responses import Response
from pydantic import SecretStr

from benchmarks.barrage import PATH, Order, channel_id, token
from drive_control_plane.app import create_app
from drive_control_plane.config import SIGNING_BYTES, ControlPlaneSettings
from drive_control_plane.context import Context
from drive_control_plane.database import migrate
from drive_control_plane.database.tables import Channel, Connection, ConnectionStatus, Corpus, Tenant
from drive_control_plane.security.secrets import hash_of
from drive_control_plane.server import opened_context

CORPUS = "user:me"
_LIFE = timedelta(days=7)


async def serve(order: Order) -> None:
    """Serve until the process is ended."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    async with _application(order) as app:
        config = uvicorn.Config(app, log_config=None, access_log=False, ws="none", server_header=False)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
            await uvicorn.Server(config).serve([listener])


@asynccontextmanager
async def _application(order: Order) -> AsyncIterator[FastAPI]:
    if order.topic is None:
        yield _bare()
        return
    async with opened_context(_settings(order, order.topic)) as context:
        await migrate.upgrade(context.database)
        await _fill(context, order.channels)
        yield create_app(context)


def _bare() -> FastAPI:
    app = FastAPI()

    @app.post(PATH)
    async def take() -> Response:
        return Response()

    return app


def _settings(order: Order, topic: str) -> ControlPlaneSettings:
    key = base64.urlsafe_b64encode(os.urandom(SIGNING_BYTES)).decode()
    return ControlPlaneSettings(
        database_url=SecretStr(f"sqlite:///{Path(order.directory) / f'{topic}.sqlite'}"),
        kafka_bootstrap_servers=order.bootstrap_servers,
        kafka_topic_webhook=topic,
        control_plane_signing_keys=(SecretStr(key),),
        credentials_encryption_keys=(SecretStr(Fernet.generate_key().decode()),),
    )


async def _fill(context: Context, channels: int) -> None:
    """Make connections with one log and one channel each."""
    now = datetime.now(UTC)
    async with context.database.transaction() as session:
        session.add(Tenant(id="tenant", name="Tenant", created_at=now))
        await session.flush()
        session.add_all(_connection(number, now) for number in range(channels))
        await session.flush()
        session.add_all(
            Corpus(connection_id=f"conn_{number}", corpus=CORPUS, opened_at=now, heard_at=now)
            for number in range(channels)
        )
        session.add_all(_channel(number, now) for number in range(channels))


def _connection(number: int, now: datetime) -> Connection:
    return Connection(
        id=f"conn_{number}",
        tenant_id="tenant",
        name="A drive",
        account_id=str(number),
        account_email=f"user{number}@example.com",
        status=ConnectionStatus.ACTIVE,
        settings={},
        schedule={"kind": "adaptive"},
        created_at=now,
        updated_at=now,
    )


def _channel(number: int, now: datetime) -> Channel:
    return Channel(
        id=channel_id(number),
        connection_id=f"conn_{number}",
        corpus=CORPUS,
        token_hash=hash_of(token(number)),
        created_at=now,
        expires_at=now + _LIFE,
    )


if __name__ == "__main__":
    uvloop.run(serve(msgspec.json.decode(sys.argv[1], type=Order)))
