"""`clients …`: what an administrator makes on the command line is what the API then knows."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from tests.support.control_plane.databases import Sqlite
from typer.testing import CliRunner, Result

from drive_control_plane.commands.clients import clients_app
from drive_control_plane.security.secrets import hash_of

WORKER = ("create", "worker-eu", "--scope", "connections:token")
NOBODY = "client_" + "0" * 32


@dataclass
class CommandLine:
    """Commands on one database."""

    path: Path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(clients_app, arguments, env={"DATABASE_URL": f"sqlite:///{self.path}"})

    def made(self, *arguments: str) -> dict[str, str]:
        """Run a command that shows a secret: its lines, as an environment."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.stderr
        return dict(line.split("=", 1) for line in result.stdout.splitlines())

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.path) as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found


@pytest.fixture
def line(sqlite_files: Sqlite, tmp_path: Path) -> Iterator[CommandLine]:
    """Provide commands on a migrated database; each sets up logs for a process, which end with the test."""
    path = tmp_path / "database.sqlite"
    asyncio.run(sqlite_files.make(path, migrated=True))
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield CommandLine(path)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_create_shows_the_secret_and_keeps_its_hash(line: CommandLine) -> None:
    """What is printed is what a worker's environment takes; the database holds a hash alone."""
    made = line.made(*WORKER)
    assert set(made) == {"CONTROL_PLANE_CLIENT_ID", "CONTROL_PLANE_CLIENT_SECRET"}
    found = line.rows("SELECT id, secret_hash, scopes, tenant_id FROM machine_clients")
    secret = made["CONTROL_PLANE_CLIENT_SECRET"]
    assert found == [(made["CONTROL_PLANE_CLIENT_ID"], hash_of(secret), '["connections:token"]', None)]
    assert secret.encode() not in line.path.read_bytes()


def test_rotate_keeps_the_former_secret_for_a_while(line: CommandLine) -> None:
    """A rotation shows another secret and leaves the former one's hash with its end."""
    first = line.made(*WORKER)
    client_id = first["CONTROL_PLANE_CLIENT_ID"]
    second = line.made("rotate", client_id, "--overlap-hours", "1")
    assert second["CONTROL_PLANE_CLIENT_ID"] == client_id
    ((newest, previous, is_kept),) = line.rows(
        "SELECT secret_hash, previous_secret_hash, previous_good_until IS NOT NULL FROM machine_clients"
    )
    assert newest == hash_of(second["CONTROL_PLANE_CLIENT_SECRET"])
    assert (previous, is_kept) == (hash_of(first["CONTROL_PLANE_CLIENT_SECRET"]), 1)


def test_list_shows_clients_and_no_secret(line: CommandLine) -> None:
    """The list names each client with its state, and markup in a name is only text."""
    assert "no clients yet" in line.run("list").stdout
    made = line.made("create", "a [bold]name[/]", "--scope", "connections:token")
    line.run("disable", made["CONTROL_PLANE_CLIENT_ID"])
    shown = line.run("list").stdout
    assert all(word in shown for word in (made["CONTROL_PLANE_CLIENT_ID"], "a [bold]name[/]", "(worker)", "disabled"))
    assert made["CONTROL_PLANE_CLIENT_SECRET"] not in shown


def test_each_deed_is_audited(line: CommandLine) -> None:
    """Making, rotating and disabling leave an entry each, with the client and without a secret."""
    made = line.made(*WORKER)
    client_id = made["CONTROL_PLANE_CLIENT_ID"]
    line.made("rotate", client_id)
    assert line.run("disable", client_id).exit_code == 0
    entries = line.rows("SELECT action, target, actor_kind FROM audit_log ORDER BY id")
    deeds = ("client.created", "client.rotated", "client.disabled")
    assert entries == [(deed, client_id, "system") for deed in deeds]


REFUSED = {
    "an unknown scope": (("create", "x", "--scope", "everything"), "no such scope"),
    "a worker with other scopes": (("create", "x", "--scope", "connections:write"), "whose only scope"),
    "an unknown tenant": (("create", "x", "--scope", "connections:read", "--tenant", "t"), "there is no tenant"),
    "no name": (("create", " ", "--scope", "connections:token"), "a name has"),
    "an unknown client rotated": (("rotate", NOBODY), "there is no client"),
    "an unknown client disabled": (("disable", NOBODY), "there is no client"),
}


@pytest.mark.parametrize(("arguments", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_mistakes_are_sentences(line: CommandLine, arguments: tuple[str, ...], why: str) -> None:
    """A mistake ends with exit code 2 and a sentence, and leaves neither a client nor an entry."""
    result = line.run(*arguments)
    assert result.exit_code == 2
    assert why in result.stderr
    assert line.rows("SELECT count(*) FROM machine_clients") == line.rows("SELECT count(*) FROM audit_log") == [(0,)]


def test_a_disabled_client_gets_no_new_secret(line: CommandLine) -> None:
    """Disabling is for good: neither a rotation nor a second disabling is done."""
    client_id = line.made(*WORKER)["CONTROL_PLANE_CLIENT_ID"]
    assert line.run("disable", client_id).exit_code == 0
    for arguments in (("rotate", client_id), ("disable", client_id)):
        result = line.run(*arguments)
        assert (result.exit_code, "is disabled" in result.stderr) == (2, True)
