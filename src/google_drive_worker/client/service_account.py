"""Service accounts. In: a key file's JSON. Out: the signed request for an access token (facts F).

With a `subject` the account acts as that user, if a Workspace administrator granted domain-wide delegation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from google.auth import crypt, jwt

from google_drive_worker.client.auth import GOOGLE_TOKEN_URI, TokenRequest

JWT_BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFETIME = timedelta(seconds=3600)  # the most that Google accepts


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
        signer: crypt.Signer = crypt.RSASigner.from_string(  # type: ignore[no-untyped-call]  # google-auth, as above
            file.private_key, file.private_key_id
        )
    except (ValueError, TypeError):
        raise ValueError('the key file\'s "private_key" is not an RSA key in PEM form') from None
    return signer
