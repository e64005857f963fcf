"""A connection's settings to access tokens.

In: `connection_config` with credentials as ciphertext, the worker's keys. Out: a token source. Decrypted values live
in token sources only; no error, log line or representation holds one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from google_drive_worker.client.auth import AccessToken, TokenSource
from google_drive_worker.client.errors import ConnectionBrokenError
from google_drive_worker.client.token_sources import RefreshTokenSource, StaticTokenSource, TokenEndpoint

ACCESS_TOKEN_LIFETIME = timedelta(hours=1)
"""What Google gives an access token; one from a trigger does not say when it was made."""


class CredentialError(ConnectionBrokenError):
    """The connection's credential cannot be used; `code` says in which way."""

    default_code = "credential_unusable"


class Credentials:
    """Opens credentials with the worker's keys, newest first."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        *,
        keys: SecretStr | None,
        client_id: str | None,
        client_secret: SecretStr | None,
        token_uri: str,
    ) -> None:
        self._endpoint = endpoint
        self._keys = _fernet(keys)
        self._client_id = client_id
        self._client_secret = client_secret
        self._token_uri = token_uri

    def token_source(self, config: Mapping[str, Any]) -> TokenSource:
        """The first credential that applies (docs/contracts.md, "Trigger"). Raises `CredentialError`."""
        if isinstance(access := config.get("access_token"), str):
            return StaticTokenSource(_access_token(self._open(access, "access_token")))
        if isinstance(refresh := config.get("refresh_token"), str):
            return self._refreshing(self._open(refresh, "refresh_token"))
        raise CredentialError(
            "connection_config holds no credential that this worker can use: send refresh_token or access_token, "
            "encrypted with a key of CREDENTIALS_ENCRYPTION_KEYS",
            code="credential_missing",
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
