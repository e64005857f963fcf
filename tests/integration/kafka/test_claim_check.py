"""A5 through the whole worker: what is too large for a message goes to a server that speaks S3, and comes back."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from tests.contract.s3_server import S3Server
from tests.integration.kafka.stack import Json, Reader, Stack

FILES = 50
PART_BYTES = 8 * 1024 * 1024
LARGE_NAME = "n" * 300_000
HUGE_NAME = "h" * (PART_BYTES // 2 + 1)
"""Drive gives a name twice (originalFilename), so that these data are larger than a part."""
TRIGGER_TOPIC_BYTES, LETTER_BYTES = 1_100_000, 1_048_400
"""A message that its own topic takes, and the dead letter topic (1,048,588 by default) does not with headers."""


@pytest.fixture
def s3(stack: Stack) -> Iterator[S3Server]:
    """An S3 of the stack's own, as its object store."""
    server = S3Server()
    with server.serve_in_background() as endpoint:
        stack.settings |= {
            "OBJECT_STORE_URL": "s3://bucket/claims",
            "S3_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "made-up",
            "KAFKA_COMPRESSION_TYPE": "none",
        }
        yield server


def test_records_too_large_for_a_message_travel_by_claim_check(stack: Stack, reader: Reader, s3: S3Server) -> None:
    """Data above the threshold are an object that the record's hash verifies; above the part limit it goes in parts."""
    mutations = [{"op": "create", "name": name} for name in (LARGE_NAME, HUGE_NAME)]
    made = stack.emulator.control("POST", "world", {"mutations": mutations})
    large, huge = (result["id"] for result in made["results"])
    worker = stack.start("r1")
    stack.trigger("conn_large", page_size=100)
    reader.wait(lambda: reader.completed() == {"conn_large"}, f"the snapshot\n{worker.tail()}")
    records = {record["resource_id"]: record for record in reader.files}
    assert set(records) == stack.emulator.ids()
    assert {name for name, record in records.items() if record["s3_url"]} == {large, huge}
    assert _fetched(s3, records[large])["name"] == LARGE_NAME
    assert _fetched(s3, records[huge])["name"] == HUGE_NAME
    assert s3.parts == {_key(records[huge]): 2}
    assert s3.open_uploads == {}
    assert worker.stop() == 0, worker.tail()


def test_a_dead_letter_too_large_for_its_topic_is_fetched_and_replayed(
    stack: Stack, reader: Reader, s3: S3Server
) -> None:
    """Its bytes go to S3 as they were, `dlq replay` sends those again, and the trigger they are is applied."""
    _raise_limit(stack)
    bare = {"integration_connection_id": "conn_late", "trigger_type": "incremental", "more": ""}
    bare["more"] = "x" * (LETTER_BYTES - len(json.dumps(bare)))
    value = json.dumps(bare).encode()
    stack.send("conn_late", value)
    worker = stack.start("r1")
    reader.wait(lambda: len(reader.dead) == 1, f"the dead letter\n{worker.tail()}")
    held, headers = reader.dead[0]
    assert held is None
    assert s3.objects[headers["dlq.s3_url"].decode().removeprefix("s3://")] == value
    stack.trigger("conn_late", page_size=100)
    reader.wait(lambda: reader.completed() == {"conn_late"}, f"the snapshot\n{worker.tail()}")
    stack.emulator.control("POST", "world", {"mutations": [{"op": "create", "name": "later.txt"}]})
    replayed = _replay_all(stack)
    assert (replayed.returncode, replayed.stdout.splitlines()[-1:]) == (0, ["sent 1 of 1"]), replayed.stderr
    reader.wait(lambda: bool(reader.events("changes_applied")), f"the change\n{worker.tail()}")
    assert worker.stop() == 0, worker.tail()


def test_a_store_that_is_away_delays_and_loses_nothing(stack: Stack, reader: Reader, s3: S3Server) -> None:
    """While S3 refuses, the job is tried again and says why; once it takes objects, the snapshot is complete."""
    stack.emulator.control("POST", "world", {"mutations": [{"op": "create", "name": LARGE_NAME}]})
    s3.refusal = 503
    worker = stack.start("r1")
    stack.trigger("conn_patient", page_size=100)
    reader.wait(lambda: bool(reader.others["errors"]), f"an error record\n{worker.tail()}")
    assert reader.others["errors"][0]["code"] == "object_store_unavailable"
    assert "AKIA-secret" not in worker.log.read_text() + json.dumps(reader.others["errors"])
    s3.refusal = None
    reader.wait(lambda: reader.completed() == {"conn_patient"}, f"the snapshot\n{worker.tail()}")
    assert {record["resource_id"] for record in reader.files} == stack.emulator.ids()
    assert [event["complete"] for event in reader.events("snapshot_completed")] == [True]
    assert worker.stop() == 0, worker.tail()


def _key(record: Json) -> str:
    return str(record["s3_url"]).removeprefix("s3://")


def _fetched(s3: S3Server, record: Json) -> Json:
    """The data of a record as a consumer gets them: fetched, and verified."""
    assert (record["data"], record["payload"]) == (None, None)
    held = s3.objects[_key(record)]
    assert hashlib.sha256(held).hexdigest() == record["metadata"]["sha256"]
    assert len(held) == record["metadata"]["size_bytes"]
    data: Json = json.loads(held)
    return data


def _replay_all(stack: Stack) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "google_drive_worker", "dlq", "replay", "--all"]
    environment = {**stack.environment("tool"), "COLUMNS": "200"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def _raise_limit(stack: Stack) -> None:
    admin = AdminClient({"bootstrap.servers": stack.broker.bootstrap_servers})
    entry = ConfigEntry("max.message.bytes", str(TRIGGER_TOPIC_BYTES), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, stack.topics["trigger"], incremental_configs=[entry])
    for answer in admin.incremental_alter_configs([resource]).values():
        answer.result(10)
