"""Inbound messages: what is accepted, and what is said of the rest."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from google_drive_worker.schemas.trigger import (
    MAX_CONFIG_LEVELS,
    InvalidMessageError,
    TriggerType,
    connection_of,
    parse_trigger,
)
from google_drive_worker.schemas.webhook import parse_webhook

SECRET = "1//0very-secret"
PUBLISHED = {
    "integration_connection_id": "conn_abc123",
    "trigger_type": "incremental",
    "connection_config": {"refresh_token": "gAAAAABm", "page_size": 100},
}
WHOLE = {
    "message_id": "msg_123",
    "integration_connection_id": "conn_abc123",
    "trigger_type": "incremental",
    "connection_config": {
        "refresh_token": "gAAAAABm",
        "page_size": 1000,
        "subject": None,
        "corpora": {"user": "all", "drives": "all"},
        "selected_folders": [],
        "resources": ["file", "permission", "revision", "comment"],
        "backfill": ["file", "permission"],
        "content": None,
    },
    "last_cursor": None,
    "requested_at": "2026-01-01T00:00:00.000Z",
    "trace_id": "trace_xyz",
}


def trigger_bytes(**changes: Any) -> bytes:
    return json.dumps({**PUBLISHED, **changes}).encode()


def refusal(value: bytes | None) -> InvalidMessageError:
    with pytest.raises(InvalidMessageError) as raised:
        parse_trigger(value)
    return raised.value


@pytest.mark.parametrize("message", [PUBLISHED, WHOLE], ids=["published", "contract"])
def test_documented_triggers_are_accepted(message: dict[str, Any]) -> None:
    """The published trigger and the contract's own example work, and their settings are kept as received."""
    trigger = parse_trigger(json.dumps(message).encode())
    assert trigger.integration_connection_id == "conn_abc123"
    assert trigger.connection_config == message["connection_config"]


@pytest.mark.parametrize("kind", TriggerType)
def test_a_trigger_needs_its_connection_and_type_only(kind: TriggerType) -> None:
    """Nothing else is required of any type; a resnapshot alone must say of which folders."""
    named = {"folders": ["docs"]} if kind is TriggerType.RESNAPSHOT else {}
    value = {"integration_connection_id": "c", "trigger_type": kind, "later": {"unknown": 1}, **named}
    assert parse_trigger(json.dumps(value).encode()).trigger_type is kind


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"integration_connection_id": ""}, "integration_connection_id"),
        ({"integration_connection_id": " padded "}, "integration_connection_id"),
        ({"integration_connection_id": "line\nbreak\n"}, "integration_connection_id"),
        ({"integration_connection_id": "x" * 256}, "integration_connection_id"),
        ({"integration_connection_id": None}, "integration_connection_id"),
        ({"trigger_type": SECRET}, "trigger_type"),
        ({"trigger_type": 5}, "trigger_type"),
        ({"connection_config": [SECRET]}, "connection_config"),
        ({"connection_config": {"page_size": 0}}, "page_size"),
        ({"connection_config": {"page_size": 1001}}, "page_size"),
        ({"connection_config": {"page_size": SECRET}}, "page_size"),
        ({"connection_config": {"refresh_token": [SECRET]}}, "refresh_token"),
        ({"connection_config": {"corpora": {"drives": [5]}}}, "drives"),
        ({"connection_config": {"service_account": {"private_key": SECRET}}}, "service_account"),
        ({"connection_config": {"subject": SECRET}}, "subject"),
        ({"last_cursor": {"a": SECRET}}, "last_cursor"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named_and_not_repeated(changes: dict[str, Any], names: str) -> None:
    """The error says which field is wrong and what is expected; the value, which may be a secret, is not in it."""
    error = refusal(trigger_bytes(**changes))
    assert error.reason == "invalid_field"
    assert names in error.detail
    assert SECRET not in f"{error} {error!r} {error.detail}"


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "a da@example.com",
        " ada@example.com",
        "ada@example.com\n",
        "ada\x00@example.com",
        f"{'a' * 320}@example.com",
    ],
)
def test_a_subject_is_an_address(subject: str) -> None:
    """What Google would refuse as nobody is told to the sender, in words rather than as a pattern."""
    error = refusal(trigger_bytes(connection_config={"subject": subject}))
    assert (error.reason, "subject" in error.detail) == ("invalid_field", True)
    assert "regex" not in error.detail


@pytest.mark.parametrize(
    "subject", ["ada@example.com", "o'neill+drive@sub.example.co.uk", "jürgen@bücher.example", None]
)
def test_anybodys_address_is_one(subject: str | None) -> None:
    """Addresses are not judged beyond their outline; none is no mistake."""
    trigger = parse_trigger(trigger_bytes(connection_config={"subject": subject}))
    assert trigger.connection_config == {"subject": subject}


def test_an_unknown_type_is_told_what_there_is() -> None:
    """The error lists the types that this version takes."""
    assert all(kind in refusal(trigger_bytes(trigger_type="everything")).detail for kind in TriggerType)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[]", "invalid_field"),
        (b'"text"', "invalid_field"),
        (b'{"integration_connection_id":"\\ud800","trigger_type":"full"}', "not_json"),
    ],
    ids=repr,
)
def test_what_is_no_trigger_has_a_reason(value: bytes | None, reason: str) -> None:
    """Each way of being no trigger has its stable word."""
    assert refusal(value).reason == reason


@pytest.mark.parametrize("folders", [None, []], ids=repr)
def test_a_resnapshot_of_no_folders_is_refused(folders: list[str] | None) -> None:
    """Without them it would be a full snapshot, which has a name of its own."""
    error = refusal(trigger_bytes(trigger_type="resnapshot", **({} if folders is None else {"folders": folders})))
    assert (error.reason, error.connection_id) == ("invalid_field", "conn_abc123")
    assert "folders" in error.detail


@pytest.mark.parametrize(
    "config",
    [
        {"selected_folders": ["a", "root"]},
        {"corpora": {"user": "owned", "drives": "none"}},
        {"corpora": {"user": "none", "drives": ["d1"]}},
        {"resources": ["file", "permission_record"], "backfill": ["comment"]},
    ],
    ids=str,
)
def test_limits_are_kept_as_received(config: dict[str, Any]) -> None:
    """What limits a sync is taken over word by word."""
    assert parse_trigger(trigger_bytes(connection_config=config)).connection_config == config


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"selected_folders": [""]}, "selected_folders"),
        ({"selected_folders": [5]}, "selected_folders"),
        ({"corpora": {"user": "some"}}, "user"),
        ({"corpora": {"drives": "some"}}, "drives"),
        ({"resources": ["everything"]}, "resources"),
    ],
    ids=str,
)
def test_a_limit_that_cannot_be_kept_is_refused(config: dict[str, Any], names: str) -> None:
    """A setting that limits what is synced is kept or refused: more than was asked for is never synced."""
    error = refusal(trigger_bytes(connection_config=config))
    assert (error.reason, error.connection_id) == ("invalid_field", "conn_abc123")
    assert names in error.detail


def nested(levels: int) -> bytes:
    """A message with an array of that depth in a field that nobody knows."""
    return b'{"integration_connection_id":"c","trigger_type":"full","x":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize("parse", [parse_trigger, parse_webhook])
def test_json_nested_beyond_reason_is_no_message(parse: Callable[[bytes], object]) -> None:
    """A message made to exhaust a decoder is refused like any other that is no JSON."""
    with pytest.raises(InvalidMessageError) as raised:
        parse(nested(10_000))
    assert raised.value.reason == "not_json"
    assert connection_of(nested(10_000)) is None


def test_settings_nested_beyond_reason_are_refused() -> None:
    """Settings are stored with the state, so they may not be deeper than can be written again from anywhere."""
    deep: Any = {}
    for _ in range(MAX_CONFIG_LEVELS):
        deep = {"a": deep}
    assert refusal(trigger_bytes(connection_config=deep)).reason == "invalid_field"
    assert parse_trigger(trigger_bytes(connection_config=deep["a"])).connection_config == deep["a"]


def test_an_error_knows_whose_message_it_was() -> None:
    """A connection is named even when another field is wrong, so that operators can find it."""
    assert refusal(trigger_bytes(trigger_type="no")).connection_id == "conn_abc123"
    assert connection_of(b"{") is None
    assert connection_of(None) is None


def test_headers_of_a_notification_compare_without_case() -> None:
    """Gateways change the case of header names; Google's states compare without case too."""
    value = {"integration_connection_id": "c", "headers": {"x-goog-resource-state": "SYNC", "X-GOOG-CHANNEL-ID": "ch"}}
    webhook = parse_webhook(json.dumps(value).encode())
    assert webhook.announces_channel
    assert webhook.header("X-Goog-Channel-ID") == "ch"
    assert webhook.header("X-Goog-Message-Number") is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"{", "not_json"),
        (b"{}", "invalid_field"),
        (b'{"integration_connection_id":"c","headers":{"a":1}}', "invalid_field"),
    ],
    ids=repr,
)
def test_what_is_no_notification_has_a_reason(value: bytes | None, reason: str) -> None:
    """As for triggers."""
    with pytest.raises(InvalidMessageError) as raised:
        parse_webhook(value)
    assert raised.value.reason == reason
