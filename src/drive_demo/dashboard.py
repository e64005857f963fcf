"""The control plane inside the demo: prepared, served, and asked what was connected.

In: embedded parts, a port. Out: an address, a link that makes the first account, and settings with which the worker
gets its access tokens here. The demo's own connection belongs to an organisation of its own, so that a newcomer finds
an empty dashboard. Nothing of it comes from the environment, and nothing is left of it afterwards.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from cryptography.fernet import Fernet
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from sqlalchemy import select

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.clock import REAL_CLOCK
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Database, migrate
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential, CredentialKind, Role, Tenant
from drive_control_plane.machines import clients
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.oauth.scopes import EVERYTHING, scopes_for
from drive_control_plane.operators.accounts import DEFAULT_TENANT, make_link
from drive_control_plane.security.vault import Vault
from drive_control_plane.server import serve
from drive_demo.options import DemoFailedError
from google_drive_worker.config import WorkerSettings
from google_drive_worker.mock_mode import EmbeddedParts

CONNECTION, TENANT = "demo", "demo"
EMAIL = "you@example.com"
PORT = 8090
CLIENT_ID, CLIENT_SECRET = "demo.apps.googleusercontent.com", "demo"
REFRESH_TOKEN = "1//demo"  # noqa: S105 # the emulator takes any
HOST = "127.0.0.1"
_ACTOR = Actor("system", "the demo", TENANT)


class _Settings(ControlPlaneSettings):
    """The control plane's settings as they are given, whatever the environment holds."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 # all of them are the base class's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the program gives, and nothing else."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A control plane that serves."""

    url: str
    invitation: str = field(repr=False)
    """Where the first account is made, once."""
    worker: Mapping[str, Any] = field(repr=False)
    """Settings of a worker that gets its access tokens here."""
    serving: asyncio.Task[None]
    """Ends when it was told to, or with what a part of it died of."""
    database: Database

    async def connected(self) -> dict[str, str]:
        """The active connections that somebody made here and that read everything: accounts by the connections' ids."""
        wanted = select(Connection).where(Connection.tenant_id != TENANT, Connection.status == ConnectionStatus.ACTIVE)
        async with self.database.transaction() as session:
            found = (await session.scalars(wanted)).all()
        return {each.id: each.account_email for each in found if each.settings == EVERYTHING}


@asynccontextmanager
async def open_dashboard(
    parts: EmbeddedParts, port: int | None, http: aiohttp.ClientSession
) -> AsyncIterator[Dashboard]:
    """Serve a control plane of these parts until the block is left. Raises `DemoFailedError`, and what it dies of."""
    with TemporaryDirectory(prefix="drive-demo-") as directory:
        settings = _settings(parts, choose_port(port), Path(directory) / "control-plane.sqlite")
        database = Database(settings.database_url.get_secret_value())
        try:
            await migrate.upgrade(database)
            worker = await _introduce(database, settings)
            secret = await make_link(database, REAL_CLOCK.now(), _ACTOR, Role.ADMINISTRATOR, EMAIL, DEFAULT_TENANT)
            await _register(settings, parts, http)
            invitation = f"{settings.control_plane_public_url}/setup/{secret}"
            async with _served(settings) as serving:
                yield Dashboard(settings.control_plane_public_url, invitation, worker, serving, database)
        finally:
            await database.close()


def choose_port(wanted: int | None) -> int:
    """The port that is wanted; else the usual one, or any where that is taken. Raises `DemoFailedError`."""
    if wanted is None:
        return PORT if _is_free(PORT) else _free_port()
    if not _is_free(wanted):
        raise DemoFailedError(f"port {wanted} is taken, or not for you to use: choose another one with --port")
    return wanted or _free_port()


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _settings(parts: EmbeddedParts, port: int, file: Path) -> ControlPlaneSettings:
    """A control plane on the same topics, keys and emulator as the worker."""
    worker, google = parts.settings, parts.emulator_url
    keys = worker.credentials_encryption_keys
    return _Settings(
        database_url=SecretStr(f"sqlite:///{file}"),
        control_plane_public_url=f"http://localhost:{port}",
        control_plane_http_host=HOST,
        control_plane_http_port=port,
        control_plane_signing_keys=(SecretStr(Fernet.generate_key().decode()),),
        credentials_encryption_keys=keys.get_secret_value() if keys else "",  # type: ignore[arg-type] # it splits them
        worker_integration_id=worker.worker_integration_id,
        google_client_id=CLIENT_ID,
        google_client_secret=SecretStr(CLIENT_SECRET),
        google_auth_uri=f"{google}/o/oauth2/v2/auth",
        google_token_uri=f"{google}/token",
        google_revoke_uri=f"{google}/revoke",
        gdrive_api_base_url=f"{google}/drive/v3",
        kafka_bootstrap_servers=worker.kafka_bootstrap_servers,
        **_topics(worker),
    )


def _topics(worker: WorkerSettings) -> dict[str, Any]:
    """The topics by the names that both settings have for them."""
    shared = ControlPlaneSettings.model_fields.keys() & WorkerSettings.model_fields.keys()
    return {name: getattr(worker, name) for name in shared if name.startswith("kafka_topic_")}


async def _introduce(database: Database, settings: ControlPlaneSettings) -> dict[str, Any]:
    """Make the demo's own connection, and a client for the worker; the worker's settings."""
    now = REAL_CLOCK.now()
    async with database.transaction() as session:
        made = await clients.create(session, now, _ACTOR, "worker", [Scope.CONNECTIONS_TOKEN], None)
        for row in (Tenant(id=TENANT, name="The demo", created_at=now), _connection(now), _credential(settings, now)):
            session.add(row)
            await session.flush()  # each refers to the one before it
        record(session, now, _ACTOR, "connection.connected", CONNECTION)
    return {
        "control_plane_base_url": f"http://{HOST}:{settings.control_plane_http_port}",
        "control_plane_client_id": made.client_id,
        "control_plane_client_secret": SecretStr(made.secret),
        "kafka_auto_offset_reset": "earliest",
    }


def _connection(now: datetime) -> Connection:
    """The demo's own, which nothing but the demo triggers."""
    return Connection(
        id=CONNECTION,
        tenant_id=TENANT,
        name="The demo",
        account_id=CONNECTION,
        account_email="",
        status=ConnectionStatus.ACTIVE,
        settings=dict(EVERYTHING),
        created_at=now,
        updated_at=now,
        schedule={"kind": "adaptive"},
        next_run_at=None,
    )


def _credential(settings: ControlPlaneSettings, now: datetime) -> Credential:
    return Credential(
        connection_id=CONNECTION,
        kind=CredentialKind.USER,
        secret=Vault(settings.credentials_encryption_keys).seal(REFRESH_TOKEN),
        scopes=sorted(scopes_for(EVERYTHING)),
        granted_at=now,
    )


async def _register(settings: ControlPlaneSettings, parts: EmbeddedParts, http: aiohttp.ClientSession) -> None:
    """Make the OAuth client that the consent page names."""
    client = {
        "action": "client",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [settings.redirect_uri],
        "name": "The demo",
    }
    async with http.post(f"{parts.control_url}/oauth", json=client) as answer:
        answer.raise_for_status()


@asynccontextmanager
async def _served(settings: ControlPlaneSettings) -> AsyncIterator[asyncio.Task[None]]:
    """Serve until the block is left; it has ended in order then."""
    stop, listening = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(settings, stop, lambda _: listening.set()), name="the control plane")
    waiting = asyncio.create_task(listening.wait())
    try:
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        yield serving
    finally:
        waiting.cancel()
        stop.set()
        await asyncio.wait({serving})
