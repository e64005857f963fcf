"""What is told about tokens and users: userinfo, tokeninfo, keys and the OpenID configuration (facts F)."""

from base64 import urlsafe_b64decode

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from .conftest import Client
from .oauth_app import DRIVE, App

SIGN_IN = "openid email profile"


@pytest.fixture
def app(client: Client) -> App:
    return App(client, scope=SIGN_IN)


async def test_userinfo_tells_what_the_scopes_open(app: App) -> None:
    """With all three scopes it is the account's number, name, picture, address and domain."""
    app.client.token = (await app.sign_in())["access_token"]
    user = app.client.world.users[0]
    for path in ("/v1/userinfo", "/oauth2/v3/userinfo"):
        told = (await app.client.send("GET", path)).json
        assert told["sub"].isdecimal()
        assert len(told["sub"]) == 21
        assert (told["email"], told["email_verified"], told["hd"]) == (user.email, True, user.domain)
        assert f"{told['given_name']} {told['family_name']}" == told["name"] == user.display_name


async def test_userinfo_v2_has_other_names(app: App) -> None:
    """The older shape calls the number ``id`` and has ``verified_email``."""
    app.client.token = (await app.sign_in())["access_token"]
    first = (await app.client.send("GET", "/oauth2/v2/userinfo")).json
    second = (await app.client.send("GET", "/userinfo/v2/me")).json
    assert first == second
    assert first["verified_email"] is True
    assert not {"sub", "email_verified"} & set(first)


async def test_userinfo_keeps_to_the_scopes(app: App) -> None:
    """Without the scope for it, an address or a name is not told."""
    app.client.token = (await App(app.client, scope="openid").sign_in())["access_token"]
    assert set((await app.client.send("GET", "/v1/userinfo")).json) == {"sub", "hd"}


@pytest.mark.parametrize("path", ["/v1/userinfo", "/oauth2/v3/userinfo"])
async def test_userinfo_refuses_other_tokens(app: App, path: str) -> None:
    """No token, a dead one and one for Drive only are all invalid credentials."""
    drive_only = (await App(app.client, scope=DRIVE).sign_in())["access_token"]
    for token in (None, "ya29.emulator.made-up", drive_only):
        app.client.token = token
        answer = await app.client.send("GET", path)
        assert (answer.status, answer.json["error"]) == (401, "invalid_request")


async def test_userinfo_v2_refuses_in_the_shape_of_its_api(app: App) -> None:
    """A dead token is authError; none, and one for Drive only, lack the credentials."""
    drive_only = (await App(app.client, scope=DRIVE).sign_in())["access_token"]
    reasons = []
    for token in (None, "ya29.emulator.made-up", drive_only):
        app.client.token = token
        answer = await app.client.send("GET", "/oauth2/v2/userinfo")
        assert (answer.status, answer.json["error"]["status"]) == (401, "UNAUTHENTICATED")
        reasons.append(answer.reason)
    assert reasons == ["required@Authorization", "authError@Authorization", "required@Authorization"]


async def test_tokeninfo_tells_about_an_access_token(app: App) -> None:
    """Everything is text: whose it is, for which client, for how long and for what."""
    app = App(app.client, scope=f"{DRIVE} {SIGN_IN}").asking(access_type="offline")
    app.client.world.clock.freeze()
    token = (await app.sign_in())["access_token"]
    app.client.world.clock.advance(99_000)
    told = (await app.client.send("GET", "/tokeninfo", params={"access_token": token})).json
    assert (told["azp"], told["aud"], told["expires_in"]) == ("app", "app", "3500")
    assert told["exp"] == str(app.client.world.clock() // 1000 + 3500)
    assert (told["email"], told["email_verified"]) == (app.client.world.users[0].email, "true")
    assert (told["access_type"], DRIVE in told["scope"].split(), len(told["sub"])) == ("offline", True, 21)


async def test_tokeninfo_v2_has_other_names(app: App) -> None:
    """The older shape has issued_to, audience and user_id, and a number of seconds."""
    token = (await app.sign_in())["access_token"]
    told = (await app.client.send("POST", "/oauth2/v2/tokeninfo", data={"access_token": token})).json
    assert set(told) == {"issued_to", "audience", "user_id", "scope", "expires_in", "email", "verified_email"}
    assert told["expires_in"] in range(3590, 3600)


async def test_tokeninfo_reads_id_tokens(app: App) -> None:
    """An id token's claims are told as text, with its header; in the older shape under the older names."""
    token = (await app.sign_in())["id_token"]
    told = (await app.client.send("GET", "/oauth2/v3/tokeninfo", params={"id_token": token})).json
    older = (await app.client.send("GET", "/oauth2/v2/tokeninfo", params={"id_token": token})).json
    assert (told["aud"], told["alg"], told["email_verified"]) == ("app", "RS256", "true")
    assert told["email"] == older["email"] == app.client.world.users[0].email
    assert told["sub"] == older["user_id"]


@pytest.mark.parametrize("path", ["/tokeninfo", "/oauth2/v2/tokeninfo", "/oauth2/v3/tokeninfo"])
@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "Either access_token, id_token, or token_handle required"),
        ({"access_token": "ya29.emulator.made-up"}, "Invalid Value"),
        ({"id_token": "a.b.c"}, "Invalid Value"),
        ({"id_token": "\u00e9"}, "Invalid Value"),
    ],
)
async def test_tokeninfo_refuses_what_is_no_token(app: App, path: str, params: dict[str, str], said: str) -> None:
    """A token that is no good, or none, is invalid_token."""
    answer = await app.client.send("GET", path, params=params)
    assert (answer.status, answer.json) == (400, {"error": "invalid_token", "error_description": said})


async def test_an_id_token_expires_after_an_hour(app: App) -> None:
    """Then tokeninfo no longer knows it."""
    token = (await app.sign_in())["id_token"]
    app.client.world.clock.advance(3_600_000)
    assert (await app.client.send("GET", "/tokeninfo", params={"id_token": token})).status == 400


async def test_the_key_set_verifies_id_tokens(app: App) -> None:
    """The published key has the id that the token names, and fits its signature."""
    token = (await app.sign_in())["id_token"]
    signed, _, signature = token.rpartition(".")
    header = msgspec.json.decode(decoded(signed.partition(".")[0]))
    [key] = (await app.client.send("GET", "/oauth2/v3/certs")).json["keys"]
    assert (key["kid"], key["alg"]) == (header["kid"], header["alg"])
    numbers = RSAPublicNumbers(*(int.from_bytes(decoded(key[name]), "big") for name in ("e", "n")))
    numbers.public_key().verify(decoded(signature), signed.encode(), PKCS1v15(), SHA256())


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_the_configuration_points_here(app: App) -> None:
    """Clients that configure themselves find all endpoints at the address they asked, under Google's issuer."""
    told = (await app.client.send("GET", "/.well-known/openid-configuration")).json
    assert told["issuer"] == "https://accounts.google.com"
    assert told["token_endpoint"] == f"{app.client.base_url}/token"
    for name in ("jwks_uri", "userinfo_endpoint"):
        path = told[name].removeprefix(app.client.base_url)
        assert (await app.client.send("GET", path)).status == 200
