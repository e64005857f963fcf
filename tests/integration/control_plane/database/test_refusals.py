"""What is said when a real PostgreSQL refuses."""

import pytest
from tests.support.control_plane.command import run_command
from tests.support.control_plane.databases import url_of

from drive_control_plane.database import Database, DatabaseError

WRONG = "hunter2-nobody-may-see"


@pytest.mark.parametrize(
    ("part", "why"), [("password", "InvalidPasswordError"), ("name", "InvalidCatalogNameError")], ids=str
)
async def test_a_refused_address_is_named_by_its_variable(postgresql_database: Database, part: str, why: str) -> None:
    """A wrong password or name is a sentence that says which of them, and holds no password."""
    url = postgresql_database.engine.url
    assert url.password
    assert url.database
    right = {"password": url.password, "name": url.database}[part]
    address = url_of(postgresql_database).replace(right, WRONG)
    database = Database(address)
    with pytest.raises(DatabaseError) as refused:
        await database.check()
    await database.close()
    said = await run_command("database", "current", DATABASE_URL=address)
    assert (said.code, said.err) == (1, f"{refused.value}\n")
    assert why in said.err
    assert "DATABASE_URL" in said.err
    assert WRONG not in said.err
    assert url.password not in said.err
