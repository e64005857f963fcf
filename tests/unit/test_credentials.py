"""Credentials of a connection: each way in which they cannot be used, and nothing secret in any of them."""

import json
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from tests.unit.client.service_account_key import KEY_FILE, PEM

from google_drive_worker.client.errors import Kind
from google_drive_worker.client.token_sources import (
    RefreshTokenSource,
    ServiceAccountSource,
    StaticTokenSource,
    TokenEndpoint,
)
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.credentials import CredentialError, Credentials, check_keys, seal

OLD, NEW, FOREIGN = (Fernet.generate_key() for _ in range(3))
REFRESH_TOKEN = "1//0very-secret-refresh"
ACCESS_TOKEN = "ya29.very-secret-access"
CLIENT_SECRET = "GOCSPX-hush"
TOKEN_URI = "http://127.0.0.1:1/token"
KEY = json.dumps(KEY_FILE)
CUT_KEY = json.dumps({name: value for name, value in KEY_FILE.items() if name != "client_email"})
SIGNED_BY_NOBODY = json.dumps({**KEY_FILE, "private_key": PEM.replace("MII", "MIJ", 1)})


def keys_of(*keys: bytes) -> SecretStr:
    return SecretStr(",".join(key.decode() for key in keys))


KEYS = keys_of(NEW, OLD)


def sealed(secret: str, key: bytes = NEW) -> str:
    return Fernet(key).encrypt(secret.encode()).decode()


@pytest.fixture
async def endpoint() -> AsyncIterator[TokenEndpoint]:
    async with HttpTransport() as transport:
        yield TokenEndpoint(transport)


def key_file(name: str) -> bytes:
    """One key file there is, and one that is none."""
    return {"key.json": KEY, "README.md": "# Keys"}[name].encode()


def credentials(
    endpoint: TokenEndpoint,
    keys: SecretStr | None = KEYS,
    client_id: str | None = "client",
    read: Callable[[str], bytes] = key_file,
) -> Credentials:
    return Credentials(
        endpoint,
        keys=keys,
        client_id=client_id,
        client_secret=SecretStr(CLIENT_SECRET),
        token_uri=TOKEN_URI,
        key_file=read,
    )


@pytest.mark.parametrize("key", [NEW, OLD], ids=["newest key", "older key"])
async def test_a_refresh_token_opens_with_any_key(endpoint: TokenEndpoint, key: bytes) -> None:
    """After a rotation, what was encrypted with the older key is still read."""
    source = await credentials(endpoint).token_source({"refresh_token": sealed(REFRESH_TOKEN, key)})
    assert isinstance(source, RefreshTokenSource)


async def test_an_access_token_comes_first(endpoint: TokenEndpoint) -> None:
    """A connection that brings both uses the short-lived one."""
    config = {"access_token": sealed(ACCESS_TOKEN), "refresh_token": sealed(REFRESH_TOKEN)}
    source = await credentials(endpoint).token_source(config)
    assert isinstance(source, StaticTokenSource)
    assert (await source.token()).value == ACCESS_TOKEN


@pytest.mark.parametrize(
    ("config", "code"),
    [
        pytest.param({}, "credential_missing", id="none"),
        pytest.param({"refresh_token": None}, "credential_missing", id="null"),
        pytest.param({"refresh_token": REFRESH_TOKEN}, "credential_undecryptable", id="plain refresh token"),
        pytest.param({"access_token": ACCESS_TOKEN}, "credential_undecryptable", id="plain access token"),
        pytest.param({"refresh_token": ""}, "credential_undecryptable", id="empty"),
        pytest.param({"refresh_token": "ü" * 50}, "credential_undecryptable", id="no base64"),
        pytest.param({"refresh_token": sealed(REFRESH_TOKEN, FOREIGN)}, "credential_undecryptable", id="another key's"),
        pytest.param({"access_token": sealed(f"{ACCESS_TOKEN}\n")}, "credential_unusable", id="with a line end"),
        pytest.param({"access_token": sealed("")}, "credential_unusable", id="of nothing"),
        pytest.param({"service_account": sealed(KEY, FOREIGN)}, "credential_undecryptable", id="another key's account"),
        pytest.param({"service_account": KEY}, "service_account_invalid", id="key in clear"),
        pytest.param({"service_account": sealed("key")}, "service_account_invalid", id="no key file"),
        pytest.param({"service_account": sealed(CUT_KEY)}, "service_account_invalid", id="key file of nobody"),
        pytest.param({"service_account": sealed(SIGNED_BY_NOBODY)}, "service_account_invalid", id="damaged key"),
        pytest.param({"service_account": "README.md"}, "service_account_invalid", id="name of no key file"),
    ],
)
async def test_a_credential_that_cannot_be_used(endpoint: TokenEndpoint, config: dict[str, str], code: str) -> None:
    """Each has its stable code, is final for the connection, and shows nothing of the credential."""
    with pytest.raises(CredentialError) as raised:
        await credentials(endpoint).token_source(config)
    error = raised.value
    assert (error.code, error.kind) == (code, Kind.CONNECTION)
    shown = f"{error} {error!r} {error.message} {error.__cause__!r} {error.__suppress_context__}"
    for value in (REFRESH_TOKEN, ACCESS_TOKEN, CLIENT_SECRET, PEM, "PRIVATE KEY", *filter(None, config.values())):
        assert value.strip() not in shown


async def test_without_keys_nothing_opens(endpoint: TokenEndpoint) -> None:
    """The error names the setting that is missing."""
    with pytest.raises(CredentialError, match="CREDENTIALS_ENCRYPTION_KEYS is not set") as raised:
        await credentials(endpoint, keys=None).token_source({"refresh_token": sealed(REFRESH_TOKEN)})
    assert raised.value.code == "credential_undecryptable"


async def test_a_refresh_token_needs_its_client(endpoint: TokenEndpoint) -> None:
    """The error names the settings that are missing."""
    with pytest.raises(CredentialError, match="GOOGLE_CLIENT_ID") as raised:
        await credentials(endpoint, client_id=None).token_source({"refresh_token": sealed(REFRESH_TOKEN)})
    assert raised.value.code == "oauth_client_missing"


@pytest.mark.parametrize("account", [sealed(KEY), sealed(KEY, OLD), "key.json"], ids=["sealed", "older key", "named"])
async def test_a_service_account_is_sealed_or_named(endpoint: TokenEndpoint, account: str) -> None:
    """Its key file comes encrypted in the trigger, or lies with the worker under the name that the trigger holds."""
    source = await credentials(endpoint).token_source({"service_account": account, "subject": "ada@example.com"})
    assert isinstance(source, ServiceAccountSource)


@pytest.mark.parametrize(
    ("config", "chosen"),
    [
        ({"access_token": sealed(ACCESS_TOKEN)}, StaticTokenSource),
        ({"refresh_token": sealed(REFRESH_TOKEN)}, RefreshTokenSource),
        ({}, ServiceAccountSource),
    ],
    ids=["access token", "refresh token", "alone"],
)
async def test_a_service_account_comes_last(endpoint: TokenEndpoint, config: dict[str, str], chosen: type) -> None:
    """A connection that brings a user's own token uses that one."""
    assert isinstance(await credentials(endpoint).token_source({"service_account": "key.json", **config}), chosen)


async def test_key_files_are_read_elsewhere(endpoint: TokenEndpoint) -> None:
    """Whatever a file system takes its time for, the event loop goes on."""
    readers: list[int] = []

    def read(name: str) -> bytes:
        readers.append(threading.get_ident())
        return key_file(name)

    await credentials(endpoint, read=read).token_source({"service_account": "key.json"})
    assert readers
    assert threading.get_ident() not in readers


async def test_who_owns_nothing_must_stand_for_somebody(endpoint: TokenEndpoint) -> None:
    """An account without storage cannot be asked for what it owns: the copy would be empty, and complete."""
    owned = {"service_account": "key.json", "corpora": {"user": "owned"}}
    with pytest.raises(CredentialError, match=r"connection_config\.subject") as raised:
        await credentials(endpoint).token_source(owned)
    assert raised.value.code == "subject_missing"
    standing = await credentials(endpoint).token_source({**owned, "subject": "ada@example.com"})
    assert isinstance(standing, ServiceAccountSource)


async def test_no_representation_shows_a_secret(endpoint: TokenEndpoint) -> None:
    """Neither the opener of credentials nor what it opens prints one."""
    opened = credentials(endpoint)
    sources = [
        await opened.token_source({"refresh_token": sealed(REFRESH_TOKEN)}),
        await opened.token_source({"access_token": sealed(ACCESS_TOKEN)}),
    ]
    shown = f"{opened!r} {sources!r} {await sources[1].token()!r}"
    secrets = (REFRESH_TOKEN, ACCESS_TOKEN, CLIENT_SECRET, NEW.decode(), "PRIVATE KEY")
    assert all(secret not in shown for secret in secrets)


@pytest.mark.parametrize("keys", [None, keys_of(NEW), KEYS, SecretStr(f" {NEW.decode()} , ")], ids=range(4))
def test_good_keys_are_good(keys: SecretStr | None) -> None:
    """One key, several, none at all, and spaces around them."""
    assert check_keys(keys) is None


@pytest.mark.parametrize("keys", ["not-a-key", f"{NEW.decode()},short", "ü" * 44], ids=["word", "short", "not ASCII"])
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
