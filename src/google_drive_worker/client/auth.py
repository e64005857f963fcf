"""Access tokens without a socket. In: credentials, token endpoint answers. Out: requests, `AccessToken`s.

Facts F (grants), C3 (errors) and G (when a token counts as stale).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from google_drive_worker.client.classify import TOKEN_ENDPOINT, classify_token_error
from google_drive_worker.client.errors import MalformedResponseError

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
STALE_SECONDS = 225.0
MAX_LIFETIME_SECONDS = 86_400.0
_ASSUMED_LIFETIME_SECONDS = 3600.0  # `expires_in` is only recommended by RFC 6749


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token, good until `expires_at` (aware); neither its repr nor its text shows the value.

    Raises `ValueError` when the value could not be sent in a header.
    """

    value: str = field(repr=False)
    expires_at: datetime

    def __post_init__(self) -> None:
        if not self.value or not self.value.isascii() or not self.value.isprintable() or " " in self.value:
            raise ValueError("the access token is empty or holds characters that no header can carry")
        if self.expires_at.tzinfo is None:
            raise ValueError("the access token's expires_at has no time zone")

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self.value}"


class TokenSource(Protocol):
    """Where access tokens come from; one for each connection."""

    async def token(self) -> AccessToken:
        """Give a token that is not stale. Raises `ConnectionBrokenError`, or `RetryableError` when tries end."""

    def invalidate(self, token: AccessToken) -> None:
        """Take back `token`, which Drive refused; another token is left alone."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A form to POST to `url`; the form holds credentials, so the repr does not show it."""

    url: str
    form: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """What the token endpoint gave.

    `refresh_token` is set when Google hands out a new one; `scopes` are those granted, None if it says none.
    """

    access: AccessToken
    refresh_token: str | None = field(default=None, repr=False)
    scopes: frozenset[str] | None = None


class _TokenAnswer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = _ASSUMED_LIFETIME_SECONDS
    refresh_token: str | None = None
    scope: str | None = None


def refresh_request(*, token_uri: str, client_id: str, client_secret: str, refresh_token: str) -> TokenRequest:
    """Build the request that turns a refresh token into an access token (facts F)."""
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }
    return TokenRequest(token_uri, form)


def parse_token_response(
    status: int, body: bytes, now: datetime, headers: Mapping[str, str] | None = None
) -> TokenGrant:
    """Read the endpoint's answer; `now` is when it was asked, so that lifetimes are never overestimated.

    Raises the error of `classify_token_error`, or `MalformedResponseError` for a 200 that holds no token.
    """
    if status != 200:
        raise classify_token_error(status, body, headers)
    try:
        answer = msgspec.json.decode(body, type=_TokenAnswer, strict=False)
        return _grant(answer, now)
    except (ValueError, RecursionError):  # raised below, unchained: a decoder may quote the body
        pass
    raise MalformedResponseError(
        "the token endpoint's answer holds no usable token", http_status=status, endpoint=TOKEN_ENDPOINT
    )


def stale_at(token: AccessToken, asked_at: datetime) -> datetime:
    """Say when to renew a token: 225 s before it expires (facts G), or at half its life if that is short."""
    lifetime = (token.expires_at - asked_at).total_seconds()
    return token.expires_at - timedelta(seconds=min(STALE_SECONDS, max(lifetime, 0.0) / 2))


def _grant(answer: _TokenAnswer, now: datetime) -> TokenGrant:
    lifetime = min(max(answer.expires_in, 0.0), MAX_LIFETIME_SECONDS)
    return TokenGrant(
        access=AccessToken(answer.access_token, now + timedelta(seconds=lifetime)),
        refresh_token=answer.refresh_token or None,
        scopes=None if answer.scope is None else frozenset(answer.scope.split()),
    )
