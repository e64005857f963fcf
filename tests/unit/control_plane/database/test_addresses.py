"""What is said of a DATABASE_URL that leads nowhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from drive_control_plane.database import Database, DatabaseError

PASSWORD = "hunter2-nobody-may-see"


async def refusal(url: str) -> str:
    """What is said when a database is opened and asked."""
    with pytest.raises(DatabaseError) as refused:
        async with closing(Database(url)) as database:
            await database.check()
    return str(refused.value)


@asynccontextmanager
async def closing(database: Database) -> AsyncIterator[Database]:
    """Close a database after the block."""
    try:
        yield database
    finally:
        await database.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        PASSWORD,
        f"mysql://user:{PASSWORD}@host/name",
        f"postgresql+psycopg2://user:{PASSWORD}@host/name",
        f"postgresql://user:{PASSWORD}@host:port/name",
        f"postgresql://user:before@{PASSWORD}:after@host/name",
    ],
)
async def test_an_address_of_something_else_is_told_what_it_should_be(url: str) -> None:
    """Both forms that it may have are shown, and nothing of what was given."""
    said = await refusal(url)
    assert "postgresql://" in said
    assert "sqlite:///" in said
    assert PASSWORD not in said


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"postgresql://user:{PASSWORD}@127.0.0.1:1/name", "ConnectionRefusedError"),
        (f"postgresql://user:{PASSWORD}@127.0.0.1:1/name?sslmode=require", "ConnectionRefusedError"),
        (f"postgresql://user:{PASSWORD}@database.invalid/name", "gaierror"),
        ("sqlite:////nowhere/database.sqlite", "OperationalError"),
    ],
)
async def test_an_address_where_nobody_answers_is_named_by_its_variable(url: str, why: str) -> None:
    """The sentence says why and which variable to look at, without the password."""
    said = await refusal(url)
    assert why in said
    assert "DATABASE_URL" in said
    assert PASSWORD not in said


async def test_an_unknown_option_is_named() -> None:
    """An option that the driver does not take is named with those that it takes, and its value is not shown."""
    said = await refusal(f"postgresql://user:{PASSWORD}@host/name?sslmode=require&channel_binding={PASSWORD}")
    assert "channel_binding" in said
    assert "sslmode" in said
    assert PASSWORD not in said
