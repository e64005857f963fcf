"""What an id token says, once it holds (OpenID Connect Core 1.0, 3.1.3.7).

In: a token, the provider's keys, the nonce that was sent. Out: who signed in. Only signatures that a key of the
provider's can make are accepted: neither `none` nor one by a shared secret.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drive_control_plane.operators.oidc.errors import SignInError, mistrusted
from drive_control_plane.operators.oidc.provider import ALGORITHMS, Provider

LEEWAY: Final = timedelta(minutes=1)
"""How far the clocks may be apart."""
OLDEST: Final = timedelta(minutes=10)
MOST_CHARACTERS: Final = 16_384
_NO_NUL: Final = r"^[^\x00]*$"  # PostgreSQL has no such letter, and without it an address would be another's


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as their provider knows them; the address is in lower case, and the provider has verified it."""

    issuer: str
    subject: str
    email: str
    name: str


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    iss: str
    sub: str = Field(min_length=1, max_length=255, pattern=_NO_NUL)
    aud: str | list[str]
    azp: str | None = None
    exp: int | float
    iat: int | float
    nonce: str
    email: str | None = Field(default=None, max_length=320, pattern=_NO_NUL)
    email_verified: bool = False
    name: str = ""


async def identity_in(token: str, provider: Provider, issuer: str, nonce: str, now: datetime) -> Identity:
    """Who a token names. Raises `SignInError`."""
    claims = await _verified(token, provider)
    if claims.iss != issuer:
        raise mistrusted("foreign_issuer")
    _check_audience(claims.aud, claims.azp, provider.client_id)
    _check_times(claims, now)
    if not hmac.compare_digest(claims.nonce.encode(), nonce.encode()):
        raise mistrusted("foreign_nonce")
    if not claims.email or not claims.email_verified:
        advice = "The identity provider has not verified your e-mail address. Have that done there, then sign in."
        raise SignInError("email_not_verified", advice)
    return Identity(issuer, claims.sub, claims.email.strip().lower(), claims.name.replace("\x00", "")[:200])


async def _verified(token: str, provider: Provider) -> _Claims:
    """The claims of a token that one of the provider's keys signed. Audience and times are looked at later."""
    if len(token) > MOST_CHARACTERS:
        raise mistrusted("id_token_unreadable")
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise mistrusted("algorithm_refused")
        key = await provider.key(header.get("kid"))
        return _Claims.model_validate(_decode(token, key))
    except ValidationError:
        raise mistrusted("id_token_unreadable") from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise mistrusted("signature_refused") from None


def _decode(token: str, key: jwt.PyJWK) -> dict[str, Any]:
    """Checked by the key's own algorithm, where it names one; that of the token has to fit."""
    names = ("verify_aud", "verify_iss", "verify_exp", "verify_iat", "verify_nbf")
    later: Any = dict.fromkeys(names, False)
    return jwt.decode(token, key, list(ALGORITHMS), later)


def _check_audience(audience: str | Sequence[str], presenter: str | None, client_id: str) -> None:
    audiences = [audience] if isinstance(audience, str) else audience
    alone = audiences == [client_id]
    if client_id not in audiences or presenter not in ({None, client_id} if alone else {client_id}):
        raise mistrusted("foreign_audience")


def _check_times(claims: _Claims, now: datetime) -> None:
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    if seconds >= claims.exp + leeway or seconds >= claims.iat + OLDEST.total_seconds():
        raise mistrusted("id_token_expired")
    if claims.iat > seconds + leeway:
        raise mistrusted("id_token_early")
