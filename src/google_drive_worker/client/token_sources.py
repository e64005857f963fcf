"""Where access tokens come from. In: credentials, the transport. Out: fresh tokens, asked for only once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from clustera_toolkit.timing import REAL_TIMING, Timing
from google_drive_worker.client.auth import (
    GOOGLE_TOKEN_URI,
    AccessToken,
    TokenGrant,
    TokenRequest,
    parse_token_response,
    refresh_request,
    stale_at,
)
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.classify import TOKEN_ENDPOINT
from google_drive_worker.client.errors import ReauthorizationRequiredError
from google_drive_worker.client.retry import retrying
from google_drive_worker.client.service_account import ServiceAccountKey, service_account_request
from google_drive_worker.client.single_flight import SingleFlight
from google_drive_worker.client.transport import HttpTransport

TOKEN_BACKOFF = Backoff(max_attempts=3, max_elapsed_seconds=90.0)
TOKEN_MAX_BYTES = 256 * 1024


class TokenEndpoint:
    """Sends token requests, repeating those that fail for a passing cause (facts G)."""

    def __init__(
        self, transport: HttpTransport, *, backoff: Backoff = TOKEN_BACKOFF, timing: Timing = REAL_TIMING
    ) -> None:
        self._transport = transport
        self._backoff = backoff
        self.timing = timing

    async def exchange(self, request: Callable[[datetime], TokenRequest]) -> TokenGrant:
        """Ask for a grant; `request` is made anew for each try, as a signed one holds its time.

        Raises `ConnectionBrokenError` when it refuses, `RetryableError` when the tries end.
        """
        return await retrying(partial(self._send, request), backoff=self._backoff, timing=self.timing)

    async def _send(self, request: Callable[[datetime], TokenRequest]) -> TokenGrant:
        asked_at = self.timing.now()
        wanted = request(asked_at)
        answer = await self._transport.request(
            "POST", wanted.url, form=wanted.form, max_bytes=TOKEN_MAX_BYTES, endpoint=TOKEN_ENDPOINT
        )
        return parse_token_response(answer.status, answer.body, asked_at, answer.headers)


class CachedTokenSource(ABC):
    """Keeps one token until it is stale or refused; concurrent callers share one fetch."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._held: AccessToken | None = None
        self._stale_at: datetime | None = None
        self._flight: SingleFlight[AccessToken] = SingleFlight()

    async def token(self) -> AccessToken:
        """Give the token held, or a new one if there is none or it is stale."""
        if self._held is not None and self._stale_at is not None and self._timing.now() < self._stale_at:
            return self._held
        return await self._flight.run(self._renew)

    def invalidate(self, token: AccessToken) -> None:
        """Forget `token`; a newer one that another caller got meanwhile stays."""
        if self._held is not None and self._held.value == token.value:
            self._held = None

    async def _renew(self) -> AccessToken:
        asked_at = self._timing.now()
        token = await self.fetch()
        self._held, self._stale_at = token, stale_at(token, asked_at)
        return token

    @abstractmethod
    async def fetch(self) -> AccessToken:
        """Obtain a new token; never runs twice at once."""


class RefreshTokenSource(CachedTokenSource):
    """Access tokens of a user who gave consent, by refresh token.

    Google seldom sends a new refresh token; when it does, it is used from then on and given to
    `on_new_refresh_token`, whose owner stores it (facts C3).
    """

    def __init__(
        self,
        endpoint: TokenEndpoint,
        *,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        token_uri: str = GOOGLE_TOKEN_URI,
        on_new_refresh_token: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(endpoint.timing)
        self._endpoint = endpoint
        self._request = partial(refresh_request, token_uri=token_uri, client_id=client_id, client_secret=client_secret)
        self._refresh_token = refresh_token
        self._on_new_refresh_token = on_new_refresh_token

    async def fetch(self) -> AccessToken:
        """Obtain a new token for the refresh token."""
        grant = await self._endpoint.exchange(lambda _: self._request(refresh_token=self._refresh_token))
        if grant.refresh_token and grant.refresh_token != self._refresh_token:
            self._refresh_token = grant.refresh_token
            if self._on_new_refresh_token:
                self._on_new_refresh_token(grant.refresh_token)
        return grant.access


class ServiceAccountSource(CachedTokenSource):
    """Access tokens of a service account, or of the user `subject` that it stands for."""

    def __init__(
        self,
        endpoint: TokenEndpoint,
        key: ServiceAccountKey,
        *,
        scopes: Iterable[str],
        subject: str | None = None,
        token_uri: str | None = None,
    ) -> None:
        super().__init__(endpoint.timing)
        self._endpoint = endpoint
        self._key = key
        self._scopes = tuple(scopes)
        self._subject = subject
        self._token_uri = token_uri

    async def fetch(self) -> AccessToken:
        """Obtain a new token for a newly signed assertion."""
        grant = await self._endpoint.exchange(self._signed)
        return grant.access

    def _signed(self, now: datetime) -> TokenRequest:
        return service_account_request(
            self._key, scopes=self._scopes, subject=self._subject, now=now, token_uri=self._token_uri
        )


class StaticTokenSource:
    """One short-lived token that somebody else obtained; refused or expired, only they can replace it."""

    def __init__(self, token: AccessToken, timing: Timing = REAL_TIMING) -> None:
        self._token: AccessToken | None = token
        self._timing = timing

    async def token(self) -> AccessToken:
        """Give the token. Raises `ReauthorizationRequiredError` when it is used up."""
        if self._token is None or self._timing.now() >= self._token.expires_at:
            raise ReauthorizationRequiredError(
                "the access token given is refused or expired; send a new one, or a refresh token",
                code="access_token_expired",
                endpoint=TOKEN_ENDPOINT,
            )
        return self._token

    def invalidate(self, token: AccessToken) -> None:
        """Give `token` out no more."""
        if self._token is not None and self._token.value == token.value:
            self._token = None
