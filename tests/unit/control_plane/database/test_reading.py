"""Whoever only reads the database changes nothing, and is in nobody's way."""

import asyncio

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from tests.support.control_plane.context import EPOCH

from drive_control_plane.database import Database
from drive_control_plane.database.tables import Tenant


def tenant(number: int) -> Tenant:
    """A row of no meaning."""
    return Tenant(id=f"tenant_{number}", name=f"Tenant {number}", created_at=EPOCH)


async def count(session: AsyncSession) -> int:
    """How many of them there are."""
    return await session.scalar(select(func.count()).select_from(Tenant)) or 0


async def test_what_is_committed_is_read(databases: Database) -> None:
    """A reader sees all that was there when it began to read."""
    async with databases.reading() as session:
        before = await count(session)
    async with databases.transaction() as session:
        session.add(tenant(1))
    async with databases.reading() as session:
        assert await count(session) == before + 1


async def test_the_database_refuses_a_reader_that_writes(databases: Database) -> None:
    """By statement or by a changed object: nothing is stored, and the next transaction may write as ever."""
    async with databases.reading() as session:
        before = await count(session)
    with pytest.raises(DBAPIError, match=r"read-?only"):
        async with databases.reading() as session:
            session.add(tenant(1))
    with pytest.raises(DBAPIError, match=r"read-?only"):
        async with databases.reading() as session:
            await session.execute(text("DELETE FROM tenants"))
    async with databases.transaction() as session:
        session.add(tenant(2))
    async with databases.reading() as session:
        assert await count(session) == before + 1


async def test_a_reader_does_not_wait_for_a_writer_nor_a_writer_for_a_reader(databases: Database) -> None:
    """Both are under way at once; the reader sees one state from its first row to its last."""
    async with databases.reading() as reader:
        before = await count(reader)
        async with databases.transaction() as writer:
            writer.add(tenant(1))
            await writer.flush()
            async with databases.reading() as another:
                assert await count(another) == before
        assert await count(reader) == before
    async with databases.reading() as reader:
        assert await count(reader) == before + 1


async def test_many_readers_go_on_while_somebody_writes(databases: Database) -> None:
    """More than there are connections: they take turns among themselves, and none waits for the writer."""

    async def read() -> int:
        async with databases.reading() as session:
            return await count(session)

    async with databases.transaction() as writer:
        writer.add(tenant(1))
        await writer.flush()
        seen = await asyncio.gather(*(read() for _ in range(40)))
    assert len(set(seen)) == 1
