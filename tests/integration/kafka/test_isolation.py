"""P6: one bad file, connection, state or message never stops another, and each of them is told."""

import json
import random
from collections import Counter
from typing import Any

from confluent_kafka import Producer
from cryptography.fernet import Fernet
from tests.integration.kafka.odd_drive import odd_drive
from tests.integration.kafka.stack import SHARDS, Reader, Stack

from clustera_toolkit.kafka import partition_of

FILES = 200
HEALTHY = ["conn_well_1", "conn_well_2", "conn_well_3"]
REVOKED, ODD = "1//revoked", "ya29.odd"
POISONED = b'{"integration_connection_id": "conn_poison", "trigger_type": ' + b"[" * 5_000
TOLD = {
    "conn_odd": "malformed_item",
    "conn_revoked": "reauthorization_required",
    "conn_other_key": "credential_undecryptable",
    "conn_unreadable": "unreadable_state",
    "conn_newer": "unreadable_state",
}


def test_what_is_broken_stops_nothing_that_is_well(stack: Stack, reader: Reader) -> None:
    """All of them at once, in any order, in one partition: the healthy get their files, each broken one is told of."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    _spoil_states(stack)
    stack.emulator.control("POST", "oauth", {"action": "register", "refresh_token": REVOKED})
    stack.emulator.control("POST", "oauth", {"action": "revoke", "refresh_token": REVOKED})
    items = stack.emulator.control("GET", "world/items?limit=1000")["items"]
    odd = next(item["id"] for item in items if item["mimeType"] == "application/pdf")
    with odd_drive(stack.emulator.url, ODD, odd) as drive:
        worker = stack.start("r1", GDRIVE_API_BASE_URL=f"{drive.url}/drive/v3")
        _send_all(stack, random.Random(seed))
        whole = {*HEALTHY, "conn_odd"}
        reader.wait(lambda: reader.completed() >= whole, f"the snapshots\n{worker.tail()}")
        reader.wait(lambda: _codes(reader).keys() >= TOLD.keys(), f"the errors\n{worker.tail()}")
        reader.wait(lambda: len(reader.dead) == 4, f"the dead letters\n{worker.tail()}")
        assert worker.stop() == 0, worker.tail()
    _assert_told(reader, odd)
    _assert_healthy(stack, reader, odd)


def _spoil_states(stack: Stack) -> None:
    """A state that is no JSON, and one of a version to come."""
    producer = Producer({"bootstrap.servers": stack.broker.bootstrap_servers})
    for connection, value in {"conn_unreadable": b"\x00", "conn_newer": b'{"part": "job", "version": 99}'}.items():
        shard = partition_of(connection.encode(), SHARDS)
        producer.produce(stack.topics["state"], value, f"{connection}/job".encode(), shard)
    assert producer.flush(10) == 0


def _send_all(stack: Stack, chance: random.Random) -> None:
    """Through one trigger partition, so that each stands in the way of those behind it."""
    sealed = Fernet(stack.key)
    messages = [(name, stack.trigger_bytes(name, page_size=50)) for name in HEALTHY]
    messages += [(name, stack.trigger_bytes(name)) for name in ("conn_unreadable", "conn_newer")]
    messages += [
        ("conn_odd", _trigger("conn_odd", access_token=sealed.encrypt(ODD.encode()).decode())),
        ("conn_revoked", _trigger("conn_revoked", refresh_token=sealed.encrypt(REVOKED.encode()).decode())),
        (
            "conn_other_key",
            _trigger("conn_other_key", refresh_token=Fernet(Fernet.generate_key()).encrypt(b"x").decode()),
        ),
        ("conn_poison", POISONED),
        ("conn_poison", b"\xff\xfe"),
    ]
    chance.shuffle(messages)
    for connection, value in messages:
        stack.send(connection, value, partition=0)


def _trigger(connection: str, **config: Any) -> bytes:
    body = {"integration_connection_id": connection, "trigger_type": "incremental", "connection_config": config}
    return json.dumps(body).encode()


def _codes(reader: Reader) -> dict[str | None, str]:
    return {error["integration_connection_id"]: error["code"] for error in list(reader.others["errors"])}


def _assert_told(reader: Reader, odd: str) -> None:
    """Each by its code; the connection that needs a person by an event; the messages as dead letters."""
    codes = _codes(reader)
    assert {name: codes[name] for name in TOLD} == TOLD
    malformed = {error["resource_id"] for error in reader.others["errors"] if error["code"] == "malformed_item"}
    assert malformed == {odd}
    asking = [event["integration_connection_id"] for event in reader.events("reauthorization_required")]
    assert asking == ["conn_revoked"]
    reasons = Counter(headers["dlq.reason"].decode() for _, headers in reader.dead)
    assert reasons == {"unreadable_state": 2, "not_json": 1, "invalid_field": 1}


def _assert_healthy(stack: Stack, reader: Reader, odd: str) -> None:
    """Everything of the healthy, all but one file of the other; whose snapshot alone is not complete."""
    ids = stack.emulator.ids()
    expected = {(name, item) for name in HEALTHY for item in ids} | {("conn_odd", item) for item in ids - {odd}}
    seen = Counter((record["integration_connection_id"], record["resource_id"]) for record in reader.files)
    assert seen == Counter(expected)
    complete = {event["integration_connection_id"]: event["complete"] for event in reader.events("snapshot_completed")}
    assert complete == {**dict.fromkeys(HEALTHY, True), "conn_odd": False}
