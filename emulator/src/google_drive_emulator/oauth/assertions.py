"""Assertions of service accounts: a signed JWT in, what it claims or an error out (facts C3, F)."""

from base64 import urlsafe_b64decode
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from google_drive_emulator.oauth.errors import OAuthError
from google_drive_emulator.oauth.registry import ServiceAccount

TOKEN_PATHS = ("/token", "/oauth2/v3/token", "/oauth2/v4/token", "/o/oauth2/token")
"""Where the token endpoint is reached."""

_GOOGLE_HOSTS = frozenset({"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"})
_LONGEST_SECONDS = 3_600
_SKEW_SECONDS = 300
_BAD_AUDIENCE = "Invalid JWT: Failed audience check. The right audience is https://oauth2.googleapis.com/token"
_BAD_TIMES = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp"
    " values in the JWT claim."
)


class Header(msgspec.Struct, frozen=True):
    """A JWT's header."""

    alg: str = ""
    kid: str = ""


class Claims(msgspec.Struct, frozen=True):
    """What an assertion claims; ``iat`` and ``exp`` are in epoch seconds, ``scope`` is divided by spaces."""

    iss: str = ""
    sub: str | None = None
    aud: str = ""
    scope: str = ""
    iat: float = 0
    exp: float = 0


class Assertion(msgspec.Struct, frozen=True):
    """An assertion as it came: its parts read, and its signature not yet verified."""

    header: Header
    claims: Claims
    signed: bytes
    signature: bytes


def read(text: str) -> Assertion | None:
    """Read an assertion; None for what is no JWT."""
    signed, _, signature = text.rpartition(".")
    header, _, payload = signed.partition(".")
    try:
        return Assertion(
            msgspec.json.decode(decoded(header), type=Header),
            msgspec.json.decode(decoded(payload), type=Claims),
            signed.encode(),
            decoded(signature),
        )
    except (ValueError, msgspec.DecodeError):
        return None


def verify(
    assertion: Assertion | None, account: ServiceAccount | None, now_ms: int, host: str
) -> tuple[ServiceAccount, Claims]:
    """Check that an account made an assertion lately, for the token endpoint at ``host``. Raises ``OAuthError``."""
    if assertion is None:
        raise OAuthError("invalid_grant")
    if account is None:
        raise OAuthError("invalid_grant", "Invalid grant: account not found")
    if not _is_signed(assertion, account):
        raise OAuthError("invalid_grant", "Invalid JWT Signature.")
    if not _is_meant_for(assertion.claims.aud, host):
        raise OAuthError("invalid_grant", _BAD_AUDIENCE)
    if not _is_timely(assertion.claims, now_ms / 1000):
        raise OAuthError("invalid_grant", _BAD_TIMES)
    return account, assertion.claims


def is_rsa_key(pem: str) -> bool:
    """Tell whether a text is a public RSA key in PEM."""
    try:
        return isinstance(load_pem_public_key(pem.encode()), RSAPublicKey)
    except ValueError:
        return False


def decoded(text: str) -> bytes:
    """Read base64 as JWTs have it: for URLs, and without padding. Raises ``ValueError``."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_signed(assertion: Assertion, account: ServiceAccount) -> bool:
    keys = (pem for key_id, pem in account.keys.items() if key_id in {"", assertion.header.kid})
    return assertion.header.alg == "RS256" and any(_fits(assertion, pem) for pem in keys)


def _fits(assertion: Assertion, pem: str) -> bool:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(assertion.signature, assertion.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _is_meant_for(audience: str, host: str) -> bool:
    """Tell whether an audience is the token endpoint: Google's, or this one as its caller knows it."""
    try:
        address = urlsplit(audience)
    except ValueError:
        return False
    return address.netloc in _GOOGLE_HOSTS | {host} and address.path in TOKEN_PATHS


def _is_timely(claims: Claims, now_seconds: float) -> bool:
    begun = claims.iat <= now_seconds + _SKEW_SECONDS
    return begun and now_seconds - _SKEW_SECONDS < claims.exp and 0 < claims.exp - claims.iat <= _LONGEST_SECONDS
