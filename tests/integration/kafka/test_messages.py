import json
import secrets
from collections import Counter
from pathlib import Path

from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from cryptography.fernet import Fernet
from tests.integration.kafka.stack import Reader, Stack

FILES = 300


def test_the_published_trigger_works_and_changes_follow(stack: Stack, reader: Reader) -> None:
    """A trigger with an id, a type, a refresh token and a page size gives all files; the next one what changed."""
    worker = stack.start("r1")
    stack.trigger("conn_published", page_size=100)
    reader.wait(lambda: reader.completed() == {"conn_published"}, f"the snapshot\n{worker.tail()}")
    assert Counter(record["resource_id"] for record in reader.files) == Counter(stack.emulator.ids())
    created = stack.emulator.control("POST", "world", {"mutations": [{"op": "create", "name": "new.txt"}]})
    item = created["results"][0]["id"]
    stack.trigger("conn_published", page_size=100)
    reader.wait(lambda: bool(reader.events("changes_applied")), f"the change\n{worker.tail()}")
    assert [record["data"]["name"] for record in reader.files[FILES:]] == ["new.txt"]
    stack.emulator.control("POST", "world", {"mutations": [{"op": "delete", "id": item}]})
    stack.trigger("conn_published", page_size=100)
    reader.wait(lambda: len(reader.events("changes_applied")) == 2, f"the deletion\n{worker.tail()}")
    gone = [(record["op"], record["resource_id"], record["data"]["reason"]) for record in reader.files[FILES + 1 :]]
    assert set(gone) == {("delete", item, "removed")}
    assert worker.stop() == 0, worker.tail()


def test_a_notification_brings_the_change_and_a_repeated_one_nothing(stack: Stack, reader: Reader) -> None:
    """A push notification replays the log at once; one whose number was seen on its channel is ignored."""
    worker = stack.start("r1")
    stack.trigger("conn_pushed", page_size=100)
    reader.wait(lambda: reader.completed() == {"conn_pushed"}, f"the snapshot\n{worker.tail()}")
    stack.emulator.control("POST", "world", {"mutations": [{"op": "create", "name": "pushed.txt"}]})
    stack.send("conn_pushed", _notification("conn_pushed", 2), topic=stack.topics["webhook"])
    reader.wait(lambda: bool(reader.events("changes_applied")), f"the change\n{worker.tail()}")
    assert [record["data"]["name"] for record in reader.files[FILES:]] == ["pushed.txt"]
    stack.emulator.control("POST", "world", {"mutations": [{"op": "create", "name": "unseen.txt"}]})
    stack.send("conn_pushed", _notification("conn_pushed", 2), topic=stack.topics["webhook"])
    worker.wait_said("a repeated notification")
    assert len(reader.files) == FILES + 1
    assert worker.stop() == 0, worker.tail()


def _notification(connection: str, number: int) -> bytes:
    headers = {
        "X-Goog-Channel-ID": "channel",
        "X-Goog-Message-Number": str(number),
        "X-Goog-Resource-State": "change",
    }
    return json.dumps({"integration_connection_id": connection, "corpus": "user:me", "headers": headers}).encode()


def test_messages_that_cannot_be_used_are_set_aside_and_the_next_one_is_processed(stack: Stack, reader: Reader) -> None:
    """Not JSON, a missing field, a credential that does not decrypt: a clear reason each, and the partition goes on."""
    other_key = Fernet(Fernet.generate_key()).encrypt(b"a refresh token").decode()
    broken = [
        b"this is not JSON",
        json.dumps({"integration_connection_id": "conn_x"}).encode(),
        json.dumps(
            {
                "integration_connection_id": "conn_locked",
                "trigger_type": "incremental",
                "connection_config": {"refresh_token": other_key},
            }
        ).encode(),
    ]
    for value in broken:
        stack.send("conn_x", value, partition=0)
    stack.send("conn_good", stack.trigger_bytes("conn_good", page_size=100), partition=0)
    worker = stack.start("r1")
    reader.wait(lambda: reader.completed() == {"conn_good"}, f"the good one\n{worker.tail()}")
    reader.wait(lambda: len(reader.dead) == 2 and len(reader.others["errors"]) >= 3, "dead letters and errors")
    assert [value for value, _ in reader.dead] == broken[:2]
    assert [headers["dlq.reason"] for _, headers in reader.dead] == [b"not_json", b"invalid_field"]
    assert b"trigger_type" in reader.dead[1][1]["dlq.detail"]
    locked = [error for error in reader.others["errors"] if error["integration_connection_id"] == "conn_locked"]
    assert {error["code"] for error in locked} == {"credential_undecryptable"}
    assert "CREDENTIALS_ENCRYPTION_KEYS" in locked[0]["message"]
    assert worker.stop() == 0, worker.tail()
    assert other_key not in worker.log.read_text()


def test_a_refused_record_stops_neither_other_connections_nor_its_partition(stack: Stack, reader: Reader) -> None:
    """A record that the topic refuses becomes an error record; everything else of its transaction arrives."""
    stack.settings |= {"WORKER_S3_PAYLOAD_THRESHOLD_BYTES": "2000000", "KAFKA_COMPRESSION_TYPE": "none"}
    _set_max_message_bytes(stack, 4_000_000)
    worker = stack.start("r1")
    worker.wait_said("restored")  # it has seen that the topic takes large records; now the topic changes its mind
    _set_max_message_bytes(stack, 1_048_588)
    name = secrets.token_hex(300_000)  # Drive gives a name twice, so the record has 1.2 MB
    made = stack.emulator.control("POST", "world", {"mutations": [{"op": "create", "name": name}]})
    too_large = made["results"][0]["id"]
    connections = [f"conn_{number}" for number in range(4)]
    for connection in connections:
        stack.trigger(connection, page_size=100)
    reader.wait(lambda: reader.completed() == set(connections), f"all snapshots\n{worker.tail()}", 90)
    seen = Counter((record["integration_connection_id"], record["resource_id"]) for record in reader.files)
    expected = stack.emulator.ids() - {too_large}
    assert seen == Counter((connection, item) for connection in connections for item in expected)
    refused = [error for error in reader.others["errors"] if error["code"] == "record_refused"]
    assert {(error["integration_connection_id"], error["resource_id"]) for error in refused} == {
        (connection, too_large) for connection in connections
    }
    markers = [event["complete"] for event in reader.events("snapshot_completed")]
    assert markers == [False] * len(connections), "nothing may be swept by a snapshot that misses a file"
    assert worker.stop() == 0, worker.tail()


def test_a_dead_letter_too_large_for_its_topic_goes_by_claim_check(stack: Stack, reader: Reader) -> None:
    """The bytes of a message that cannot be used are never lost, even when its headers make it too large."""
    junk = secrets.token_bytes(1_048_400)
    stack.settings |= {"KAFKA_COMPRESSION_TYPE": "none"}
    _set_max_message_bytes(stack, 1_100_000, topic=stack.topics["trigger"])
    stack.send("conn_x", junk, partition=0)
    stack.send("conn_good", stack.trigger_bytes("conn_good", page_size=100), partition=0)
    worker = stack.start("r1")
    reader.wait(lambda: reader.completed() == {"conn_good"}, f"the good one\n{worker.tail()}")
    reader.wait(lambda: len(reader.dead) == 1, f"the dead letter\n{worker.tail()}")
    value, headers = reader.dead[0]
    assert value is None
    assert Path(headers["dlq.s3_url"].decode().removeprefix("file://")).read_bytes() == junk
    assert headers["dlq.reason"] == b"not_json"
    assert worker.stop() == 0, worker.tail()


def _set_max_message_bytes(stack: Stack, limit: int, *, topic: str | None = None) -> None:
    admin = AdminClient({"bootstrap.servers": stack.broker.bootstrap_servers})
    entry = ConfigEntry("max.message.bytes", str(limit), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic or stack.topics["records"], incremental_configs=[entry])
    for answer in admin.incremental_alter_configs([resource]).values():
        answer.result(10)
