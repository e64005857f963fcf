"""Service accounts: a key file's JSON in; a checked key, and access tokens for whom it stands, out (facts F).

With a `subject` the account acts as that user, where a Workspace administrator granted domain-wide delegation. The
addresses in a key file are not used: it comes from outside, and would have us call any address.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from google.auth import crypt, jwt
from pydantic import BaseModel, Field, ValidationError

from drive_control_plane.context import Context
from drive_control_plane.oauth.answers import Account, Grant
from drive_control_plane.oauth.google import Google

LIFETIME: Final = timedelta(seconds=3_600)
"""The most that Google accepts."""
MAX_KEY_FILE_CHARACTERS: Final = 32_768


class KeyFileError(ValueError):
    """A document that is no key of a service account; the text names what is wrong, and no value."""


class _KeyFile(BaseModel):
    type: Literal["service_account"]
    client_email: Annotated[str, Field(min_length=3, max_length=320)]
    client_id: Annotated[str, Field(max_length=64)] = ""
    private_key: Annotated[str, Field(min_length=1)]
    private_key_id: Annotated[str, Field(max_length=200)] | None = None


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """A key that can sign; `client_id` is what an administrator grants delegation to."""

    email: str
    client_id: str
    signer: crypt.Signer = field(repr=False)

    @classmethod
    def parse(cls, document: str) -> "ServiceAccountKey":
        """Read and check a key file's JSON. Raises `KeyFileError`."""
        file = _key_file(document)
        try:
            signer = crypt.RSASigner.from_string(file.private_key, file.private_key_id)  # type: ignore[no-untyped-call]
        except (ValueError, TypeError):
            signer = None
        if signer is None:
            raise KeyFileError('the key file\'s "private_key" is not an RSA key in PEM form')
        return cls(file.client_email, file.client_id, signer)

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


async def token_by_key(context: Context, document: str, scopes: frozenset[str], subject: str | None) -> Grant:
    """Get an access token by a key file's JSON. Raises `KeyFileError` and `GoogleError`."""
    audience, now = context.settings.google_token_uri, context.clock.now()

    def signed() -> str:
        key = ServiceAccountKey.parse(document)
        return key.assertion(audience=audience, scopes=scopes, subject=subject, now=now)

    return await Google(context).assert_grant(await asyncio.to_thread(signed))


async def account_by_key(context: Context, document: str, scopes: frozenset[str], subject: str | None) -> Account:
    """Try a key out: get a token and ask whose Drive it opens. Raises `KeyFileError` and `GoogleError`."""
    grant = await token_by_key(context, document, scopes, subject)
    return await Google(context).account(grant.access_token)


def _key_file(document: str) -> _KeyFile:
    if len(document) > MAX_KEY_FILE_CHARACTERS:
        raise KeyFileError("the document is too long for a service account's key file")
    try:
        return _KeyFile.model_validate_json(document)
    except ValidationError as error:  # quotes what it read
        wrong = ", ".join(sorted({str(each["loc"][0]) if each["loc"] else "JSON" for each in error.errors()}))
    raise KeyFileError(f"the document is not a service account's key file: look at {wrong}")
