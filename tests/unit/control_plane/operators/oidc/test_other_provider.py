"""Sign-in by a provider that somebody else wrote: both sides read the standard the same way."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from tests.unit.control_plane.operators.office import SYSTEM, Office, office_over

from drive_control_plane.clock import REAL_CLOCK
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Role
from drive_control_plane.operators import accounts

START_SECONDS = 30.0
ADA = "ada@example.com"


@asynccontextmanager
async def provider() -> AsyncIterator[str]:
    """oidc-provider-mock in a process of its own, which insists on a nonce; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _listening(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            assert process.returncode is None, "the provider ended"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            await writer.wait_closed()
            return


@asynccontextmanager
async def hall(database: Database) -> AsyncIterator[tuple[Office, str]]:
    """A control plane that trusts it; both go by the real time."""
    async with provider() as issuer:
        wanted = {"oidc_issuer": issuer, "oidc_client_id": "client", "oidc_client_secret": "secret"}
        async with office_over(database, REAL_CLOCK.now(), **wanted) as office:
            yield office, issuer


async def consent(http: aiohttp.ClientSession, url: str, subject: str) -> str:
    """Answer the provider's page as somebody; where that leads to."""
    async with http.post(url, data={"sub": subject}, allow_redirects=False) as answer:
        return str(answer.headers["location"])


@pytest.mark.parametrize("is_verified", [True, False])
async def test_a_sign_in_from_end_to_end(database: Database, *, is_verified: bool) -> None:
    """With an address that the provider has verified, and not with another."""
    async with hall(database) as (office, issuer):
        await accounts.invite(office.context, SYSTEM, Role.OPERATOR, ADA)
        browser = await office.browser(ADA)
        claims = {"email": ADA, "email_verified": is_verified}
        async with browser.http.put(f"{issuer}/users/subject-1", json=claims) as answer:
            assert answer.status == 204
        _, there = await browser.get("/sign-in/oidc")
        back = await consent(browser.http, there, "subject-1")
        status, text = await browser.get("/sign-in/oidc/callback?" + back.partition("?")[2])
        if is_verified:
            assert (status, text) == (303, "/")
            account = await office.account("ada")
            assert (account.issuer, account.subject, account.role) == (issuer, "subject-1", Role.OPERATOR)
            assert ADA in (await browser.get("/account"))[1]
        else:
            assert (status, "email_not_verified" in text) == (403, True)
