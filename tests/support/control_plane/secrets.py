"""Credentials in a database, encrypted by keys of the test's choice."""

from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic import SecretStr
from sqlalchemy import select

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential, CredentialKind, Tenant
from drive_control_plane.security.vault import Vault

SECRET, ACCESS = "1//a-refresh-token-nobody-may-see", "ya29.an-access-token-nobody-may-see"
MADE = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = "tenant_of_credentials"


async def store_credentials(database: Database, connections: Iterable[str], key: str) -> None:
    """Keep connections with a refresh token and a cached access token each, encrypted by one key."""
    vault = Vault([SecretStr(key)])
    async with database.transaction() as session:
        await session.merge(Tenant(id=TENANT, name="Ada", created_at=MADE))
        await session.flush()  # rows that no relationship joins are written in no order of their own
        names = list(connections)
        session.add_all(_connection(name) for name in names)
        await session.flush()
        session.add_all(_credential(name, vault) for name in names)


async def stored_credentials(database: Database, key: str) -> dict[str, tuple[str, str | None]]:
    """By connection, its refresh token and its access token, read by one key. Raises `VaultError`."""
    vault = Vault([SecretStr(key)])
    async with database.transaction() as session:
        found = (await session.scalars(select(Credential))).all()
    return {
        each.connection_id: (
            vault.open(each.secret),
            None if each.access_token is None else vault.open(each.access_token),
        )
        for each in found
    }


def _connection(name: str) -> Connection:
    return Connection(
        id=name,
        tenant_id=TENANT,
        name=name,
        account_id=name,
        account_email=f"{name}@example.com",
        status=ConnectionStatus.ACTIVE,
        settings={},
        schedule={},
        created_at=MADE,
        updated_at=MADE,
    )


def _credential(connection: str, vault: Vault) -> Credential:
    return Credential(
        connection_id=connection,
        kind=CredentialKind.USER,
        secret=vault.seal(SECRET),
        access_token=vault.seal(ACCESS),
        scopes=[],
        granted_at=MADE,
    )
