"""`dlq` and `doctor` on Apache Kafka: what was set aside is seen, mended and applied; what is missing is named."""

import json
import subprocess
import sys
from typing import Any

from tests.integration.kafka.stack import Reader, Stack

FILES = 100


def dlq(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return tool(stack, "dlq", *arguments)


def tool(stack: Stack, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "google_drive_worker", *arguments]
    environment = {**stack.environment("tool"), "COLUMNS": "200", **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def listed(stack: Stack, *arguments: str) -> list[dict[str, Any]]:
    done = dlq(stack, "list", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_message_that_failed_is_applied_once_its_cause_is_gone(stack: Stack, reader: Reader) -> None:
    """A trigger without settings waits among the dead letters; sent again after the first one, it is applied."""
    bare = json.dumps({"integration_connection_id": "conn_late", "trigger_type": "incremental"}).encode()
    stack.send("conn_late", bare)
    stack.send("conn_late", b"this is not JSON")
    worker = stack.start("r1")
    reader.wait(lambda: len(reader.dead) == 2, f"two dead letters\n{worker.tail()}")
    late, broken = listed(stack)
    assert [each["reason"] for each in (late, broken)] == ["missing_config", "not_json"]
    assert [each["id"] for each in listed(stack, "--reason", "not_json")] == [broken["id"]]
    assert listed(stack, "--connection", "conn_other") == []
    assert late["id"] in dlq(stack, "list").stdout

    stack.trigger("conn_late", page_size=100)
    reader.wait(lambda: reader.completed() == {"conn_late"}, f"the snapshot\n{worker.tail()}")
    stack.emulator.control("POST", "world", {"mutations": [{"op": "create", "name": "later.txt"}]})
    dry = dlq(stack, "replay", late["id"], "--dry-run")
    assert (dry.returncode, len(listed(stack))) == (0, 2), dry.stderr
    sent = dlq(stack, "replay", late["id"])
    assert (sent.returncode, sent.stdout.splitlines()[-1]) == (0, "sent 1 of 1"), sent.stderr
    reader.wait(lambda: bool(reader.events("changes_applied")), f"the change\n{worker.tail()}")
    assert [each["id"] for each in listed(stack)] == [broken["id"]]
    assert [each["replayed"] for each in listed(stack, "--replayed")] == [True, False]

    assert dlq(stack, "replay", "--all").returncode == 0
    reader.wait(lambda: len(reader.dead) >= 3, f"the broken one again\n{worker.tail()}")
    assert [each["attempts"] for each in listed(stack)] == [2]
    assert worker.stop() == 0, worker.tail()


def test_a_letter_is_shown_without_its_credentials(stack: Stack, reader: Reader) -> None:
    """Value and headers, but no token, not even as ciphertext; one too large for the topic is fetched."""
    secret = "gAAAAAB-made-up-ciphertext"
    body = {
        "integration_connection_id": "conn_x",
        "connection_config": {"refresh_token": secret},
        "more": "x" * 1_000_100,
    }
    stack.send("conn_x", json.dumps(body).encode())
    worker = stack.start("r1")
    reader.wait(lambda: len(reader.dead) == 1, f"a dead letter\n{worker.tail()}")
    (letter,) = listed(stack)
    shown = dlq(stack, "show", letter["id"])
    assert shown.returncode == 0, shown.stderr
    assert "invalid_field" in shown.stdout
    assert '"integration_connection_id": "conn_x"' in shown.stdout
    assert secret not in shown.stdout + shown.stderr
    assert worker.stop() == 0, worker.tail()


WRONG_USE = {
    ("replay",): "--connection, --reason or --all",
    ("show", "nonsense"): "topic.dlq:0:17",
    ("show", "topic.dlq:0:17"): "there is no dead letter topic.dlq:0:17",
}


def test_wrong_use_is_explained(stack: Stack) -> None:
    """A sentence and exit code 2, never a traceback."""
    for arguments, said in WRONG_USE.items():
        done = dlq(stack, *arguments)
        assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr


def test_the_doctor_names_topics_that_are_missing_or_wrong(stack: Stack) -> None:
    """Each problem of a topic is a finding of its own, with what to do."""
    names = stack.topics
    done = tool(stack, "doctor", KAFKA_TOPIC_RECORDS=names["records"] + "-missing", KAFKA_TOPIC_STATE=names["errors"])
    assert done.returncode == 2, done.stdout
    assert "KAFKA_TOPIC_STATE: value error, names the same topic as KAFKA_TOPIC_ERRORS" in done.stderr
    missing = tool(stack, "doctor", KAFKA_TOPIC_RECORDS=names["records"] + "-missing")
    assert missing.returncode == 1, missing.stderr
    assert f"FAIL  {names['records']}-missing does not exist" in missing.stdout
    assert "run `google-drive-worker topics create`" in missing.stdout
    assert tool(stack, "doctor").returncode == 0
