"""Service accounts in triggers: from a connection's settings to the account that Drive answers for (facts C3, F)."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from tests.integration.client.scripted_server import ScriptedServer

from google_drive_emulator import Emulator, Remote, Running, synthetic_world
from google_drive_worker.client import about
from google_drive_worker.client.errors import ConnectionBrokenError, DomainPolicyError, ReauthorizationRequiredError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.credentials import Credentials
from google_drive_worker.environment_credentials import SCOPE
from google_drive_worker.key_files import KeyFiles

ROBOT = "robot@project.iam.gserviceaccount.com"
METADATA = "https://www.googleapis.com/auth/drive.metadata.readonly"
NUMBER = "100000000000000000007"
KEYS = Fernet.generate_key()


@dataclass
class Domain:
    """A strict Google with a service account, and a worker that has its key in a directory."""

    running: Running
    transport: HttpTransport
    key_file: Path

    @property
    def users(self) -> list[str]:
        """The addresses of its people."""
        return [user.email for user in self.running.world.users]

    async def console(self, **action: object) -> Any:
        """What is done in Google's consoles."""
        return await asyncio.to_thread(Remote(self.running.base_url).call, "POST", "oauth", action)

    async def make_key(self) -> dict[str, str]:
        """A new key for the account, which ends the older one, put where the worker finds it."""
        key: dict[str, str] = await self.console(action="service_account", email=ROBOT, client_id=NUMBER)
        self.key_file.write_text(json.dumps(key))
        return key

    async def delegate(self, *scopes: str) -> None:
        """An administrator lets the account stand for everybody."""
        await self.console(action="delegate", client_id=NUMBER, scopes=scopes)

    async def account(self, **config: object) -> str | None:
        """The address that Drive knows the connection's credential by."""
        credentials = Credentials(
            TokenEndpoint(self.transport),
            keys=SecretStr(KEYS.decode()),
            client_id=None,
            client_secret=None,
            token_uri=f"{self.running.base_url}/token",
            key_file=KeyFiles(self.key_file.parent).read,
        )
        tokens = await credentials.token_source(config)
        session = DriveSession(self.transport, tokens, base_url=self.running.base_url)
        return (await about.get(session)).user.email


@pytest.fixture
async def domain(transport: HttpTransport, tmp_path: Path) -> AsyncIterator[Domain]:
    async with Emulator(synthetic_world(files=20, seed=4), auth="strict").serve() as running:
        yield Domain(running, transport, tmp_path / "robot.json")


def sealed(key: dict[str, str]) -> str:
    return Fernet(KEYS).encrypt(json.dumps(key).encode()).decode()


async def test_the_account_is_its_subject_by_delegation(domain: Domain) -> None:
    """Each connection of one key is the user that it names, whether the key is named or comes along encrypted."""
    key = await domain.make_key()
    await domain.delegate(SCOPE)
    for account in ("robot.json", str(domain.key_file), sealed(key)):
        for user in domain.users[1:3]:
            assert await domain.account(service_account=account, subject=user) == user


async def test_without_a_subject_it_is_itself(domain: Domain) -> None:
    """It then sees what is shared with it, and needs nobody's delegation."""
    await domain.make_key()
    assert await domain.account(service_account="robot.json") == ROBOT
    assert await domain.account(service_account="robot.json", subject=None) == ROBOT


@pytest.mark.parametrize(
    ("granted", "subject", "error", "code"),
    [
        ([], "user01@example.com", DomainPolicyError, "delegation_not_granted"),
        ([METADATA], "user01@example.com", DomainPolicyError, "delegation_not_granted"),
        ([SCOPE], "nobody@example.com", ReauthorizationRequiredError, "reauthorization_required"),
    ],
    ids=["no delegation", "another scope", "nobody"],
)
async def test_what_an_administrator_must_mend_has_its_code(
    domain: Domain, granted: list[str], subject: str, error: type[ConnectionBrokenError], code: str
) -> None:
    """Delegation that is missing or too narrow, and a user who does not exist, are told apart."""
    await domain.make_key()
    await domain.delegate(*granted)
    with pytest.raises(error) as raised:
        await domain.account(service_account="robot.json", subject=subject)
    assert raised.value.code == code


async def test_a_replaced_key_file_is_used_at_once(domain: Domain) -> None:
    """Keys are rotated by writing another file: whoever asks for a token next signs with that one."""
    old = await domain.make_key()
    assert await domain.account(service_account="robot.json") == ROBOT
    await domain.make_key()
    assert await domain.account(service_account="robot.json") == ROBOT
    with pytest.raises(ReauthorizationRequiredError, match="Invalid JWT Signature"):
        await domain.account(service_account=sealed(old))


async def test_the_address_in_a_key_is_not_called(domain: Domain, server: ScriptedServer) -> None:
    """Whoever may send a trigger could otherwise have the worker post wherever they like."""
    key = await domain.make_key()
    with pytest.raises(ReauthorizationRequiredError, match="audience"):
        await domain.account(service_account=sealed({**key, "token_uri": f"{server.url}/token"}))
    assert server.asked == []
