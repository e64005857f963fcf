"""Google's own Python library, unmodified, against the emulator's token endpoint."""

import asyncio
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import id_token, service_account
from google.oauth2.credentials import Credentials

from .conftest import Client
from .oauth_app import DRIVE, DRIVE_READONLY, METADATA, REDIRECT_URI, App, register

ABOUT = "/drive/v3/about?fields=user(emailAddress)"


def read(client: Client, credentials: Any) -> dict[str, Any]:
    """Ask Drive who the credentials stand for, through the library's session."""
    with AuthorizedSession(credentials) as session:  # type: ignore[no-untyped-call]
        answer = session.get(client.base_url + ABOUT, timeout=20)
        answer.raise_for_status()
        user: dict[str, Any] = answer.json()["user"]
        return user


def user_credentials(client: Client, refresh_token: str, scopes: list[str] | None = None) -> Credentials:
    return Credentials(  # type: ignore[no-untyped-call]  # the library is untyped
        None,
        refresh_token=refresh_token,
        token_uri=f"{client.base_url}/token",
        client_id="app",
        client_secret="hush",
        scopes=scopes,
    )


def service_credentials(key_file: dict[str, str], subject: str | None = None) -> Any:
    return service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        key_file, scopes=[DRIVE_READONLY], subject=subject
    )


async def test_a_refresh_token_of_the_consent_page_works(client: Client) -> None:
    """The library refreshes, and again after a 401."""
    await register(client, action="client", client_id="app", client_secret="hush", redirect_uris=[REDIRECT_URI])
    app = App(client, scope=f"{DRIVE_READONLY} {METADATA}").asking(access_type="offline")
    email = client.world.users[1].email
    answer = await app.sign_in(account=email)
    credentials = user_credentials(client, answer["refresh_token"], [METADATA])
    assert await asyncio.to_thread(read, client, credentials) == {"emailAddress": email}
    first = credentials.token
    await register(client, action="expire_access_tokens")
    assert await asyncio.to_thread(read, client, credentials) == {"emailAddress": email}
    assert credentials.token != first
    assert credentials.granted_scopes == [METADATA]


async def test_a_generated_key_file_works(client: Client) -> None:
    """The library signs with the key file that registering a service account answers."""
    email = "robot@project.iam.gserviceaccount.com"
    key_file = await register(client, action="service_account", email=email)
    assert await asyncio.to_thread(read, client, service_credentials(key_file)) == {"emailAddress": email}


async def test_delegation_works(client: Client) -> None:
    """With the admin's grant a service account is the user it names; without it the library says why not."""
    subject = client.world.users[2].email
    key_file = await register(client, action="service_account", email="robot@project.iam.gserviceaccount.com")
    with pytest.raises(RefreshError, match="unauthorized_client"):
        await asyncio.to_thread(read, client, service_credentials(key_file, subject))
    await register(client, action="delegate", client_id=key_file["client_id"], scopes=[DRIVE_READONLY, DRIVE])
    found = await asyncio.to_thread(read, client, service_credentials(key_file, subject))
    assert found == {"emailAddress": subject}


async def test_a_revoked_grant_is_a_refresh_error(client: Client) -> None:
    """The library does not retry invalid_grant, and hands on Google's text."""
    await register(client, action="revoke", refresh_token="gone")
    with pytest.raises(RefreshError) as raised:
        await asyncio.to_thread(read, client, user_credentials(client, "gone"))
    assert raised.value.args[1]["error_description"] == "Token has been expired or revoked."
    assert not raised.value.retryable


async def test_an_id_token_is_verified(client: Client) -> None:
    """The library finds the key, and believes the signature, the issuer and the audience."""
    answer = await App(client, scope="openid email profile").asking(nonce="n-1").sign_in()
    certificates = f"{client.base_url}/oauth2/v1/certs"
    claims = await asyncio.to_thread(
        id_token.verify_token, answer["id_token"], Request(), audience="app", certs_url=certificates
    )
    user = client.world.users[0]
    assert (claims["iss"], claims["aud"], claims["nonce"]) == ("https://accounts.google.com", "app", "n-1")
    assert (claims["email"], claims["name"], claims["hd"]) == (user.email, user.display_name, user.domain)
