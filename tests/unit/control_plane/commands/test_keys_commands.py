"""`google-drive-control-plane keys`."""

from cryptography.fernet import Fernet
from tests.support.control_plane.command import run_command
from tests.support.control_plane.context import SIGNING_KEY
from tests.support.control_plane.databases import url_of
from tests.support.control_plane.secrets import ACCESS, SECRET, store_credentials, stored_credentials

from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Database

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def settings(database: Database, *keys: str) -> dict[str, str]:
    """The environment of a control plane with these keys."""
    return {
        "DATABASE_URL": url_of(database),
        "CONTROL_PLANE_SIGNING_KEYS": SIGNING_KEY,
        "CREDENTIALS_ENCRYPTION_KEYS": ",".join(keys),
    }


async def test_a_generated_key_is_good_for_both_settings() -> None:
    """What is printed is all that is printed, differs each time, and passes the checks of the settings."""
    first, second = [(await run_command("keys", "generate")).out.strip() for _ in range(2)]
    assert first != second
    ControlPlaneSettings.model_validate(
        {"control_plane_signing_keys": first, "credentials_encryption_keys": f"{first},{second}"}
    )


async def test_a_rotation_leaves_nothing_to_the_former_key(databases: Database) -> None:
    """All secrets are the same, readable by the new key alone, and their number is told; once more changes none."""
    await store_credentials(databases, [f"conn_{n:03}" for n in range(120)], OLD)
    said = await run_command("keys", "rotate", **settings(databases, NEW, OLD))
    assert (said.code, said.out) == (0, "encrypted 240 secrets anew, of 120 rows\n")
    stored = await stored_credentials(databases, NEW)
    assert set(stored.values()) == {(SECRET, ACCESS)}
    again = await run_command("keys", "rotate", **settings(databases, NEW))
    assert (again.code, again.out) == (0, "encrypted 0 secrets anew, of 120 rows\n")
    for secret in (SECRET, ACCESS, OLD, NEW):
        assert secret not in said.out + said.err + again.out + again.err


async def test_what_no_key_reads_is_named(database: Database) -> None:
    """The others are rotated nevertheless; the end is code 1 and says whose key is missing."""
    await store_credentials(database, ["conn_lost"], Fernet.generate_key().decode())
    await store_credentials(database, ["conn_a", "conn_z"], OLD)
    said = await run_command("keys", "rotate", **settings(database, NEW, OLD))
    assert (said.code, said.out) == (1, "encrypted 4 secrets anew, of 3 rows\n")
    assert "1 rows were encrypted with none of the keys: give the former key again (conn_lost)" in said.err


async def test_a_schema_that_is_not_ours_is_left_alone(unmigrated_sqlite_database: Database) -> None:
    """Without tables there is a sentence that says how to get them."""
    said = await run_command("keys", "rotate", **settings(unmigrated_sqlite_database, NEW))
    assert said.code == 1
    assert "google-drive-control-plane database upgrade" in said.err
    assert said.err.count("\n") == 1


async def test_wrong_settings_are_told_all_at_once() -> None:
    """One line each, code 2, and no value of theirs."""
    said = await run_command("keys", "rotate", CREDENTIALS_ENCRYPTION_KEYS="hunter2", CONTROL_PLANE_HTTP_PORT="many")
    assert said.code == 2
    named = {line.partition(":")[0] for line in said.err.splitlines()}
    assert named == {"CONTROL_PLANE_SIGNING_KEYS", "CREDENTIALS_ENCRYPTION_KEYS", "CONTROL_PLANE_HTTP_PORT"}
    assert "hunter2" not in said.err
