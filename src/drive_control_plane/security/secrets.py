"""Secrets that are only ever compared: random, shown once, kept as a hash.

In: nothing, or a secret that somebody shows. Out: a secret, its hash, whether they belong together.
"""

import base64
import hashlib
import hmac
from secrets import token_urlsafe

SECRET_BYTES = 32


def new_secret() -> str:
    """256 random bits as text for addresses and headers."""
    return token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> str:
    """SHA-256 in hexadecimal. Enough for random secrets, which nobody can guess; passwords need Argon2."""
    return hashlib.sha256(secret.encode()).hexdigest()


def challenge_of(verifier: str) -> str:
    """PKCE's S256 (RFC 7636): what is sent ahead of a secret that proves later who began."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def is_secret_of(secret: str, expected_hash: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_of(secret), expected_hash)
