"""Service accounts: a key file's JSON in; a checked key, and access tokens for whom it stands, out (facts F).

With a `subject` the account acts as that user, where a Workspace administrator granted domain-wide delegation. The
addresses in a key file are not used: it comes from outside, and would have us call any address.
"""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.auth import crypt, jwt
from pydantic import BaseModel, Field, ValidationError

from drive_control_plane.context import Context
from drive_control_plane.oauth.answers import Grant
from drive_control_plane.oauth.google import Google

LIFETIME: Final = timedelta(seconds=3_600)
"""The most that Google accepts."""
MAX_KEY_FILE_CHARACTERS: Final = 32_768
KEY_BITS: Final = range(1_024, 4_097)
"""Google's keys have 2,048; to check and use one that is far larger takes minutes."""
_PEM_CHARACTERS: Final = 8_192


class KeyFileError(ValueError):
    """A document that is no key of a service account; the text names what is wrong, and no value."""


class _KeyFile(BaseModel):
    type: Literal["service_account"]
    client_email: Annotated[str, Field(max_length=320, pattern=r"^[!-?A-~]+@[!-?A-~]+$")]
    client_id: Annotated[str, Field(max_length=64, pattern=r"^[!-~]*$")] = ""
    private_key: Annotated[str, Field(min_length=1, max_length=_PEM_CHARACTERS)]
    private_key_id: Annotated[str, Field(max_length=200, pattern=r"^[!-~]*$")] | None = None


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """A key that can sign; `client_id` is what an administrator grants delegation to."""

    email: str
    client_id: str
    signer: crypt.Signer = field(repr=False)
    document: str = field(repr=False)
    """What has to be kept of the key file, as JSON."""

    @classmethod
    def parse(cls, document: str) -> "ServiceAccountKey":
        """Read and check a key file's JSON, which takes a processor some hundredths of a second.

        Raises `KeyFileError`.
        """
        file = _key_file(document)
        signer = crypt.RSASigner(_private_key(file.private_key), file.private_key_id)  # type: ignore[no-untyped-call]
        return cls(file.client_email, file.client_id, signer, json.dumps(file.model_dump()))

    def assertion(self, *, audience: str, scopes: frozenset[str], subject: str | None, now: datetime) -> str:
        """Sign a request for an access token."""
        claims: dict[str, str | int] = {
            "iss": self.email,
            "scope": " ".join(sorted(scopes)),
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        if subject:
            claims["sub"] = subject
        signed: bytes = jwt.encode(self.signer, claims)  # type: ignore[no-untyped-call] # google-auth has no types
        return signed.decode("ascii")


async def read_key(document: str) -> ServiceAccountKey:
    """Read and check a key file's JSON while others run. Raises `KeyFileError`."""
    return await asyncio.to_thread(ServiceAccountKey.parse, document)


async def token_of(context: Context, key: ServiceAccountKey, scopes: frozenset[str], subject: str | None) -> Grant:
    """Get an access token by a key. Raises `GoogleError`."""
    audience, now = context.settings.google_token_uri, context.clock.now()

    def signed() -> str:
        return key.assertion(audience=audience, scopes=scopes, subject=subject, now=now)

    return await Google(context).assert_grant(await asyncio.to_thread(signed))


async def token_by_key(context: Context, document: str, scopes: frozenset[str], subject: str | None) -> Grant:
    """Get an access token by a key file's JSON. Raises `KeyFileError` and `GoogleError`."""
    return await token_of(context, await read_key(document), scopes, subject)


def _private_key(pem: str) -> RSAPrivateKey:
    try:
        found = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # their texts may quote it
        found = None
    if not isinstance(found, RSAPrivateKey):
        raise KeyFileError('the key file\'s "private_key" is not an RSA key in PEM form')
    if found.key_size not in KEY_BITS:
        raise KeyFileError(f'the key file\'s "private_key" has not {KEY_BITS.start} to {KEY_BITS.stop - 1} bits')
    return found


def _key_file(document: str) -> _KeyFile:
    if len(document) > MAX_KEY_FILE_CHARACTERS:
        raise KeyFileError("the document is too long for a service account's key file")
    try:
        return _KeyFile.model_validate_json(document)
    except ValidationError as error:  # quotes what it read
        wrong = ", ".join(sorted({str(each["loc"][0]) if each["loc"] else "JSON" for each in error.errors()}))
    raise KeyFileError(f"the document is not a service account's key file: look at {wrong}")
