"""Routes for machines: whose token is good, and for what, at the moment of use."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.support.control_plane.context import FERNET_KEY
from tests.unit.control_plane.machines.served import ADMINISTRATOR, Served

from drive_control_plane.database.tables import MachineClient, Tenant
from drive_control_plane.machines import clients
from drive_control_plane.machines.authentication import require_scope
from drive_control_plane.security.tokens import LEEWAY, LIFETIME, Tokens


async def test_a_token_opens_a_route(served_twice: Served) -> None:
    """A client with the scope gets in, and the route knows who it is."""
    client = await served_twice.client()
    status, body, _ = await served_twice.protected(f"Bearer {await served_twice.token(client)}")
    assert status == 200
    assert body == {
        "client_id": client.client_id,
        "tenant_id": "tenant_1",
        "scopes": ["connections:read", "connections:write"],
    }


async def test_a_missing_scope_is_named(served: Served) -> None:
    """A worker's token does not open what needs another scope; the answer says which one."""
    worker = await served.client("connections:token", tenant_id=None)
    status, body, headers = await served.protected(f"Bearer {await served.token(worker)}")
    assert (status, body["code"]) == (403, "insufficient_scope")
    assert 'scope="connections:read"' in headers["www-authenticate"]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Bearer a.b.c", "Basic YTpi", "Bearer é.é.é"])
async def test_no_token_is_one_refusal(served: Served, authorization: str | None) -> None:
    """Whatever is no token of ours gets 401 with the challenge of RFC 6750."""
    status, body, headers = await served.protected(authorization)
    assert (status, body["code"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in headers["www-authenticate"]


async def test_an_expired_token_is_refused(served: Served) -> None:
    """The same token that opened the route does not once its time is over."""
    token = await served.token(await served.client())
    assert (await served.protected(f"Bearer {token}"))[0] == 200
    served.time.advance(seconds=(LIFETIME + LEEWAY + timedelta(seconds=1)).total_seconds())
    assert (await served.protected(f"Bearer {token}"))[0] == 401


async def test_a_disabled_client_is_out_at_once(served_twice: Served) -> None:
    """Disabling ends tokens that were given before."""
    client = await served_twice.client()
    token = await served_twice.token(client)
    async with served_twice.context.database.transaction() as session:
        await clients.disable(session, served_twice.time.now, ADMINISTRATOR, client.client_id)
    assert (await served_twice.protected(f"Bearer {token}"))[0] == 401


async def test_a_scope_that_was_taken_is_gone_at_once(served: Served) -> None:
    """A token allows no more than its client may now."""
    client = await served.client()
    token = await served.token(client)
    async with served.context.database.transaction() as session:
        taken = update(MachineClient).where(MachineClient.id == client.client_id)
        await session.execute(taken.values(scopes=["connections:write"]))
    assert (await served.protected(f"Bearer {token}"))[0] == 403


async def test_a_client_of_another_tenant_now_is_refused(served: Served) -> None:
    """A token for one tenant is worth nothing once its client belongs to another."""
    client = await served.client()
    token = await served.token(client)
    async with served.context.database.transaction() as session:
        session.add(Tenant(id="tenant_2", name="Two", created_at=served.time.now))
        await session.flush()
        moved = update(MachineClient).where(MachineClient.id == client.client_id)
        await session.execute(moved.values(tenant_id="tenant_2"))
    assert (await served.protected(f"Bearer {token}"))[0] == 401


async def test_a_token_of_no_client_is_refused(served: Served) -> None:
    """A good signature for a client that is not there opens nothing."""
    settings = served.context.settings
    tokens = Tokens(settings.control_plane_signing_keys, settings.control_plane_public_url)
    token = tokens.sign(served.time.now, "client_gone", ["connections:read"], None)
    assert (await served.protected(f"Bearer {token}"))[0] == 401


async def test_another_control_planes_token_is_refused(served: Served) -> None:
    """A token that another key signed for a client of ours opens nothing."""
    client = await served.client()
    key = type(served.context.settings.control_plane_signing_keys[0])(FERNET_KEY)
    token = Tokens([key], served.context.settings.control_plane_public_url).sign(
        served.time.now, client.client_id, ["connections:read"], "tenant_1"
    )
    assert (await served.protected(f"Bearer {token}"))[0] == 401


def test_a_scope_that_is_none_is_a_mistake_of_the_program() -> None:
    """A route cannot ask for a scope that nobody can have."""
    with pytest.raises(ValueError, match="connections:everything"):
        require_scope("connections:everything")
