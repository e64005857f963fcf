"""Signed tokens between machines: short-lived, so that nothing has to be looked up to see that one is ours.

In: a client and what it may do, or a token that somebody shows. Out: a token (JWT, RFC 9068's claims), or the claims of
one that holds. With several keys the newest signs and all verify, so that keys are rotated without a stop.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import jwt
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import new_id

ALGORITHM = "HS256"
TYPE = "at+jwt"
AUDIENCE = "drive-control-plane"
LIFETIME = timedelta(minutes=10)
LEEWAY = timedelta(seconds=30)
"""How far the clocks of replicas may be apart."""
MOST_CHARACTERS = 4_096
_REQUIRED = ("iss", "aud", "sub", "iat", "exp", "jti", "scope")


class TokenError(Exception):
    """A token does not hold. The text says in which way, for logs; whoever showed it is told nothing of it."""


class Claims(BaseModel):
    """What a token says: `sub` is the client's id, `scope` words with spaces between; times in seconds since 1970."""

    model_config = ConfigDict(strict=True, frozen=True)

    sub: str = Field(min_length=1)
    tenant: str | None
    scope: str
    jti: str = Field(min_length=1)
    iat: int
    exp: int


class Tokens:
    """Signs and verifies. `issuer` is the control plane's public address: the token of another one is refused."""

    def __init__(self, keys: Sequence[SecretStr], issuer: str) -> None:
        opened = [base64.urlsafe_b64decode(key.get_secret_value()) for key in keys]
        self._keys: Mapping[str, bytes] = {_name_of(key): key for key in opened}
        self._newest = _name_of(opened[0])
        self._issuer = issuer

    def sign(self, now: datetime, client_id: str, scopes: Sequence[str], tenant_id: str | None) -> str:
        """Make a token that is good for `LIFETIME`."""
        issued = int(now.timestamp())
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": client_id,
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
            "jti": new_id("tok"),
            "scope": " ".join(scopes),
            "tenant": tenant_id,
        }
        return jwt.encode(claims, self._keys[self._newest], ALGORITHM, {"kid": self._newest, "typ": TYPE})

    def verify(self, token: str, now: datetime) -> Claims:
        """The claims of a token that is ours and good now. Raises `TokenError`."""
        if len(token) > MOST_CHARACTERS:
            raise TokenError("longer than any of ours")
        try:
            claims = Claims.model_validate(self._decode(token))
        except ValidationError:
            raise TokenError("claims of another shape") from None
        except (
            jwt.InvalidTokenError,
            ValueError,
            RecursionError,
        ) as error:  # nesting and letters that PyJWT lets through
            raise TokenError(type(error).__name__) from None
        _check_times(claims, now)
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        key = self._keys.get(str(header.get("kid")))
        if key is None or header.get("typ") != TYPE:
            raise TokenError("not signed by a key of ours, or not for this use")
        # Times are held against the context's clock, below.
        own_times = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        options: Any = {"require": list(_REQUIRED), "strict_aud": True, **own_times}
        return jwt.decode(token, key, [ALGORITHM], options, audience=AUDIENCE, issuer=self._issuer)


def tokens_of(settings: ControlPlaneSettings) -> Tokens:
    """The tokens of this control plane."""
    return Tokens(settings.control_plane_signing_keys, settings.control_plane_public_url)


def _check_times(claims: Claims, now: datetime) -> None:
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    if seconds >= claims.exp + leeway:
        raise TokenError("expired")
    if claims.iat > seconds + leeway:
        raise TokenError("from the future")


def _name_of(key: bytes) -> str:
    """Names a key and tells nothing of it."""
    return hashlib.sha256(b"key id:" + key).hexdigest()[:16]
