"""Rows that were there before a migration."""

from datetime import timedelta

from sqlalchemy import func, select, text
from tests.support.control_plane.context import EPOCH

from drive_control_plane.database import Database, migrate
from drive_control_plane.database.tables import Operator, OperatorSession, Role, Tenant


async def test_who_was_seen_before_is_known_afterwards(databases: Database) -> None:
    """Going back and forth keeps people and their sessions, and takes over when somebody was last there."""
    async with databases.transaction() as session:
        session.add(Tenant(id="tenant", name="Ada", created_at=EPOCH))
        await session.flush()
        for name in ("ada", "grace"):
            session.add(Operator(id=name, tenant_id="tenant", email=name, role=Role.VIEWER, created_at=EPOCH))
        await session.flush()
        for number in range(2):
            seen_at, end = EPOCH + timedelta(hours=number), EPOCH + timedelta(days=1)
            life = {"created_at": EPOCH, "expires_at": end, "seen_at": seen_at, "address": ""}
            session.add(OperatorSession(secret_hash=f"hash {number}", operator_id="ada", **life))
    await migrate.downgrade(databases, "0002")
    async with databases.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM operator_sessions")) == 2
    await migrate.upgrade(databases)
    async with databases.reading() as session:
        rows = await session.execute(select(Operator.id, Operator.signed_in_at))
        found = dict(iter(rows))
        assert await session.scalar(select(func.count()).select_from(OperatorSession)) == 2
    assert found == {"ada": EPOCH + timedelta(hours=1), "grace": None}
