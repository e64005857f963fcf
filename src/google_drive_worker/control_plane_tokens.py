"""Access tokens from the control plane, where one is configured: then no credential travels with triggers.

In: a connection's id. Out: a token source. What the control plane answers becomes what a token endpoint would have
said: come later, or somebody has to consent.
"""

from collections.abc import Mapping
from typing import Any

from clustera_toolkit.control_plane import (
    AccessGrant,
    ControlPlaneClient,
    ControlPlaneError,
    ControlPlaneUnavailableError,
    UnknownConnectionError,
)
from clustera_toolkit.control_plane import ReauthorizationRequiredError as ConsentRequiredError
from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.errors import (
    ConnectionBrokenError,
    DriveError,
    ReauthorizationRequiredError,
    RetryableError,
)
from google_drive_worker.config import WorkerSettings

ENDPOINT = "control-plane.access-token"
REFUSED_SECONDS = 60.0
"""How soon a control plane is asked again that does not accept this worker."""


def open_control_plane(settings: WorkerSettings) -> ControlPlaneClient | None:
    """A client, not yet connected; None where no control plane is configured."""
    url, client_id, secret = (
        settings.control_plane_base_url,
        settings.control_plane_client_id,
        settings.control_plane_client_secret,
    )
    if url is None or client_id is None or secret is None:  # settings have all three or no address
        return None
    return ControlPlaneClient(url, client_id, secret)


def subject_of(config: Mapping[str, Any]) -> str | None:
    """Whom a service account stands for, if a connection's settings say so."""
    subject = config.get("subject")
    return subject if isinstance(subject, str) else None


class ControlPlaneTokenSource:
    """The tokens of one connection; the client keeps and renews them, for all sources together."""

    def __init__(self, client: ControlPlaneClient, connection_id: str, subject: str | None = None) -> None:
        self._client = client
        self._connection_id = connection_id
        self._subject = subject
        self._grant: AccessGrant | None = None
        self._refused: str | None = None

    async def token(self) -> AccessToken:
        """Give a token. Raises `ConnectionBrokenError`, or `RetryableError` when the control plane is away."""
        try:
            grant = await self._client.access_token(self._connection_id, self._subject)
        except ControlPlaneError as error:
            raise _as_drive_error(error) from None
        if grant.access_token == self._refused:
            raise ReauthorizationRequiredError(
                "Google refuses the access token although its time is not over: the grant was revoked",
                code="access_token_refused",
                endpoint=ENDPOINT,
            )
        self._grant = grant
        return AccessToken(grant.access_token, grant.expires_at)

    def invalidate(self, token: AccessToken) -> None:
        """Give a token out no more, also when the control plane still takes it for good."""
        if self._grant is not None and self._grant.access_token == token.value:
            self._refused = token.value
            self._client.invalidate(self._connection_id, self._grant, self._subject)


def _as_drive_error(error: ControlPlaneError) -> DriveError:
    told = str(error)
    if isinstance(error, ConsentRequiredError):
        return ReauthorizationRequiredError(told, endpoint=ENDPOINT)
    if isinstance(error, UnknownConnectionError):
        return ConnectionBrokenError(told, code="connection_unknown", endpoint=ENDPOINT)
    if isinstance(error, ControlPlaneUnavailableError):
        wait = error.retry_after_seconds
        return RetryableError(told, code="control_plane_unavailable", endpoint=ENDPOINT, retry_after_seconds=wait)
    # A wrong secret or address is no connection's fault: none of them is parked for it.
    return RetryableError(told, code="control_plane_refused", endpoint=ENDPOINT, retry_after_seconds=REFUSED_SECONDS)
