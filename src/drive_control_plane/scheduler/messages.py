"""Triggers as they go over the wire (docs/contracts.md, "Trigger").

In: a connection, what is wanted of it. Out: bytes for the trigger topic, and the trace they belong to. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from clustera_toolkit.message import Traceparent, message_id, rfc3339

MOST_BYTES = 512 * 1024
"""Brokers take 1 MB by default; one that is refused would take others of its request with it."""
_PARENT_CHARACTERS = 16


class TriggerError(ValueError):
    """A trigger that no broker or worker would take; the text says why and repeats no value."""


class Wish(StrEnum):
    """What a trigger asks for."""

    FULL = "full"
    INCREMENTAL = "incremental"
    RESNAPSHOT = "resnapshot"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class TriggerMessage:
    """One trigger, ready to be published under the key of its connection."""

    message_id: str
    connection_id: str
    value: bytes
    traceparent: str


def due_id(connection_id: str, due_at: datetime) -> str:
    """The id of the trigger for a due run: the same whenever and by whomever it is sent."""
    return message_id("scheduled", connection_id, due_at.astimezone(UTC).isoformat())


def trigger_message(
    connection_id: str,
    wish: Wish,
    requested_at: datetime,
    identity: str,
    *,
    config: Mapping[str, Any] | None = None,
    folders: Sequence[str] = (),
) -> TriggerMessage:
    """A trigger. `identity`, 32 hexadecimal digits, is its message id and names its trace.

    `config` is what `connection_config` makes of a connection's settings, never a credential: the worker asks for
    access tokens. Raises `TriggerError`.
    """
    trace = Traceparent(identity, identity[:_PARENT_CHARACTERS])
    trigger: dict[str, Any] = {
        "message_id": identity,
        "integration_connection_id": connection_id,
        "trigger_type": wish.value,
        "requested_at": rfc3339(requested_at.timestamp()),
        "trace_id": trace.trace_id,
    }
    if config is not None:
        trigger["connection_config"] = dict(config)
    if folders:
        trigger["folders"] = list(folders)
    value = msgspec.json.encode(trigger)
    if len(value) > MOST_BYTES:
        raise TriggerError(f"the settings are too large for a trigger ({len(value)} bytes; {MOST_BYTES} fit)")
    return TriggerMessage(identity, connection_id, value, str(trace))
