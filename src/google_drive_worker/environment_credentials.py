"""The credential of commands that a person runs without a control plane.

In: settings from the environment. Out: a token source, or a refusal that says how to get a credential. Nothing here is
written anywhere, and no text holds a value.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from google_drive_worker.client.auth import TokenSource
from google_drive_worker.client.service_account import ServiceAccountKey
from google_drive_worker.client.token_sources import RefreshTokenSource, ServiceAccountSource, TokenEndpoint
from google_drive_worker.config import DriveSettings

SCOPE = "https://www.googleapis.com/auth/drive.readonly"
REFRESH_NAMES = ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_REFRESH_TOKEN")

HOW_TO_GET_ONE = f"""\
There is no credential for Google Drive in the environment. One of these is needed:

1. Your own account: GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET and GOOGLE_REFRESH_TOKEN.
   - In the Google Cloud console, enable the Google Drive API and make an OAuth client of type "Desktop app":
     that gives the client id and secret.
   - Consent once with that client to the scope {SCOPE}
     (asking for access_type=offline), and exchange the code: the answer holds the refresh token. The OAuth 2.0
     Playground does both steps in a browser, with "Use your own OAuth credentials"; for it, the client must be of
     type "Web application" with https://developers.google.com/oauthplayground as a redirect address.
   - While the consent screen is in testing, Google ends refresh tokens after 7 days.
2. A service account: GOOGLE_APPLICATION_CREDENTIALS, the path of its JSON key file. It sees what is shared with it;
   with domain-wide delegation of the scope above, --subject USER makes it see that user's Drive.

To try it out without Google: `google-drive-emulator serve --port 9000`, then
   GDRIVE_API_BASE_URL=http://127.0.0.1:9000 GOOGLE_TOKEN_URI=http://127.0.0.1:9000/token \\
   GOOGLE_CLIENT_ID=any GOOGLE_CLIENT_SECRET=any GOOGLE_REFRESH_TOKEN=any"""


class CredentialSettings(DriveSettings):
    """Settings of a command that asks Drive by itself."""

    google_refresh_token: SecretStr | None = None
    google_application_credentials: Path | None = Field(default=None, description="a service account's JSON key file")
    worker_integration_id: str = "google-drive"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    log_format: Literal["json", "console"] = "console"


class EnvironmentCredentialError(ValueError):
    """The environment holds no credential, or one that cannot be used; the text says what to do."""


def token_source(settings: CredentialSettings, endpoint: TokenEndpoint, subject: str | None) -> TokenSource:
    """The user's refresh token, else the service account (docs/contracts.md, "Credentials of sync and doctor").

    A `subject` is what only a service account can act for. Raises `EnvironmentCredentialError`.
    """
    key_file = settings.google_application_credentials
    if key_file is not None and (subject is not None or _missing(settings)):
        return ServiceAccountSource(
            endpoint, _key(key_file), scopes=[SCOPE], subject=subject, token_uri=_chosen_token_uri(settings)
        )
    if subject is not None:
        raise EnvironmentCredentialError(
            "--subject needs a service account with domain-wide delegation: set GOOGLE_APPLICATION_CREDENTIALS"
        )
    return _refreshing(settings, endpoint)


def has_credential(settings: CredentialSettings) -> bool:
    """Whether the environment holds an account's credential; an OAuth client alone, which a worker has, is none."""
    return settings.google_application_credentials is not None or settings.google_refresh_token is not None


def _missing(settings: CredentialSettings) -> list[str]:
    values = (settings.google_client_id, settings.google_client_secret, settings.google_refresh_token)
    return [name for name, value in zip(REFRESH_NAMES, values, strict=True) if not value]


def _refreshing(settings: CredentialSettings, endpoint: TokenEndpoint) -> TokenSource:
    identity, secret, token = settings.google_client_id, settings.google_client_secret, settings.google_refresh_token
    if not identity or not secret or not token:
        missing = _missing(settings)
        if len(missing) == len(REFRESH_NAMES):
            raise EnvironmentCredentialError(HOW_TO_GET_ONE)
        raise EnvironmentCredentialError(f"{' and '.join(missing)} must be set as well: the three belong together")
    return RefreshTokenSource(
        endpoint,
        client_id=identity,
        client_secret=secret.get_secret_value(),
        refresh_token=token.get_secret_value(),
        token_uri=settings.google_token_uri,
    )


def _key(path: Path) -> ServiceAccountKey:
    try:
        return ServiceAccountKey.parse(path.read_bytes())
    except OSError as error:
        raise EnvironmentCredentialError(
            f"GOOGLE_APPLICATION_CREDENTIALS: {path} cannot be read: {error.strerror}"
        ) from None
    except ValueError as error:
        raise EnvironmentCredentialError(f"GOOGLE_APPLICATION_CREDENTIALS: {path}: {error}") from None


def _chosen_token_uri(settings: CredentialSettings) -> str | None:
    """The key file names its own endpoint, unless somebody chose another."""
    return settings.google_token_uri if "google_token_uri" in settings.model_fields_set else None
