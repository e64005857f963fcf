"""One service account that stands for several people, each a connection of their own, on Kafka."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from tests.integration.kafka.stack import Reader, Stack
from tests.integration.local import world

FILES = 200
ROBOT, NUMBER = "robot@project.iam.gserviceaccount.com", "100000000000000000007"
SCOPE = "https://www.googleapis.com/auth/drive.readonly"
ADA, BEN = "user01@example.com", "user02@example.com"


@pytest.fixture
def key(stack: Stack) -> dict[str, str]:
    """The account's key, which the domain trusts; the worker has it in its directory as `robot.json`."""
    action: dict[str, Any] = {"action": "service_account", "email": ROBOT, "client_id": NUMBER}
    made: dict[str, str] = stack.emulator.control("POST", "oauth", action)
    stack.emulator.control("POST", "oauth", {"action": "delegate", "client_id": NUMBER, "scopes": [SCOPE]})
    directory = stack.directory / "keys"
    directory.mkdir()
    (directory / "robot.json").write_text(json.dumps(made))
    stack.settings["GOOGLE_SERVICE_ACCOUNT_DIRECTORY"] = str(directory)
    return made


def test_each_connection_is_its_subjects_drive(stack: Stack, reader: Reader, key: dict[str, str]) -> None:
    """One by the key's name, one by the key encrypted: each has what its person sees, and says whose it is."""
    worker = stack.start("r1")
    sealed = Fernet(stack.key).encrypt(json.dumps(key).encode()).decode()
    _send(stack, "conn_ada", service_account="robot.json", subject=ADA)
    _send(stack, "conn_ben", service_account=sealed, subject=BEN)
    reader.wait(lambda: reader.completed() == {"conn_ada", "conn_ben"}, f"both snapshots\n{worker.tail()}")
    for connection, person in (("conn_ada", ADA), ("conn_ben", BEN)):
        records = _files(reader, connection)
        assert {record["resource_id"] for record in records} == world.drive(stack.emulator.url, person).keys()
        assert {_source(record) for record in records} == {(f"user:{person}", person)}
    assert world.drive(stack.emulator.url, ADA).keys() != world.drive(stack.emulator.url, BEN).keys()

    renamed = _files(reader, "conn_ada")[0]["resource_id"]
    mutations = [{"op": "rename", "id": renamed, "name": "renamed.txt"}]
    stack.emulator.control("POST", "world", {"mutations": mutations})
    _send(stack, "conn_ada")
    reader.wait(lambda: bool(reader.events("changes_applied")), f"the change\n{worker.tail()}")
    changed = _files(reader, "conn_ada")[-1]
    assert (changed["resource_id"], changed["data"]["name"]) == (renamed, "renamed.txt")
    assert _source(changed) == (f"user:{ADA}", ADA)
    assert worker.stop() == 0, worker.tail()
    _assert_no_key(stack, worker.log, key)
    kept = {name: state["config"]["service_account"] for name, state in stack.states().items() if "config" in state}
    assert kept == {"conn_ada/job": "robot.json", "conn_ben/job": sealed}


def test_what_cannot_be_used_is_told_and_another_person_is_not_mixed_in(
    stack: Stack, reader: Reader, key: dict[str, str]
) -> None:
    """Each mistake parks its connection under its code; one with an account stays that account's."""
    stack.directory.joinpath("secret.json").write_text(json.dumps(key))
    worker = stack.start("r1")
    _send(stack, "conn_ada", service_account="robot.json", subject=ADA)
    _send(stack, "conn_none", service_account="no.json", subject=ADA)
    _send(stack, "conn_outside", service_account="../secret.json", subject=ADA)
    _send(stack, "conn_nobody", service_account="robot.json", subject="nobody@example.com")
    _send(stack, "conn_owned", service_account="robot.json", corpora={"user": "owned"})
    reader.wait(lambda: reader.completed() == {"conn_ada"}, f"the snapshot\n{worker.tail()}")
    _send(stack, "conn_ada", service_account="robot.json", subject=BEN)
    reader.wait(lambda: len(_codes(reader)) == 5, f"the errors\n{worker.tail()}")
    assert _codes(reader) == {
        "conn_ada": "account_changed",
        "conn_none": "service_account_not_found",
        "conn_outside": "service_account_outside",
        "conn_nobody": "reauthorization_required",
        "conn_owned": "subject_missing",
    }
    assert {record["integration_connection_id"] for record in reader.files} == {"conn_ada"}
    assert worker.stop() == 0, worker.tail()
    _assert_no_key(stack, worker.log, key)


def _send(stack: Stack, connection: str, **config: object) -> None:
    """A trigger; without settings it leaves those there are."""
    body = {"integration_connection_id": connection, "trigger_type": "incremental"}
    stack.send(connection, json.dumps({**body, "connection_config": config} if config else body).encode())


def _files(reader: Reader, connection: str) -> list[dict[str, Any]]:
    return [record for record in reader.files if record["integration_connection_id"] == connection]


def _source(record: dict[str, Any]) -> tuple[str, str | None]:
    return record["source"]["corpus"], record["source"]["subject"]


def _codes(reader: Reader) -> dict[str, str]:
    return {error["integration_connection_id"]: error["code"] for error in list(reader.others["errors"])}


def _assert_no_key(stack: Stack, log: Path, key: dict[str, str]) -> None:
    """No line of the key stands in what the worker wrote, nor in what it keeps."""
    written = [log.read_bytes()]
    for role in ("records", "errors", "events", "state"):
        written += [message.value() or b"" for message in stack.messages(stack.topics[role])]
    lines = [line.encode() for line in key["private_key"].splitlines()]
    assert len(lines) > 20
    assert [line for line in lines if any(line in text for text in written)] == []
