"""Records and notices as Kafka messages: keys, headers, topics."""

import json

from google_drive_worker.schemas.event import ErrorRecord, EventName, SyncEvent
from google_drive_worker.schemas.record import Op, OutRecord
from google_drive_worker.sinks.kafka.messages import MessageBuilder, Topics

BUILDER = MessageBuilder(Topics("records", "errors", "events", "state"))
NOW = "2026-01-01T00:00:00.000Z"


def record(kind: str = "file", op: Op = "upsert", value: bytes = b"{}") -> OutRecord:
    return OutRecord(kind, "id", op, "key", 1, value, 0)


def test_the_key_is_the_connection() -> None:
    """Always and only the connection's id: records, events and errors of one connection stay in one order."""
    (message,) = BUILDER.records("conn/ü", [record(value=b'{"a":1}')], 5, None)
    assert (message.topic, message.key, message.value, message.partition) == (
        "records",
        "conn/ü".encode(),
        b'{"a":1}',
        5,
    )


def test_headers_tell_records_apart_without_decoding() -> None:
    """Each record says its schema, its type and what to do with it; the trace stands first where there is one."""
    records = [record(), record("folder", "delete"), record()]
    messages = BUILDER.records("conn", records, None, "00-trace")
    assert [dict(message.headers) for message in messages] == [
        {"traceparent": "00-trace", "schema": "google-drive.record.v1", "resource_type": kind, "op": op}
        for kind, op in (("file", "upsert"), ("folder", "delete"), ("file", "upsert"))
    ]
    assert messages[0].headers is messages[2].headers
    assert BUILDER.records("conn", [record()], None, None)[0].headers[0][0] == "schema"


def test_an_event_holds_what_it_has() -> None:
    """What does not belong to an event is absent from it."""
    message = BUILDER.notice(SyncEvent(EventName.CHANGES_APPLIED, "conn", NOW, count=3), "00-trace")
    assert (message.topic, message.key, message.headers) == ("events", b"conn", [("traceparent", "00-trace")])
    assert json.loads(message.value or b"") == {
        "event": "changes_applied",
        "integration_connection_id": "conn",
        "at": NOW,
        "count": 3,
    }


def test_an_error_record_has_every_field() -> None:
    """Operators' queries find each field of the contract, null where nothing is known."""
    error = ErrorRecord(None, None, NOW, "intake", "not_json", retryable=False, message="no JSON")
    message = BUILDER.notice(error)
    assert (message.topic, message.key, message.headers) == ("errors", None, [])
    assert json.loads(message.value or b"").keys() == {
        "message_id",
        "integration_connection_id",
        "occurred_at",
        "stage",
        "code",
        "retryable",
        "http_status",
        "reason",
        "resource_type",
        "resource_id",
        "message",
        "attempts",
        "trace_id",
    }
