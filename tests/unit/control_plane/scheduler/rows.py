"""Connections for tests of the scheduler."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from drive_control_plane.database import Database
from drive_control_plane.database.tables import (
    AuditEntry,
    Connection,
    ConnectionStatus,
    Credential,
    CredentialKind,
    Tenant,
)

TENANT = "tenant_1"
HOURLY = {"kind": "interval", "seconds": 3_600}
SETTINGS = {"resources": ["file", "permission"], "selected_folders": [], "page_size": 500}


def a_connection(connection_id: str, created_at: datetime, **values: Any) -> Connection:
    """A connection that is active and due; `values` are those of its columns that matter."""
    columns: dict[str, Any] = {
        "id": connection_id,
        "tenant_id": TENANT,
        "name": connection_id,
        "account_id": connection_id,
        "account_email": "someone@example.com",
        "status": ConnectionStatus.ACTIVE,
        "settings": SETTINGS,
        "schedule": HOURLY,
        "created_at": created_at,
        "updated_at": created_at,
        "next_run_at": created_at,
    }
    return Connection(**columns | values)


async def store(database: Database, connections: Iterable[Connection]) -> None:
    """Store connections, and the tenants that they belong to."""
    rows = list(connections)
    async with database.transaction() as session:
        for tenant in {row.tenant_id for row in rows}:
            if await session.get(Tenant, tenant) is None:
                moment = rows[0].created_at - timedelta(days=1)
                session.add(Tenant(id=tenant, name=tenant, created_at=moment))
        await session.flush()
        session.add_all(rows)


async def store_service_account(database: Database, connection_id: str, subject: str) -> None:
    """Give a connection a service account's credential."""
    kind = CredentialKind.SERVICE_ACCOUNT
    async with database.transaction() as session:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        session.add(
            Credential(
                connection_id=connection_id, kind=kind, secret=b"canary", subject=subject, scopes=[], granted_at=moment
            )
        )


async def stored(database: Database) -> Mapping[str, Connection]:
    """All connections by their ids."""
    async with database.transaction() as session:
        return {row.id: row for row in await session.scalars(select(Connection))}


async def audited(database: Database) -> list[AuditEntry]:
    """The audit log."""
    async with database.transaction() as session:
        return list(await session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
