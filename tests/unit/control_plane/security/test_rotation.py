"""The rotation of keys, on SQLite and on PostgreSQL."""

import asyncio
from datetime import UTC, datetime

from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import LargeBinary, select, update
from tests.support.control_plane.secrets import ACCESS, SECRET, TENANT, store_credentials, stored_credentials
from tests.support.control_plane.waiting import until_waiting

from drive_control_plane.clock import Clock
from drive_control_plane.database import Base, Database
from drive_control_plane.database.tables import AuditEntry, ConnectFlow, Credential
from drive_control_plane.security.rotation import SEALED, Batch, Rotation
from drive_control_plane.security.vault import Vault

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
NOW = datetime(2026, 2, 3, tzinfo=UTC)
VERIFIER = "a-code-verifier"


def rotation(database: Database) -> Rotation:
    """A rotation from the old key to the new one."""
    return Rotation(database, [SecretStr(NEW), SecretStr(OLD)], Clock(now=lambda: NOW))


async def rotated(database: Database, size: int = 4) -> list[Batch]:
    """Rotate all."""
    return [batch async for batch in rotation(database).batches(size)]


def test_every_encrypted_column_is_rotated() -> None:
    """All columns of bytes are among those that are gone through: a new one cannot be forgotten."""
    tables = Base.metadata.tables.values()
    encrypted = {str(column) for table in tables for column in table.columns if isinstance(column.type, LargeBinary)}
    gone_through = {f"{sealed.table.__tablename__}.{column.key}" for sealed in SEALED for column in sealed.columns}
    assert gone_through == encrypted


async def test_batches_go_through_all(databases: Database) -> None:
    """Ten rows in batches of four: each row once, each secret once, and it is the same secret afterwards."""
    await store_credentials(databases, [f"conn_{n}" for n in range(10)], OLD)
    assert await rotation(databases).rows() == 10
    batches = await rotated(databases)
    assert [(batch.rows, batch.renewed) for batch in batches] == [(4, 8), (4, 8), (2, 4)]
    assert set((await stored_credentials(databases, NEW)).values()) == {(SECRET, ACCESS)}


async def test_a_consent_under_way_goes_on(databases: Database) -> None:
    """Its code verifier is encrypted anew as well, so that the former key may go at once."""
    await store_credentials(databases, ["conn_a"], OLD)
    async with databases.transaction() as session:
        session.add(flow())
    await rotated(databases)
    async with databases.transaction() as session:
        verifier = (await session.scalars(select(ConnectFlow.code_verifier))).one()
    assert Vault([SecretStr(NEW)]).open(verifier) == VERIFIER


async def test_a_stopped_rotation_goes_on_where_it_was(databases: Database) -> None:
    """What a first run committed is not encrypted once more by the second."""
    await store_credentials(databases, [f"conn_{n}" for n in range(10)], OLD)
    async for _ in rotation(databases).batches(4):
        break
    assert sum(batch.renewed for batch in await rotated(databases)) == 12
    assert set((await stored_credentials(databases, NEW)).values()) == {(SECRET, ACCESS)}


async def test_nothing_cached_stays_nothing(databases: Database) -> None:
    """A connection without an access token has none afterwards."""
    await store_credentials(databases, ["conn_a"], OLD)
    async with databases.transaction() as session:
        await session.execute(update(Credential).values(access_token=None))
    await rotated(databases)
    assert await stored_credentials(databases, NEW) == {"conn_a": (SECRET, None)}


async def test_each_batch_has_its_entry(databases: Database) -> None:
    """The audit log tells how many secrets of which table changed, and nothing where none did."""
    await store_credentials(databases, [f"conn_{n}" for n in range(5)], OLD)
    await rotated(databases)
    await rotated(databases)
    async with databases.transaction() as session:
        entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
    assert [(entry.action, entry.at, entry.details) for entry in entries] == [
        ("keys.rotated", NOW, {"table": "credentials", "secrets": 8}),
        ("keys.rotated", NOW, {"table": "credentials", "secrets": 2}),
    ]


async def test_a_secret_that_a_replica_stores_meanwhile_is_kept(postgresql_database: Database) -> None:
    """A replica takes a new grant while the rotation comes by: it waits for it, and the new grant is what stays."""
    await store_credentials(postgresql_database, ["conn_a"], OLD)
    newer = Vault([SecretStr(OLD)]).seal("1//the-newer-grant")
    async with postgresql_database.transaction() as replica:
        await replica.execute(update(Credential).values(secret=newer))
        rotating = asyncio.create_task(rotated(postgresql_database))
        await until_waiting(postgresql_database, sessions=1)
    await rotating
    assert await stored_credentials(postgresql_database, NEW) == {"conn_a": ("1//the-newer-grant", ACCESS)}


def flow() -> ConnectFlow:
    """A consent that somebody is giving."""
    return ConnectFlow(
        state_hash="state",
        browser_hash="browser",
        tenant_id=TENANT,
        settings={},
        code_verifier=Vault([SecretStr(OLD)]).seal(VERIFIER),
        created_at=NOW,
        expires_at=NOW,
    )
