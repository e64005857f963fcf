"""Credentials of a connection: each way in which they cannot be used, and nothing secret in any of them."""

from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from google_drive_worker.client.errors import Kind
from google_drive_worker.client.token_sources import RefreshTokenSource, StaticTokenSource, TokenEndpoint
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.credentials import CredentialError, Credentials, check_keys, seal

OLD, NEW, FOREIGN = (Fernet.generate_key() for _ in range(3))
REFRESH_TOKEN = "1//0very-secret-refresh"
ACCESS_TOKEN = "ya29.very-secret-access"
CLIENT_SECRET = "GOCSPX-hush"
TOKEN_URI = "http://127.0.0.1:1/token"


def keys_of(*keys: bytes) -> SecretStr:
    return SecretStr(",".join(key.decode() for key in keys))


KEYS = keys_of(NEW, OLD)


def sealed(secret: str, key: bytes = NEW) -> str:
    return Fernet(key).encrypt(secret.encode()).decode()


@pytest.fixture
async def endpoint() -> AsyncIterator[TokenEndpoint]:
    async with HttpTransport() as transport:
        yield TokenEndpoint(transport)


def credentials(
    endpoint: TokenEndpoint, keys: SecretStr | None = KEYS, client_id: str | None = "client"
) -> Credentials:
    return Credentials(
        endpoint, keys=keys, client_id=client_id, client_secret=SecretStr(CLIENT_SECRET), token_uri=TOKEN_URI
    )


@pytest.mark.parametrize("key", [NEW, OLD], ids=["newest key", "older key"])
async def test_a_refresh_token_opens_with_any_key(endpoint: TokenEndpoint, key: bytes) -> None:
    """After a rotation, what was encrypted with the older key is still read."""
    source = credentials(endpoint).token_source({"refresh_token": sealed(REFRESH_TOKEN, key)})
    assert isinstance(source, RefreshTokenSource)


async def test_an_access_token_comes_first(endpoint: TokenEndpoint) -> None:
    """A connection that brings both uses the short-lived one."""
    config = {"access_token": sealed(ACCESS_TOKEN), "refresh_token": sealed(REFRESH_TOKEN)}
    source = credentials(endpoint).token_source(config)
    assert isinstance(source, StaticTokenSource)
    assert (await source.token()).value == ACCESS_TOKEN


@pytest.mark.parametrize(
    ("config", "code"),
    [
        pytest.param({}, "credential_missing", id="none"),
        pytest.param({"refresh_token": None}, "credential_missing", id="null"),
        pytest.param({"service_account": "/etc/key.json"}, "credential_missing", id="of another kind"),
        pytest.param({"refresh_token": REFRESH_TOKEN}, "credential_undecryptable", id="plain refresh token"),
        pytest.param({"access_token": ACCESS_TOKEN}, "credential_undecryptable", id="plain access token"),
        pytest.param({"refresh_token": ""}, "credential_undecryptable", id="empty"),
        pytest.param({"refresh_token": "ü" * 50}, "credential_undecryptable", id="no base64"),
        pytest.param({"refresh_token": sealed(REFRESH_TOKEN, FOREIGN)}, "credential_undecryptable", id="another key's"),
        pytest.param({"access_token": sealed(f"{ACCESS_TOKEN}\n")}, "credential_unusable", id="with a line end"),
        pytest.param({"access_token": sealed("")}, "credential_unusable", id="of nothing"),
    ],
)
async def test_a_credential_that_cannot_be_used(endpoint: TokenEndpoint, config: dict[str, str], code: str) -> None:
    """Each has its stable code, is final for the connection, and shows nothing of the credential."""
    with pytest.raises(CredentialError) as raised:
        credentials(endpoint).token_source(config)
    error = raised.value
    assert (error.code, error.kind) == (code, Kind.CONNECTION)
    shown = f"{error} {error!r} {error.message} {error.__cause__!r} {error.__suppress_context__}"
    for value in (REFRESH_TOKEN, ACCESS_TOKEN, CLIENT_SECRET, *filter(None, config.values())):
        assert value.strip() not in shown or value == "/etc/key.json"


async def test_without_keys_nothing_opens(endpoint: TokenEndpoint) -> None:
    """The error names the setting that is missing."""
    with pytest.raises(CredentialError, match="CREDENTIALS_ENCRYPTION_KEYS is not set") as raised:
        credentials(endpoint, keys=None).token_source({"refresh_token": sealed(REFRESH_TOKEN)})
    assert raised.value.code == "credential_undecryptable"


async def test_a_refresh_token_needs_its_client(endpoint: TokenEndpoint) -> None:
    """The error names the settings that are missing."""
    with pytest.raises(CredentialError, match="GOOGLE_CLIENT_ID") as raised:
        credentials(endpoint, client_id=None).token_source({"refresh_token": sealed(REFRESH_TOKEN)})
    assert raised.value.code == "oauth_client_missing"


async def test_no_representation_shows_a_secret(endpoint: TokenEndpoint) -> None:
    """Neither the opener of credentials nor what it opens prints one."""
    opened = credentials(endpoint)
    sources = [
        opened.token_source({"refresh_token": sealed(REFRESH_TOKEN)}),
        opened.token_source({"access_token": sealed(ACCESS_TOKEN)}),
    ]
    shown = f"{opened!r} {sources!r} {await sources[1].token()!r}"
    assert all(secret not in shown for secret in (REFRESH_TOKEN, ACCESS_TOKEN, CLIENT_SECRET, NEW.decode()))


@pytest.mark.parametrize("keys", [None, keys_of(NEW), KEYS, SecretStr(f" {NEW.decode()} , ")], ids=range(4))
def test_good_keys_are_good(keys: SecretStr | None) -> None:
    """One key, several, none at all, and spaces around them."""
    assert check_keys(keys) is None


@pytest.mark.parametrize("keys", ["not-a-key", f"{NEW.decode()},short", "ü" * 44])
def test_a_bad_key_is_told_and_not_shown(keys: str) -> None:
    """The text says what a key must be and how to make one."""
    said = check_keys(SecretStr(keys))
    assert said is not None
    assert "Fernet.generate_key" in said
    assert keys not in said
    assert NEW.decode() not in said


def test_sealing_uses_the_newest_key() -> None:
    """What is sealed opens with it; without a key nothing is sealed."""
    token = seal(keys_of(NEW, OLD), ACCESS_TOKEN)
    assert Fernet(NEW).decrypt(token).decode() == ACCESS_TOKEN
    with pytest.raises(ValueError, match="CREDENTIALS_ENCRYPTION_KEYS"):
        seal(None, ACCESS_TOKEN)
