"""The token endpoint and what its tokens open (facts C2, C3, F)."""

from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from google_drive_emulator import Emulator, synthetic_world
from google_drive_emulator.oauth.registry import Client as OAuthClient

from .conftest import Answer, Client
from .oauth_app import App, register

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
    """The answer has a bearer token, its lifetime and its scopes, and the token opens Drive."""
    answer = (await ask(client, REFRESH)).json
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    assert "https://www.googleapis.com/auth/drive" in answer["scope"].split()
    client.token = answer["access_token"]
    assert (await client.get("files")).status == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "client_id": "c"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "r"}, "invalid_request"),
        ({"grant_type": "authorization_code", "client_id": "c", "code": "4/0Ax"}, "invalid_request"),
        ({**REFRESH, "scope": "nonsense"}, "invalid_scope"),
    ],
)
async def test_a_bad_request_is_named(client: Client, form: dict[str, str], error: str) -> None:
    """What is wrong with a token request is in ``error``."""
    answer = await ask(client, form)
    assert (answer.status, answer.json["error"]) == (400, error)


@pytest.mark.parametrize("path", ["/token", "/oauth2/v4/token", "/oauth2/v3/token", "/o/oauth2/token"])
async def test_the_token_endpoint_has_its_old_addresses_too(client: Client, path: str) -> None:
    """All addresses that Google ever gave it lead to the token endpoint, and its answers are not to be kept."""
    answer = await client.send("POST", path, data=REFRESH)
    assert answer.status == 200
    assert "no-store" in answer.headers["Cache-Control"]


async def test_a_token_names_its_user(client: Client) -> None:
    """In open mode an address in an unknown bearer or refresh token says whom it stands for."""
    email = client.world.users[2].email
    refreshed = (await ask(client, {**REFRESH, "refresh_token": f"1//{email}"})).json["access_token"]
    for token in (email, f"ya29.{email}", refreshed):
        client.token = token
        assert (await client.get("about", fields="user(emailAddress)")).json == {"user": {"emailAddress": email}}


async def test_a_token_that_names_nobody_is_no_good(client: Client) -> None:
    """A slip in an address is not passed over: the bearer token is a 401, the refresh token invalid_grant."""
    refused = await ask(client, {**REFRESH, "refresh_token": "nobody@example.com"})
    client.token = "nobody@example.com"
    assert refused.json["error"] == "invalid_grant"
    assert (await client.get("files")).status == 401


async def test_a_client_shows_its_secret(client: Client) -> None:
    """A registered client needs its secret, in the form or by HTTP Basic; others are welcome when open."""
    await register(client, action="client", client_id="c", client_secret="right")
    missing = await ask(client, {**REFRESH, "client_secret": ""})
    wrong = await ask(client, {**REFRESH, "client_secret": "wrong"})
    basic = {"Authorization": aiohttp.encode_basic_auth("c", "right")}
    form = {"grant_type": "refresh_token", "refresh_token": "r"}
    assert missing.json == {"error": "invalid_request", "error_description": "client_secret is missing."}
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    assert (await client.send("POST", "/token", data=form, headers=basic)).status == 200
    assert (await ask(client, {**REFRESH, "client_id": "another"})).status == 200


async def test_a_refresh_token_belongs_to_its_client(client: Client) -> None:
    """Another client's refresh token is unauthorized_client."""
    await register(client, action="register", refresh_token="r", client_id="mine")
    answer = await ask(client, REFRESH)
    assert (answer.status, answer.json["error"]) == (401, "unauthorized_client")
    assert (await ask(client, {**REFRESH, "client_id": "mine"})).status == 200


async def test_a_refresh_can_ask_for_less_but_not_for_more(client: Client) -> None:
    """The access token has the scopes that the refresh names, which must have been granted."""
    readonly, metadata = (f"https://www.googleapis.com/auth/drive.{name}" for name in ("readonly", "metadata.readonly"))
    await register(client, action="register", refresh_token="r", scopes=[readonly, metadata])
    less = (await ask(client, {**REFRESH, "scope": metadata})).json
    more = await ask(client, {**REFRESH, "scope": f"{metadata} https://www.googleapis.com/auth/drive"})
    client.token = less["access_token"]
    assert less["scope"] == metadata
    assert (await client.get("drives")).status == 403
    assert (more.status, more.json["error"]) == (400, "invalid_scope")


async def test_insufficient_scopes_are_told_as_google_does(client: Client) -> None:
    """A token without a scope for the method is a 403 with ErrorInfo and a challenge (facts C2)."""
    await register(client, action="register", refresh_token="r", scopes=["openid"])
    client.token = (await ask(client, REFRESH)).json["access_token"]
    answer = await client.get("changes/startPageToken")
    error = answer.json["error"]
    assert (answer.status, answer.reason) == (403, "insufficientPermissions@")
    assert error["message"] == "Request had insufficient authentication scopes."
    assert (error["errors"][0]["message"], error["status"]) == ("Insufficient Permission", "PERMISSION_DENIED")
    assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert error["details"][0]["metadata"] == {
        "service": "drive.googleapis.com",
        "method": "google.apps.drive.v3.DriveChanges.GetStartPageToken",
    }
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


async def test_a_metadata_scope_opens_no_content(client: Client) -> None:
    """alt=media needs a scope over content (facts A2)."""
    scope = "https://www.googleapis.com/auth/drive.metadata.readonly"
    await register(client, action="register", refresh_token="r", scopes=[scope])
    found = (await client.get("files", q="mimeType = 'text/plain'", pageSize="1")).json["files"][0]["id"]
    client.token = (await ask(client, REFRESH)).json["access_token"]
    assert (await client.get(f"files/{found}")).status == 200
    assert (await client.read(found)).reason == "insufficientPermissions@"


@pytest.mark.parametrize("place", ["params", "data"])
async def test_a_token_is_revoked_from_query_or_body(client: Client, place: str) -> None:
    """Revoking works either way, and a second time is invalid_token."""
    first = await client.send("POST", "/revoke", **{place: {"token": "r"}})
    second = await client.send("POST", "/revoke", **{place: {"token": "r"}})
    assert first.status == 200
    assert (second.status, second.json["error"]) == (400, "invalid_token")
    assert (await client.send("POST", "/revoke")).json["error"] == "invalid_request"


async def test_an_access_token_revokes_its_grant(client: Client) -> None:
    """Revoking the access token kills the refresh token as well."""
    access_token = (await ask(client, REFRESH)).json["access_token"]
    assert (await client.send("POST", "/revoke", data={"token": access_token})).status == 200
    assert (await ask(client, REFRESH)).json["error"] == "invalid_grant"
    assert (await client.send("POST", "/revoke", data={"token": access_token})).status == 400


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
    """In strict mode unknown clients are invalid_client, refresh tokens invalid_grant, and bearer tokens a 401."""
    stranger = await ask(strict, REFRESH)
    await register(strict, action="client", client_id="c", client_secret="s")
    unknown = await ask(strict, REFRESH)
    strict.token = "made-up"
    assert (stranger.status, stranger.json["error"]) == (401, "invalid_client")
    assert unknown.json["error"] == "invalid_grant"
    assert (await strict.get("files")).status == 401
    await strict.control("POST", "oauth", {"action": "register", "refresh_token": "r"})
    strict.token = (await ask(strict, REFRESH)).json["access_token"]
    assert (await strict.get("files")).status == 200


async def test_a_program_registers_clients_and_tokens_itself() -> None:
    """What the control API does, a program that runs the emulator does by calls."""
    emulator = Emulator(synthetic_world(files=5, seed=1), auth="strict")
    emulator.state.tokens.registry.put_client(OAuthClient("c", "s"))
    emulator.state.tokens.register("r", scopes=frozenset({"openid"}), client_id="c")
    async with emulator.serve() as running, aiohttp.ClientSession() as session:
        answer = await ask(Client(session, running.base_url, running.world), REFRESH)
        assert answer.json["scope"] == "openid"


async def test_strict_mode_shows_strangers_no_consent_page(strict: Client) -> None:
    """An unknown client is invalid_client on a page."""
    answer = await App(strict).open()
    assert answer.status == 401
    assert b"Error 401: invalid_client" in answer.body


async def test_a_registered_token_stands_for_its_user(strict: Client) -> None:
    """A refresh token registered for another user gives that user's eyes."""
    email = strict.world.users[3].email
    await register(strict, action="client", client_id="c", client_secret="s")
    await strict.control("POST", "oauth", {"action": "register", "refresh_token": "r", "user": email})
    strict.token = (await ask(strict, REFRESH)).json["access_token"]
    about = await strict.get("about", fields="user(emailAddress)")
    assert about.json == {"user": {"emailAddress": email}}


async def test_a_service_account_is_welcome_when_open(client: Client) -> None:
    """The JWT-bearer grant gives a token without a scope."""
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "e30.e30.x"}
    answer = await ask(client, form)
    assert set(answer.json) == {"access_token", "expires_in", "token_type"}


@pytest.mark.parametrize(
    ("error", "status", "subtype"),
    [("admin_policy_enforced", 400, None), ("deleted_client", 401, None), ("invalid_rapt", 400, "invalid_rapt")],
)
async def test_policies_end_refreshing(client: Client, error: str, status: int, subtype: str | None) -> None:
    """What an admin or Google forbids is answered at the token endpoint too, for one user or for all."""
    email = client.world.users[1].email
    await register(client, action="policy", refusals=[{"error": error, "user": email}])
    refused = await ask(client, {**REFRESH, "refresh_token": email})
    assert (refused.status, refused.json.get("error_subtype")) == (status, subtype)
    assert refused.json["error"] == ("invalid_grant" if error == "invalid_rapt" else error)
    assert (await ask(client, REFRESH)).status == 200


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "internal_failure"), (503, "temporarily_unavailable"), (400, "invalid_grant")]
)
async def test_faults_at_the_token_endpoint_have_its_shape(client: Client, status: int, reason: str) -> None:
    """An injected error is an OAuth error here, with Google's text."""
    fault = {"route": "oauth.token", "kind": "error", "status": status, "reason": reason}
    await client.control("POST", "faults", {"faults": [fault]})
    answer = await ask(client, REFRESH)
    assert (answer.status, answer.json["error"]) == (status, reason)
    assert answer.json["error_description"] != reason
    assert (await ask(client, REFRESH)).status == 200


async def test_a_reset_forgets_registrations_and_outdates_tokens(client: Client) -> None:
    """After a reset clients, grants and policies are as at the start."""
    await register(client, action="client", client_id="c", client_secret="right")
    token = (await ask(client, {**REFRESH, "client_secret": "right"})).json["access_token"]
    await client.control("POST", "reset")
    assert (await ask(client, REFRESH)).status == 200
    client.token = token
    assert (await client.get("files")).status == 401


async def test_about_insists_on_a_mask(client: Client) -> None:
    """about.get without fields is 400 ``required`` (facts A3)."""
    answer = await client.get("about")
    assert (answer.status, answer.reason) == (400, "required@fields")


async def test_there_are_no_shared_drives_by_default(client: Client) -> None:
    """drives.list is empty and an unknown drive is not found."""
    assert (await client.get("drives")).json == {"kind": "drive#driveList", "drives": []}
    assert (await client.get("drives/0AX")).status == 404
