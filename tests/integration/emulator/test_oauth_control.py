"""What is registered over the control API, and what it shows (facts F)."""

import pytest

from .conftest import Client
from .oauth_app import DRIVE, REDIRECT_URI, App, register


async def test_a_new_client_is_answered_with_its_secrets_file(client: Client) -> None:
    """The file is Google's, with the emulator's addresses; id and secret are made up when not given."""
    web = await register(client, action="client", redirect_uris=[REDIRECT_URI])
    desktop = await register(client, action="client", client_id="d", client_secret="s", type="desktop")
    assert web["web"]["client_id"].endswith(".apps.googleusercontent.com")
    assert web["web"]["redirect_uris"] == [REDIRECT_URI]
    assert desktop["installed"] == {
        "client_id": "d",
        "project_id": "emulator",
        "auth_uri": f"{client.base_url}/o/oauth2/v2/auth",
        "token_uri": f"{client.base_url}/token",
        "auth_provider_x509_cert_url": f"{client.base_url}/oauth2/v1/certs",
        "client_secret": "s",
        "redirect_uris": ["http://localhost"],
    }


async def test_all_is_shown_but_secrets(client: Client) -> None:
    """Clients, service accounts, delegations, policies and grants are listed without secrets, keys and tokens."""
    await register(client, action="client", client_id="app", client_secret="hush-hush", redirect_uris=[REDIRECT_URI])
    account = await register(client, action="service_account", email="robot@p.iam.gserviceaccount.com")
    await register(client, action="delegate", client_id=account["client_id"], scopes=[DRIVE])
    await register(client, action="register", refresh_token="1//registered", scopes=[DRIVE], client_id="app")
    await register(client, action="policy", refusals=[{"error": "org_internal", "client_id": "other"}])
    answer = await client.control("GET", "oauth")
    shown = answer.json
    assert shown["mode"] == "open"
    assert shown["settings"]["access_token_seconds"] == 3599
    assert [each["client_id"] for each in shown["clients"]] == ["app"]
    assert shown["service_accounts"][0]["key_ids"] == [account["private_key_id"]]
    assert shown["delegations"] == {account["client_id"]: [DRIVE]}
    assert shown["refusals"] == [{"error": "org_internal", "client_id": "other", "user": None}]
    [grant] = shown["grants"]
    assert (grant["kind"], grant["client_id"], grant["scopes"]) == ("registered", "app", [DRIVE])
    for secret in (b"hush-hush", b"1//registered", b"BEGIN"):
        assert secret not in answer.body


async def test_a_revoked_token_can_be_registered_again(client: Client) -> None:
    """Registering makes a refresh token good, whatever became of it before."""
    app = App(client)
    await register(client, action="revoke", refresh_token="r")
    assert (await app.refresh("r")).status == 400
    await register(client, action="register", refresh_token="r")
    assert (await app.refresh("r")).status == 200


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"action": "dance"}, "Invalid value 'dance'"),
        ({"action": "register"}, "needs a refresh_token"),
        ({"action": "register", "refresh_token": "r", "user": "nobody@example.com"}, "there is no user"),
        ({"action": "register", "refresh_token": "r", "scopes": ["nonsense"]}, "Some requested scopes were invalid"),
        ({"action": "client", "redirect_uris": ["nonsense"]}, "cannot be a redirect address"),
        ({"action": "client", "type": "phone"}, "Invalid enum value 'phone'"),
        ({"action": "client", "grant_seconds": 0}, "grant_seconds must be at least 1"),
        ({"action": "service_account", "email": "robot"}, "email must be an address"),
        ({"action": "service_account", "email": "a@b", "public_key": "nonsense"}, "public_key must be an RSA key"),
        ({"action": "delegate", "client_id": "7", "scopes": ["nonsense"]}, "Some requested scopes were invalid"),
        ({"action": "policy", "refusals": [{"error": "nonsense"}]}, "Invalid enum value 'nonsense'"),
        ({"action": "settings", "settings": {"access_token_seconds": 0}}, "access_token_seconds must be from 1"),
        ({"action": "settings", "settings": {"refresh_tokens_per_client": 0}}, "refresh_tokens_per_client must be"),
        ({"action": "settings", "settings": {"nonsense": 1}}, "nonsense"),
    ],
)
async def test_a_bad_message_is_answered_in_plain_words(client: Client, message: object, said: str) -> None:
    """The control API says what is wrong, with status 400."""
    answer = await client.control("POST", "oauth", message)
    assert answer.status == 400
    assert said in answer.json["error"]
