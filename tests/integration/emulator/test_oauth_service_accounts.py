"""Service accounts: signed assertions, delegation, and Google's words for what is wrong with them (facts C3, F)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from google.auth import crypt, jwt

from google_drive_emulator import Emulator, synthetic_world
from google_drive_emulator.oauth.key_files import new_key, service_account_file
from google_drive_emulator.oauth.token_server import AuthMode

from .conftest import Answer, Client
from .oauth_app import DRIVE, DRIVE_READONLY, register

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"
ROBOT = "robot@project.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def key() -> tuple[str, str, str]:
    """The id, the private and the public half of a key; it takes a while to make one."""
    return new_key()


@pytest.fixture(params=["open", "strict"])
async def client(request: pytest.FixtureRequest, key: tuple[str, str, str]) -> AsyncIterator[Client]:
    """An emulator that knows a service account; what is known counts in both modes."""
    key_id, _, public_key = key
    async with serve(request.param) as client:
        await register(
            client, action="service_account", email=ROBOT, client_id="7", public_key=public_key, key_id=key_id
        )
        yield client


@pytest.fixture
def key_file(client: Client, key: tuple[str, str, str]) -> dict[str, str]:
    key_id, private_key, _ = key
    return service_account_file(ROBOT, "7", key_id, private_key, client.base_url)


@asynccontextmanager
async def serve(mode: AuthMode) -> AsyncIterator[Client]:
    emulator = Emulator(synthetic_world(files=20, seed=1), auth=mode)
    async with emulator.serve() as running, aiohttp.ClientSession() as session:
        yield Client(session, running.base_url, running.world, token=None)


def signed(client: Client, key_file: dict[str, str], **changes: Any) -> str:
    """Return an assertion signed by the account; a claim of None is left out."""
    now = client.world.clock() // 1000
    claims = {"iss": ROBOT, "scope": DRIVE_READONLY, "aud": AUDIENCE, "iat": now, "exp": now + 3600, **changes}
    given = {name: value for name, value in claims.items() if value is not None}
    signer = crypt.RSASigner.from_service_account_info(key_file)  # type: ignore[no-untyped-call]
    return str(jwt.encode(signer, given), "ascii")  # type: ignore[no-untyped-call]


async def present(client: Client, assertion: str) -> Answer:
    return await client.send("POST", "/token", data={"grant_type": JWT_BEARER, "assertion": assertion})


async def test_an_account_of_its_own_owns_nothing(client: Client, key_file: dict[str, str]) -> None:
    """Without ``sub`` a service account is itself: an account with an empty drive, within its scopes."""
    answer = await present(client, signed(client, key_file))
    assert set(answer.json) == {"access_token", "expires_in", "token_type"}
    client.token = answer.json["access_token"]
    about = await client.get("about", fields="user(emailAddress)")
    listed = await client.get("files", fields="files(id)")
    assert about.json == {"user": {"emailAddress": ROBOT}}
    assert listed.json == {"files": []}


async def test_delegation_needs_every_scope_to_be_granted(client: Client, key_file: dict[str, str]) -> None:
    """A user is impersonated only within what the domain's admin granted, whole or not at all."""
    subject = client.world.users[1].email
    asking = signed(client, key_file, sub=subject, scope=f"{DRIVE} {DRIVE_READONLY}")
    await register(client, action="delegate", client_id=key_file["client_id"], scopes=[DRIVE_READONLY])
    refused = await present(client, asking)
    assert (refused.status, refused.json["error"]) == (401, "unauthorized_client")
    assert refused.json["error_description"].startswith("Client is unauthorized to retrieve access tokens")
    await register(client, action="delegate", client_id=key_file["client_id"], scopes=[DRIVE_READONLY, DRIVE])
    client.token = (await present(client, asking)).json["access_token"]
    assert (await client.get("about", fields="user(emailAddress)")).json == {"user": {"emailAddress": subject}}


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"aud": "https://other.example/token"}, "invalid_grant", "Failed audience check"),
        ({"aud": "https://[broken"}, "invalid_grant", "Failed audience check"),
        ({"aud": None}, "invalid_grant", "Failed audience check"),
        ({"iat": 0, "exp": 3600}, "invalid_grant", "Token must be a short-lived token (60 minutes)"),
        ({"iat": None}, "invalid_grant", "Token must be a short-lived token (60 minutes)"),
        ({"exp": None}, "invalid_grant", "Token must be a short-lived token (60 minutes)"),
        ({"scope": None}, "invalid_scope", "Empty or missing scope not allowed."),
        ({"scope": "nonsense"}, "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
        ({"sub": "nobody@example.com"}, "invalid_grant", "Invalid email or User ID"),
    ],
)
async def test_what_is_wrong_with_an_assertion_is_said(
    client: Client, key_file: dict[str, str], changes: dict[str, Any], error: str, said: str
) -> None:
    """Each rule that an assertion breaks has Google's error and text."""
    answer = await present(client, signed(client, key_file, **changes))
    assert (answer.status, answer.json["error"]) == (400, error)
    assert said in answer.json["error_description"]


async def test_an_assertion_lasts_an_hour_at_most(client: Client, key_file: dict[str, str]) -> None:
    """One second more than an hour is too long."""
    now = client.world.clock() // 1000
    answer = await present(client, signed(client, key_file, iat=now, exp=now + 3601))
    assert answer.json["error"] == "invalid_grant"


async def test_only_the_accounts_key_signs(client: Client, key_file: dict[str, str]) -> None:
    """Another key, a changed claim and an unknown key id are an invalid signature."""
    _, other_key, _ = new_key()
    forged = signed(client, {**key_file, "private_key": other_key})
    header, _, signature = signed(client, key_file).split(".")
    changed = f"{header}.{signed(client, key_file, scope=DRIVE).split('.')[1]}.{signature}"
    unknown_key = signed(client, {**key_file, "private_key_id": "another"})
    for assertion in (forged, changed, unknown_key):
        answer = await present(client, assertion)
        assert answer.json == {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}


async def test_the_emulators_own_address_is_an_audience(client: Client, key_file: dict[str, str]) -> None:
    """Clients put the token endpoint's address there, as they know it."""
    assertion = signed(client, key_file, aud=f"{client.base_url}/token")
    assert (await present(client, assertion)).status == 200


async def test_a_key_without_an_id_is_good_for_any(client: Client, key: tuple[str, str, str]) -> None:
    """Who brings along a public key need not say what it is called."""
    email = "mine@project.iam.gserviceaccount.com"
    answer = await register(client, action="service_account", email=email, public_key=key[2], client_id="8")
    key_file = service_account_file(email, "8", "any", key[1], client.base_url)
    assert answer == {"client_email": email, "client_id": "8"}
    assert (await present(client, signed(client, key_file, iss=email))).status == 200


async def test_revoking_ends_the_access_tokens_given_so_far(client: Client, key_file: dict[str, str]) -> None:
    """A service account has no consent to lose: the next assertion is as good as ever, and revives no old token."""
    old = (await present(client, signed(client, key_file))).json["access_token"]
    await client.send("POST", "/revoke", data={"token": old})
    new = (await present(client, signed(client, key_file))).json["access_token"]
    statuses = []
    for token in (old, new):
        client.token = token
        statuses.append((await client.get("files")).status)
    assert statuses == [401, 200]


@pytest.mark.parametrize("assertion", ["no JWT", "e30.e30.x", "..", "e30.W10.AAAA", "\u00e9.e30.AAAA", "e30.e30.AAAA"])
@pytest.mark.parametrize(("mode", "status"), [("open", 200), ("strict", 400)])
async def test_open_mode_takes_what_it_does_not_know(mode: AuthMode, status: int, assertion: str) -> None:
    """An assertion of no known account stands for the first user when open, and is invalid_grant when strict."""
    async with serve(mode) as client:
        answer = await present(client, assertion)
        assert (answer.status, answer.json.get("error")) == (status, None if status == 200 else "invalid_grant")


async def test_an_unknown_account_is_told_so(key: tuple[str, str, str]) -> None:
    """In strict mode a well-signed assertion of an account that was not registered is refused by its name."""
    async with serve("strict") as client:
        answer = await present(client, signed(client, service_account_file(ROBOT, "7", key[0], key[1], "")))
        assert answer.json["error_description"] == "Invalid grant: account not found"
