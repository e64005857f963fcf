"""The product as it is deployed, on embedded parts.

In: a directory. Out: a control plane and a worker as processes of their own, an emulated Google with strict
authorisation, a broker in this process, and a browser's way of asking. The worker gets its tokens from the control
plane; no credential is in any trigger.
"""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
from confluent_kafka import Consumer
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select
from tests.support.control_plane.command import run_command
from tests.support.control_plane.consent import CLIENT_ID, CLIENT_SECRET, Form
from tests.support.control_plane.context import SIGNING_KEY

from clustera_toolkit.kafka import EmbeddedBroker
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Credential
from drive_control_plane.security.vault import Vault
from google_drive_emulator import Emulator, World, synthetic_world

FILES = 120
EMAIL, PASSWORD = "ada@company.example", "correct horse battery"
WAIT_SECONDS = 60.0
STACKS_SECONDS = 1.0
"""For processes to say where they are."""
MOST_SHOWN = 20_000
ROLES = {
    "TRIGGER": "integrations-inbound-trigger",
    "WEBHOOK": "integrations-inbound-webhook",
    "RECORDS": "integrations-incoming-records",
    "ERRORS": "integrations-errors",
    "STATE": "integrations-sync-state",
    "EVENTS": "integrations-sync-events",
}


@dataclass
class Product:
    """Everything running, and a browser in front of it."""

    url: str
    google: str
    world: World
    http: aiohttp.ClientSession
    records: Consumer
    logs: list[Path]
    database_url: str
    vault: Vault
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def get(self, path: str) -> str:
        async with self.http.get(urljoin(self.url, path)) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def post(self, path: str, **form: str) -> str:
        """Where a form leads to."""
        async with self.http.post(urljoin(self.url, path), data=form, allow_redirects=False) as answer:
            assert answer.status in {302, 303}, await answer.text()
            return answer.headers["location"]

    async def token(self) -> str:
        """What a page sends along with its forms."""
        found = re.search(r'name="csrf_token" value="(\w+)"', await self.get("/"))
        assert found is not None
        return found[1]

    async def connect(self, **form: str) -> str:
        """Press the button, consent at Google, come back; the connection's page."""
        page = await self.post("/connect", csrf_token=await self.token(), **form)
        async with self.http.get(page) as answer:
            asked = Form(await answer.text())
        fields = {**dict(asked.fields), "account": self.world.users[0].email, "decision": "allow"}
        async with self.http.post(urljoin(page, asked.action), data=fields, allow_redirects=False) as answer:
            back = answer.headers["location"]
        async with self.http.get(back, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return answer.headers["location"]

    async def revoke(self) -> None:
        """Take the grant back, as its user does at Google."""
        database = Database(self.database_url)
        async with database.transaction() as session:
            sealed = (await session.scalars(select(Credential.secret))).one()
        await database.close()
        await self.control("oauth", {"action": "revoke", "refresh_token": self.vault.open(sealed)})

    async def control(self, path: str, message: Any) -> Any:
        async with self.http.post(f"{self.google}/__emulator__/{path}", json=message) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def until_shown(self, path: str, wanted: Callable[[str], bool], what: str) -> str:
        """Wait until a part of a page shows something."""
        text = ""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not wanted(text := await self.get(f"/fragments{path}")):  # noqa: ASYNC110 # of other processes
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not shown: {what}\n{text}\n{await self._told()}") from None
        return text

    async def _told(self) -> str:
        """What the processes have said, and where each of their tasks is."""
        for running in self.processes:
            running.send_signal(signal.SIGUSR1)
        await asyncio.sleep(STACKS_SECONDS)
        return "\n".join(said(log)[-MOST_SHOWN:] for log in self.logs)

    async def until_record(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a record; those before it are passed over."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while True:
                    message = await asyncio.to_thread(self.records.poll, 0.2)
                    if message is None or message.error() is not None:
                        continue
                    record: dict[str, Any] = json.loads(message.value() or b"{}")
                    if wanted(record):
                        return record
        except TimeoutError:
            raise AssertionError(f"no such record\n{await self._told()}") from None


@asynccontextmanager
async def process(
    module: str, *arguments: str, log: Path, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program until the end of the block; it ends in order."""
    environment = {**os.environ, **settings}
    with log.open("wb") as sink:  # a moment
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, env=environment, stdout=sink, stderr=sink
        )
    try:
        yield running
        running.terminate()
        assert await asyncio.wait_for(running.wait(), 30) == 0, said(log)
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


def said(log: Path) -> str:
    """What a program has said so far."""
    return log.read_text(errors="replace")


async def until_said(log: Path, pattern: str) -> re.Match[str]:
    """Wait for a line."""
    async with asyncio.timeout(WAIT_SECONDS):
        while (found := re.search(pattern, said(log))) is None:  # noqa: ASYNC110 # of another process
            await asyncio.sleep(0.05)
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@asynccontextmanager
async def running_product(directory: Path) -> AsyncIterator[Product]:
    """Start everything, and end it in order."""
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(EmbeddedBroker())
        broker.create_topics(ROLES.values())
        world = synthetic_world(files=FILES, seed=5)
        google = (await stack.enter_async_context(Emulator(world, auth="strict").serve())).base_url
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        fernet = Fernet.generate_key().decode()
        shared = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "CREDENTIALS_ENCRYPTION_KEYS": fernet,
            "GDRIVE_API_BASE_URL": f"{google}/drive/v3",
            "GOOGLE_TOKEN_URI": f"{google}/token",
        }
        settings = {
            **shared,
            "DATABASE_URL": f"sqlite:///{directory}/control-plane.sqlite",
            "CONTROL_PLANE_SIGNING_KEYS": SIGNING_KEY,
            "CONTROL_PLANE_PUBLIC_URL": url,
            "CONTROL_PLANE_HTTP_PORT": str(port),
            "GOOGLE_CLIENT_ID": CLIENT_ID,
            "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
            "GOOGLE_AUTH_URI": f"{google}/o/oauth2/v2/auth",
            "GOOGLE_REVOKE_URI": f"{google}/revoke",
        }
        assert (await run_command("database", "upgrade", **settings)).code == 0
        made = await run_command("clients", "create", "worker", "--scope", "connections:token", **settings)
        assert made.code == 0, made.err
        client_id, secret = _credentials(made.out)
        logs = [directory / "control-plane.log", directory / "worker.log"]
        jar = aiohttp.CookieJar(unsafe=True)
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        records = Consumer(
            {"bootstrap.servers": broker.bootstrap_servers, "group.id": "reader", "auto.offset.reset": "earliest"}
        )
        stack.callback(records.close)
        records.subscribe([ROLES["RECORDS"]])
        vault = Vault([SecretStr(fernet)])
        made_product = Product(url, google, world, http, records, logs, settings["DATABASE_URL"], vault)
        await made_product.control(
            "oauth",
            {
                "action": "client",
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "redirect_uris": [f"{url}/connect/callback"],
            },
        )
        worker = {
            **shared,
            **{f"KAFKA_TOPIC_{role}": name for role, name in ROLES.items()},
            "CONTROL_PLANE_BASE_URL": url,
            "CONTROL_PLANE_CLIENT_ID": client_id,
            "CONTROL_PLANE_CLIENT_SECRET": secret,
            "KAFKA_AUTO_OFFSET_RESET": "earliest",
            "WORKER_HTTP_HOST": "127.0.0.1",
            "WORKER_HTTP_PORT": "0",
            "OBJECT_STORE_URL": (directory / "objects").as_uri(),
        }
        for module, log, environment in (
            ("drive_control_plane", logs[0], settings),
            ("google_drive_worker", logs[1], worker),
        ):
            running = await stack.enter_async_context(process(module, "run", log=log, **environment))
            made_product.processes.append(running)
        yield made_product


def _credentials(said: str) -> tuple[str, str]:
    client = re.search(r"\b(client_\w+)\b", said)
    secret = re.search(r"secret\W+([\w-]{40,})", said, re.IGNORECASE)
    assert client is not None, said
    assert secret is not None, said
    return client[1], secret[1]
