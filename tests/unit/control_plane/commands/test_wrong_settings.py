"""Settings that cannot be used: exit code 2, and a line for each that names it, what is wrong, and what would do."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.control_plane.command import run_command
from tests.support.control_plane.context import FERNET_KEY, SIGNING_KEY, make_settings

PASSWORD = "canary-of-a-password"
KEYS = {"CONTROL_PLANE_SIGNING_KEYS": SIGNING_KEY, "CREDENTIALS_ENCRYPTION_KEYS": FERNET_KEY}
ISSUER = {"OIDC_ISSUER": "https://id.example.com"}


@pytest.mark.parametrize("command", [("operators", "list"), ("database", "upgrade"), ("clients", "list")])
@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"mysql://ada:{PASSWORD}@host/name", "neither postgresql://user:password@host/name nor sqlite:///path"),
        (f"postgresql://ada:{PASSWORD}@host/name?channel_binding=require", "known: sslmode, host, port"),
    ],
)
async def test_a_database_that_is_not_supported_is_wrong_use(command: tuple[str, ...], url: str, told: str) -> None:
    """One sentence says which are, and holds nothing of what was given."""
    said = await run_command(*command, **KEYS, DATABASE_URL=url)
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert said.err.startswith("DATABASE_URL ")
    assert told in said.err
    assert PASSWORD not in said.err


async def test_a_database_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    """Nothing is wrong with the settings then."""
    said = await run_command("operators", "list", **KEYS, DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/database.sqlite")
    assert said.code == 1


@pytest.mark.parametrize(
    ("given", "name", "told"),
    [
        (ISSUER, "OIDC_ISSUER", "needs OIDC_CLIENT_ID"),
        ({"OIDC_ONLY": "true"}, "OIDC_ONLY", "needs OIDC_ISSUER"),
        ({"OIDC_DEFAULT_ROLE": "viewer"}, "OIDC_DEFAULT_ROLE", "needs OIDC_ALLOWED_DOMAINS"),
        ({"SCHEDULE_IDLE_INTERVAL_SECONDS": "60"}, "SCHEDULE_IDLE_INTERVAL_SECONDS", "which is 300"),
    ],
)
async def test_settings_that_need_each_other_are_told_as_others_are(
    given: Mapping[str, str], name: str, told: str
) -> None:
    """The line begins with the setting to mend and ends with what else would do."""
    said = await run_command("operators", "list", **KEYS, **given)
    (line,) = said.err.splitlines()
    assert said.code == 2
    assert line.startswith(f"{name}: value error, ")
    assert told in line
    assert f"or unset {name}" in line


async def test_all_that_is_wrong_is_told_at_once() -> None:
    """A setting whose other one is wrong itself is not told of besides."""
    said = await run_command("operators", "list", **KEYS, **ISSUER | {"OIDC_ISSUER": "id"}, OIDC_ONLY="true")
    assert [line.partition(":")[0] for line in said.err.splitlines()] == ["OIDC_ISSUER"]
    said = await run_command("operators", "list", **KEYS, **ISSUER, OIDC_DEFAULT_ROLE="viewer")
    assert [line.partition(":")[0] for line in said.err.splitlines()] == ["OIDC_ISSUER", "OIDC_DEFAULT_ROLE"]


def test_settings_that_go_together_are_taken() -> None:
    """As documented."""
    made = make_settings(
        oidc_issuer="https://id.example.com/",
        oidc_client_id="drive",
        oidc_only=True,
        oidc_default_role="viewer",
        oidc_allowed_domains="example.com",
        schedule_interval_seconds=7200,
        schedule_idle_interval_seconds=7200,
    )
    assert (made.oidc_issuer, made.oidc_only, made.oidc_allowed_domains) == (
        "https://id.example.com",
        True,
        ("example.com",),
    )
