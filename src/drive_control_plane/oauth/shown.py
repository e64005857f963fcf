"""What pages show of a credential: a connection in; whom it stands for out, and nothing that could be used."""

import json
from dataclasses import dataclass

from drive_control_plane.context import Context
from drive_control_plane.database.tables import Credential, CredentialKind
from drive_control_plane.security.vault import VaultError


@dataclass(frozen=True, slots=True)
class ShownCredential:
    """A connection's credential. The service account's address is None where its key cannot be read any more."""

    by_service_account: bool = False
    service_account: str | None = None
    subject: str | None = None


async def credential_of(context: Context, connection_id: str) -> ShownCredential:
    """How a connection asks Google; one that has ended has no credential, and shows as a person's."""
    async with context.database.reading() as session:
        credential = await session.get(Credential, connection_id)
    if credential is None or credential.kind is not CredentialKind.SERVICE_ACCOUNT:
        return ShownCredential()
    return ShownCredential(True, _address(context, credential.secret), credential.subject)


def _address(context: Context, sealed: bytes) -> str | None:
    try:
        return str(json.loads(context.vault.open(sealed))["client_email"])
    except (VaultError, ValueError, KeyError):
        return None
