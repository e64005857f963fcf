"""`google-drive-control-plane database`, on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest
from tests.support.control_plane.command import run_command, run_process
from tests.support.control_plane.databases import url_of

from drive_control_plane.database import Database, migrate

EMPTY = "base (empty)\n"


async def test_the_schema_goes_up_and_down(unmigrated_databases: Database) -> None:
    """`upgrade` ends at the newest revision, `downgrade base` at none; `current` tells, and fails if it is not ours."""
    url = url_of(unmigrated_databases)
    before = await run_command("database", "current", DATABASE_URL=url)
    assert (before.code, before.out) == (1, EMPTY)
    assert "google-drive-control-plane database upgrade" in before.err

    up = await run_command("database", "upgrade", DATABASE_URL=url)
    revision = await migrate.current(unmigrated_databases)
    assert (up.code, up.out, up.err) == (0, f"the schema is at {revision}\n", "")
    now = await run_command("database", "current", DATABASE_URL=url)
    assert (now.code, now.out, now.err) == (0, f"{revision}\n", "")

    down = await run_command("database", "downgrade", "base", "--yes", DATABASE_URL=url)
    assert (down.code, down.out) == (0, f"the schema is at {EMPTY}")
    assert await migrate.current(unmigrated_databases) is None


@pytest.mark.parametrize(("answer", "code"), [("", 1), ("y\n", 0)])
async def test_a_downgrade_asks_first(database: Database, answer: str, code: int) -> None:
    """Nothing is taken away unless somebody says yes."""
    said = await run_command("database", "downgrade", "base", answer=answer, DATABASE_URL=url_of(database))
    assert said.code == code
    assert (await migrate.current(database) is None) == (code == 0)


async def test_an_unknown_revision_is_a_sentence(database: Database) -> None:
    """A revision that there is not ends with code 2, and what was there stays."""
    said = await run_command("database", "downgrade", "9999", "--yes", DATABASE_URL=url_of(database))
    assert said.code == 2
    assert "9999" in said.err
    assert said.err.count("\n") == 1
    await migrate.check(database)


@pytest.mark.parametrize(
    ("url", "code"), [("postgresql://user:hunter2@127.0.0.1:1/name", 1), ("mysql://user:hunter2@host/name", 2)]
)
async def test_a_database_that_cannot_be_used_is_a_sentence(url: str, code: int) -> None:
    """One line that names the variable, without the password and without a traceback."""
    said = await run_command("database", "upgrade", DATABASE_URL=url)
    assert said.code == code
    assert said.err.count("\n") == 1
    assert "DATABASE_URL" in said.err
    assert "hunter2" not in said.err


async def test_a_refusal_of_the_database_is_a_sentence(tmp_path: Path) -> None:
    """A file that is no database of ours: the database's own words, without a traceback."""
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, and no database at all\n" * 100)
    said = await run_command("database", "upgrade", DATABASE_URL=f"sqlite:///{path}")
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "database" in said.err


async def test_the_module_is_the_command(database: Database) -> None:
    """`python -m drive_control_plane` is the command too, in a process of its own."""
    said = await run_process("database", "current", DATABASE_URL=url_of(database))
    assert (said.code, said.out, said.err) == (0, f"{await migrate.current(database)}\n", "")
