"""Service accounts. In: a key file's JSON. Out: the signed request for an access token (facts F).

With a `subject` the account acts as that user, if a Workspace administrator granted domain-wide delegation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.auth import crypt, jwt

from google_drive_worker.client.auth import GOOGLE_TOKEN_URI, TokenRequest

JWT_BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFETIME = timedelta(seconds=3600)  # the most that Google accepts
MAX_KEY_BITS = 8192
"""Google makes keys of 2048 bits; to sign with one much larger would take long."""
PROBE = b"a text to sign"


class _KeyFile(msgspec.Struct, frozen=True):
    type: str
    client_email: str
    private_key: str
    private_key_id: str | None = None
    token_uri: str = GOOGLE_TOKEN_URI


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """A service account's key, ready to sign; its repr shows the account and nothing of the key."""

    email: str
    token_uri: str
    signer: crypt.Signer = field(repr=False)

    @classmethod
    def parse(cls, document: bytes | str) -> "ServiceAccountKey":
        """Read a service account's JSON file. Raises `ValueError` that names what is wrong, never a value."""
        file = _key_file(document)
        if file.type != "service_account":
            raise ValueError('the key file\'s "type" is not "service_account": create a key for a service account')
        return cls(file.client_email, file.token_uri, _signer(file))


def service_account_request(
    key: ServiceAccountKey,
    *,
    scopes: Iterable[str],
    subject: str | None,
    now: datetime,
    token_uri: str | None = None,
) -> TokenRequest:
    """Build the signed request for an access token; `token_uri` overrides the address, not the audience."""
    claims: dict[str, str | int] = {
        "iss": key.email,
        "scope": " ".join(scopes),
        "aud": key.token_uri,
        "iat": int(now.timestamp()),
        "exp": int((now + ASSERTION_LIFETIME).timestamp()),
    }
    if subject:
        claims["sub"] = subject
    assertion: bytes = jwt.encode(key.signer, claims)  # type: ignore[no-untyped-call]  # google-auth has no annotations
    return TokenRequest(
        token_uri or key.token_uri, {"grant_type": JWT_BEARER_GRANT, "assertion": assertion.decode("ascii")}
    )


def _key_file(document: bytes | str) -> _KeyFile:
    try:
        return msgspec.json.decode(document, type=_KeyFile)
    except msgspec.ValidationError as error:  # names the field and its type, never a value
        raise ValueError(f"the service account's key file is not complete: {error}") from None
    except (ValueError, RecursionError):
        raise ValueError("the service account's key file is not JSON") from None


def _signer(file: _KeyFile) -> crypt.Signer:
    try:
        signer: crypt.Signer = crypt.RSASigner(_rsa_key(file.private_key), file.private_key_id)  # type: ignore[no-untyped-call]  # google-auth, as above
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature, InternalError):
        raise ValueError('the key file\'s "private_key" is not an RSA key in PEM form') from None
    return signer


def _rsa_key(pem: str) -> RSAPrivateKey:
    """A key whose own signature verifies, within a millisecond.

    The library's test whether the primes are prime holds the interpreter's lock for 80 ms, in whatever thread.
    """
    key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey) or key.key_size > MAX_KEY_BITS:
        raise ValueError
    signature = key.sign(PROBE, PKCS1v15(), SHA256())
    key.public_key().verify(signature, PROBE, PKCS1v15(), SHA256())
    return key
