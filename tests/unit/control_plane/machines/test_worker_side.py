"""The toolkit's client against a control plane that is served, with consent that an emulated Google gave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from pydantic import SecretStr
from tests.support.control_plane.consent import Stage, stage

from clustera_toolkit.control_plane import (
    AccessGrant,
    ClientRefusedError,
    ControlPlaneClient,
    ReauthorizationRequiredError,
    RequestRefusedError,
    Timing,
    UnknownConnectionError,
)
from clustera_toolkit.secrets import ControlPlaneClient as ControlPlaneClientOfSecrets
from drive_control_plane.audit.log import Actor
from drive_control_plane.database import Database
from drive_control_plane.database.tables import ConnectionStatus
from drive_control_plane.machines import clients
from drive_control_plane.machines.clients import NewSecret
from drive_control_plane.security.tokens import LIFETIME

ADMINISTRATOR = Actor("system", "test")


@pytest.fixture
async def staged(database: Database) -> AsyncIterator[Stage]:
    """Provide a control plane and an emulated Google."""
    async with stage(database) as made:
        yield made


async def made_client(staged: Stage, *scopes: str, tenant_id: str | None = None) -> NewSecret:
    async with staged.context.database.transaction() as session:
        wanted = scopes or ("connections:token",)
        return await clients.create(session, staged.time.now, ADMINISTRATOR, "worker", wanted, tenant_id)


@asynccontextmanager
async def worker(staged: Stage, client: NewSecret) -> AsyncIterator[ControlPlaneClient]:
    """A worker's client, in the stage's time."""
    clock = staged.time.clock
    timing = Timing(lambda: clock.now().timestamp(), clock.now, clock.sleep, lambda: 0.0)
    async with ControlPlaneClient(
        staged.url, client.client_id, SecretStr(client.secret), timing=timing
    ) as control_plane:
        yield control_plane


async def whose(staged: Stage, grant: AccessGrant) -> str:
    """Whose Drive a grant opens at Google."""
    url, headers = f"{staged.google}/drive/v3/about", {"Authorization": f"Bearer {grant.access_token}"}
    async with staged.context.http.get(url, params={"fields": "user"}, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["user"]["emailAddress"])


async def test_a_worker_gets_what_opens_the_drive(staged: Stage) -> None:
    """From a client's secret to a token that Google takes, with the connection's settings and no credential in them."""
    connection_id = await staged.connected()
    refresh_token = await staged.refresh_token(connection_id)
    async with worker(staged, await made_client(staged)) as control_plane:
        grant = await control_plane.access_token(connection_id)
    assert await whose(staged, grant) == (await staged.connection(connection_id)).account_email
    assert grant.expires_at > staged.time.now + timedelta(minutes=5)
    assert "resources" in grant.connection_config
    assert refresh_token not in str(grant.connection_config)


async def test_a_worker_serves_all_tenants(staged: Stage) -> None:
    """A client without a tenant gets tokens of every tenant's connections."""
    ours, theirs = await staged.connected(operator="op_1"), await staged.connected(operator="op_2")
    async with worker(staged, await made_client(staged)) as control_plane:
        for connection_id in (ours, theirs):
            assert (await control_plane.access_token(connection_id)).access_token


async def test_a_tenants_client_does_not_see_another_tenant(staged: Stage) -> None:
    """For a tenant's client the connections of others do not exist."""
    ours, theirs = await staged.connected(operator="op_1"), await staged.connected(operator="op_2")
    async with worker(staged, await made_client(staged, tenant_id="tenant_1")) as control_plane:
        assert (await control_plane.access_token(ours)).access_token
        with pytest.raises(UnknownConnectionError):
            await control_plane.access_token(theirs)


async def test_no_connection_is_unknown(staged: Stage) -> None:
    """A connection that is not there is told apart from a control plane that is not there."""
    async with worker(staged, await made_client(staged)) as control_plane:
        with pytest.raises(UnknownConnectionError):
            await control_plane.access_token("conn_of_nobody")


async def test_a_revoked_grant_needs_consent(staged: Stage) -> None:
    """Once Google refuses the grant the worker is told so, and after a new consent it goes on."""
    connection_id = await staged.connected()
    email, token = (await staged.connection(connection_id)).account_email, await staged.refresh_token(connection_id)
    async with worker(staged, await made_client(staged)) as control_plane:
        await control_plane.access_token(connection_id)
        await staged.control("POST", "oauth", {"action": "revoke", "refresh_token": token})
        staged.time.advance(hours=1)
        with pytest.raises(ReauthorizationRequiredError):
            await control_plane.access_token(connection_id)
        assert await staged.connected(email) == connection_id
        assert await whose(staged, await control_plane.access_token(connection_id)) == email


async def test_a_refused_token_is_given_to_nobody_any_more(staged: Stage) -> None:
    """Told that Google refuses it, the control plane asks for another, and so finds a revoked grant out at once."""
    connection_id = await staged.connected()
    async with worker(staged, await made_client(staged)) as control_plane:
        first = await control_plane.access_token(connection_id)
        control_plane.invalidate(connection_id, first)
        second = await control_plane.access_token(connection_id)
        assert second.access_token != first.access_token
        control_plane.invalidate(connection_id, first)  # an older one takes nothing back
        assert (await control_plane.access_token(connection_id)).access_token == second.access_token
        token = await staged.refresh_token(connection_id)
        await staged.control("POST", "oauth", {"action": "revoke", "refresh_token": token})
        control_plane.invalidate(connection_id, second)
        with pytest.raises(ReauthorizationRequiredError):
            await control_plane.access_token(connection_id)
    assert (await staged.connection(connection_id)).status == ConnectionStatus.REAUTHORIZATION_REQUIRED


async def test_tokens_are_renewed_over_a_day(staged: Stage) -> None:
    """A worker that asks all day long is never refused: each of its tokens is replaced before its end."""
    connection_id = await staged.connected()
    client = await made_client(staged)
    async with worker(staged, client) as control_plane:
        for _ in range(24 * 6):
            grant = await control_plane.access_token(connection_id)
            assert grant.expires_at > staged.time.now
            staged.time.advance(minutes=10)
    granted = [entry for entry in await staged.audit("token.granted") if entry.target == client.client_id]
    assert {entry.outcome for entry in granted} == {"done"}
    assert len(granted) >= 24


async def test_a_crowd_costs_one_token(staged: Stage) -> None:
    """Many connections that begin at once show the client's secret once."""
    connection_id, client = await staged.connected(), await made_client(staged)
    async with worker(staged, client) as control_plane:
        subjects = [None, (await staged.connection(connection_id)).account_email]
        await asyncio.gather(*(control_plane.access_token(connection_id, subjects[n % 2]) for n in range(40)))
    assert len(await staged.audit("token.granted")) == 1


async def test_a_rotated_secret_is_good_until_it_is_not(staged: Stage) -> None:
    """A worker with the former secret goes on until the overlap ends; then it is refused, by name of the setting."""
    connection_id, client = await staged.connected(), await made_client(staged)
    async with staged.context.database.transaction() as session:
        await clients.rotate(session, staged.time.now, ADMINISTRATOR, client.client_id, timedelta(hours=1))
    async with worker(staged, client) as control_plane:
        await control_plane.access_token(connection_id)
        staged.time.advance(hours=1)
        with pytest.raises(ClientRefusedError, match="CONTROL_PLANE_CLIENT_SECRET"):
            await control_plane.access_token(connection_id)


async def test_a_disabled_client_is_refused_within_its_tokens_life(staged: Stage) -> None:
    """A token that would be good yet is refused, and so is the secret."""
    connection_id, client = await staged.connected(), await made_client(staged)
    async with worker(staged, client) as control_plane:
        grant = await control_plane.access_token(connection_id)
        async with staged.context.database.transaction() as session:
            await clients.disable(session, staged.time.now, ADMINISTRATOR, client.client_id)
        staged.time.advance(seconds=LIFETIME.total_seconds() / 4)
        control_plane.invalidate(connection_id, grant)
        with pytest.raises(ClientRefusedError):
            await control_plane.access_token(connection_id)


async def test_a_client_without_the_scope_is_told_which(staged: Stage) -> None:
    """A client of another kind gets no access token."""
    connection_id = await staged.connected()
    async with worker(staged, await made_client(staged, "connections:read", tenant_id="tenant_1")) as control_plane:
        with pytest.raises(RequestRefusedError, match="connections:token") as caught:
            await control_plane.access_token(connection_id)
    assert caught.value.code == "insufficient_scope"


def test_it_has_the_name_that_integrations_know() -> None:
    """`secrets.ControlPlaneClient` is the client."""
    assert ControlPlaneClientOfSecrets is ControlPlaneClient
