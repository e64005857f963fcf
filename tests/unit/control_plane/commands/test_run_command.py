"""`run` that cannot begin: one sentence that names the setting, and the exit code of a failure."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.control_plane.command import run_process
from tests.support.control_plane.context import FERNET_KEY, SIGNING_KEY

CANARY = "canary-of-a-password"
SASL = {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """What is needed, on a database of its own and any free port."""
    return {
        "CONTROL_PLANE_SIGNING_KEYS": SIGNING_KEY,
        "CREDENTIALS_ENCRYPTION_KEYS": FERNET_KEY,
        "DATABASE_URL": f"sqlite:///{tmp_path}/control-plane.sqlite",
        "CONTROL_PLANE_HTTP_PORT": "0",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    }


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_port_that_is_taken_is_named(settings: dict[str, str], taken_port: int) -> None:
    """No traceback, and no exit code that a supervisor would take for something else."""
    said = await run_process("run", **settings | {"CONTROL_PLANE_HTTP_PORT": str(taken_port)})
    told = f"cannot listen on 127.0.0.1:{taken_port} (Address already in use): see CONTROL_PLANE_HTTP_HOST and"
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith(told)
    assert "Traceback" not in said.err


async def test_settings_of_kafka_that_cannot_be_used_are_named(settings: dict[str, str]) -> None:
    """What librdkafka says is kept; other values of the same variable are not shown."""
    config = f'{{"security.protocol": "bogus", "sasl.password": "{CANARY}"}}'
    said = await run_process("run", **settings | {"KAFKA_CLIENT_CONFIG": config})
    assert said.code == 1
    (line,) = said.err.splitlines()
    assert "security.protocol" in line
    assert "see KAFKA_CLIENT_CONFIG" in line
    assert CANARY not in said.err


async def test_kafka_is_connected_to_by_the_workers_settings(settings: dict[str, str]) -> None:
    """One environment serves both: the same names, the same refusals, and no password in what is said."""
    secured = {"KAFKA_SASL_PASSWORD": CANARY, "KAFKA_SASL_USERNAME": "ada", "KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}
    said = await run_process("run", **settings | secured | {"KAFKA_SECURITY_PROTOCOL": "TLS"})
    assert said.code == 2
    assert said.err.startswith("KAFKA_SECURITY_PROTOCOL: input should be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT'")
    said = await run_process("run", **settings | secured | {"KAFKA_SASL_MECHANISM": "bogus", **SASL})
    assert said.code == 1
    assert "see KAFKA_CLIENT_CONFIG, KAFKA_SECURITY_PROTOCOL" in said.err
    assert CANARY not in said.err
