"""A connection's settings to access tokens.

In: `connection_config` with credentials as ciphertext or a key file's name, the worker's keys. Out: a token source.
Decrypted values live in token sources only; no error, log line or representation holds one.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from google_drive_worker.client.auth import AccessToken, TokenSource
from google_drive_worker.client.errors import ConnectionBrokenError
from google_drive_worker.client.service_account import ServiceAccountKey
from google_drive_worker.client.token_sources import (
    RefreshTokenSource,
    ServiceAccountSource,
    StaticTokenSource,
    TokenEndpoint,
)
from google_drive_worker.environment_credentials import SCOPE
from google_drive_worker.schemas.trigger import is_sealed, names_key_file
from google_drive_worker.sync.corpora import OWNED

ACCESS_TOKEN_LIFETIME = timedelta(hours=1)
"""What Google gives an access token; one from a trigger does not say when it was made."""


class CredentialError(ConnectionBrokenError):
    """The connection's credential cannot be used; `code` says in which way."""

    default_code = "credential_unusable"


class Credentials:
    """Opens credentials with the worker's keys, newest first; `key_file` reads one by its name, and may block."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        *,
        keys: SecretStr | None,
        client_id: str | None,
        client_secret: SecretStr | None,
        token_uri: str,
        key_file: Callable[[str], bytes],
    ) -> None:
        self._endpoint = endpoint
        self._keys = _fernet(keys)
        self._client_id = client_id
        self._client_secret = client_secret
        self._token_uri = token_uri
        self._key_file = key_file

    async def token_source(self, config: Mapping[str, Any]) -> TokenSource:
        """The first credential that applies (docs/contracts.md, "Trigger"). Raises `CredentialError`."""
        if isinstance(access := config.get("access_token"), str):
            return StaticTokenSource(_access_token(self._open(access, "access_token")))
        if isinstance(refresh := config.get("refresh_token"), str):
            return self._refreshing(self._open(refresh, "refresh_token"))
        if isinstance(account := config.get("service_account"), str):
            return await self._standing_for(account, _subject(config))
        raise CredentialError(
            "connection_config holds no credential that this worker can use: send refresh_token, access_token or "
            "service_account, encrypted with a key of CREDENTIALS_ENCRYPTION_KEYS",
            code="credential_missing",
        )

    async def _standing_for(self, account: str, subject: str | None) -> TokenSource:
        """The service account itself, or as the user it stands for.

        Tokens come from this worker's own endpoint: the address in a key that somebody sent is not called.
        """
        key = await asyncio.to_thread(self._key, account)
        return ServiceAccountSource(self._endpoint, key, scopes=[SCOPE], subject=subject, token_uri=self._token_uri)

    def _key(self, account: str) -> ServiceAccountKey:
        try:
            return ServiceAccountKey.parse(self._key_document(account))
        except ValueError as error:  # its text holds nothing of the key
            raise CredentialError(
                f"connection_config.service_account is no service account's key file: {error}",
                code="service_account_invalid",
            ) from None

    def _key_document(self, account: str) -> str | bytes:
        if is_sealed(account):
            return self._open(account, "service_account")
        if names_key_file(account):
            return self._key_file(account)
        raise CredentialError(
            "connection_config.service_account is neither a Fernet token nor the name of a key file",
            code="service_account_invalid",
        )

    def _refreshing(self, refresh_token: str) -> TokenSource:
        if not self._client_id or self._client_secret is None:
            raise CredentialError(
                "a refresh token needs GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET of the OAuth client it was given to",
                code="oauth_client_missing",
            )
        return RefreshTokenSource(
            self._endpoint,
            client_id=self._client_id,
            client_secret=self._client_secret.get_secret_value(),
            refresh_token=refresh_token,
            token_uri=self._token_uri,
        )

    def _open(self, ciphertext: str, name: str) -> str:
        if self._keys is None:
            raise CredentialError(
                f"connection_config.{name} is encrypted, and CREDENTIALS_ENCRYPTION_KEYS is not set",
                code="credential_undecryptable",
            )
        try:
            return self._keys.decrypt(ciphertext).decode()
        except (InvalidToken, ValueError):
            raise CredentialError(
                f"connection_config.{name} does not decrypt with any key of CREDENTIALS_ENCRYPTION_KEYS: it was "
                "encrypted with another key, or is not a Fernet token",
                code="credential_undecryptable",
            ) from None


def _subject(config: Mapping[str, Any]) -> str | None:
    """Whom a service account stands for. Raises `CredentialError` when it stands for nobody and must."""
    subject = config.get("subject") or None
    if subject is None and (config.get("corpora") or {}).get("user") == OWNED:
        raise CredentialError(
            "connection_config.corpora.user is `owned`, and a service account owns nothing (it has no storage): "
            "name the user that it stands for in connection_config.subject",
            code="subject_missing",
        )
    return subject


def _access_token(value: str) -> AccessToken:
    try:
        return AccessToken(value, datetime.now(UTC) + ACCESS_TOKEN_LIFETIME)
    except ValueError as error:  # its text holds nothing of the value
        raise CredentialError(f"connection_config.access_token decrypts, but {error}") from None


def seal(keys: SecretStr | None, secret: str) -> str:
    """A secret as a Fernet token of the newest key. Raises `ValueError` when there is no key."""
    fernet = _fernet(keys)
    if fernet is None:
        raise ValueError("CREDENTIALS_ENCRYPTION_KEYS is not set: without a key no credential can be sent")
    return fernet.encrypt(secret.encode()).decode()


def check_keys(keys: SecretStr | None) -> str | None:
    """What is wrong with the keys, without showing them; None when they are good."""
    try:
        _fernet(keys)
    except ValueError:
        return (
            "CREDENTIALS_ENCRYPTION_KEYS: each key must be 32 bytes in URL-safe base64, separated by commas "
            '(make one: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())")'
        )
    return None


def _fernet(keys: SecretStr | None) -> MultiFernet | None:
    if keys is None:
        return None
    parts = [part.strip() for part in keys.get_secret_value().split(",") if part.strip()]
    return MultiFernet([Fernet(part) for part in parts]) if parts else None
