"""The token endpoint and what its tokens open (facts C2, C3, F)."""

from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from google_drive_emulator import Emulator, synthetic_world

from .conftest import Answer, Client

REFRESH = {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "r"}


@pytest.fixture
async def strict() -> AsyncIterator[Client]:
    """Serve with strict authentication."""
    emulator = Emulator(synthetic_world(files=5, seed=1), auth="strict")
    async with emulator.serve() as running, aiohttp.ClientSession() as session:
        yield Client(session, running.base_url, running.world, token=None)


async def ask(client: Client, form: Mapping[str, str]) -> Answer:
    return await client.send("POST", "/token", data=form)


async def test_a_refresh_token_gives_an_access_token(client: Client) -> None:
    """The answer has a bearer token, its lifetime and its scope, and the token opens Drive."""
    answer = (await ask(client, REFRESH)).json
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    assert answer["scope"] == "https://www.googleapis.com/auth/drive"
    client.token = answer["access_token"]
    assert (await client.get("files")).status == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "client_id": "c"}, "invalid_request"),
    ],
)
async def test_a_bad_request_is_named(client: Client, form: dict[str, str], error: str) -> None:
    """What is wrong with a token request is in ``error``."""
    answer = await ask(client, form)
    assert (answer.status, answer.json["error"]) == (400, error)


async def test_a_revoked_grant_is_dead_with_its_access_tokens(client: Client) -> None:
    """After a revocation refreshing is invalid_grant and the access token is a 401 (facts F)."""
    client.token = (await ask(client, REFRESH)).json["access_token"]
    await client.send("POST", "/revoke", data={"token": "r"})
    refreshed, listed = await ask(client, REFRESH), await client.get("files")
    assert (refreshed.status, refreshed.json["error"]) == (400, "invalid_grant")
    assert (listed.status, listed.reason) == (401, "authError@Authorization")


async def test_expired_access_tokens_can_be_renewed(client: Client) -> None:
    """Outdating access tokens answers 401 until the client refreshes."""
    client.token = (await ask(client, REFRESH)).json["access_token"]
    await client.control("POST", "oauth", {"action": "expire_access_tokens"})
    assert (await client.get("files")).status == 401
    client.token = (await ask(client, REFRESH)).json["access_token"]
    assert (await client.get("files")).status == 200


async def test_no_credentials_are_forbidden(client: Client) -> None:
    """A GET without credentials is 403 PERMISSION_DENIED, not 401 (facts C2)."""
    client.token = None
    answer = await client.get("files")
    assert (answer.status, answer.reason) == (403, "forbidden@")
    assert answer.json["error"]["status"] == "PERMISSION_DENIED"


async def test_strict_knows_only_what_was_registered(strict: Client) -> None:
    """In strict mode an unknown refresh token is invalid_grant and a made-up bearer token is a 401."""
    unknown = await ask(strict, REFRESH)
    strict.token = "made-up"
    assert unknown.json["error"] == "invalid_grant"
    assert (await strict.get("files")).status == 401
    await strict.control("POST", "oauth", {"action": "register", "refresh_token": "r"})
    strict.token = (await ask(strict, REFRESH)).json["access_token"]
    assert (await strict.get("files")).status == 200


async def test_a_registered_token_stands_for_its_user(strict: Client) -> None:
    """A refresh token registered for another user gives that user's eyes."""
    email = strict.world.users[3].email
    await strict.control("POST", "oauth", {"action": "register", "refresh_token": "r", "user": email})
    strict.token = (await ask(strict, REFRESH)).json["access_token"]
    about = await strict.get("about", fields="user(emailAddress)")
    assert about.json == {"user": {"emailAddress": email}}


async def test_a_service_account_is_welcome_when_open(client: Client) -> None:
    """The JWT-bearer grant gives a token without a scope."""
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "e30.e30.x"}
    answer = await ask(client, form)
    assert set(answer.json) == {"access_token", "expires_in", "token_type"}


async def test_about_insists_on_a_mask(client: Client) -> None:
    """about.get without fields is 400 ``required`` (facts A3)."""
    answer = await client.get("about")
    assert (answer.status, answer.reason) == (400, "required@fields")


async def test_there_are_no_shared_drives_by_default(client: Client) -> None:
    """drives.list is empty and an unknown drive is not found."""
    assert (await client.get("drives")).json == {"kind": "drive#driveList", "drives": []}
    assert (await client.get("drives/0AX")).status == 404
