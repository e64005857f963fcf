"""A notification as Google sends it, and the message that it becomes (facts B; docs/contracts.md, "Webhook").

In: headers. Out: a `Notification`, or why it is none; and the bytes for Kafka, without the channel's token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

SYNC = "sync"
CHANGES = frozenset({"change", "changed"})
"""States that tell of a change; the guide shows both words (facts B)."""
MAX_TOKEN = 256
MAX_NUMBER = 2**63 - 1
MAX_HEADER = 1024
_STATE = "X-Goog-Resource-State"
_TOLD = (
    "X-Goog-Channel-ID",
    "X-Goog-Channel-Expiration",
    _STATE,
    "X-Goog-Message-Number",
    "X-Goog-Resource-ID",
    "X-Goog-Resource-URI",
    "X-Goog-Changed",
)
"""What goes into the message: all that Google sends but the token."""
_ENCODER = msgspec.json.Encoder()


class NotANotificationError(Exception):
    """The headers are not those of a notification; the text names what is wrong and repeats no value."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification. `number` grows within a channel, with gaps."""

    channel_id: str
    number: int
    state: str
    resource_id: str
    token: str
    headers: Mapping[str, str]
    """Those that Kafka is told."""

    @property
    def tells_change(self) -> bool:
        """Whether the log has grown."""
        return self.state in CHANGES

    @property
    def asks_for_look(self) -> bool:
        """Whether the log is to be read: also when a channel begins, for what came before it was told to nobody."""
        return self.tells_change or self.state == SYNC


def read(headers: Mapping[str, str]) -> Notification:
    """Understand the headers, whose names must compare without case. Raises `NotANotificationError`."""
    told = {name: value for name in _TOLD if (value := headers.get(name)) is not None}
    if any(len(value) > MAX_HEADER for value in told.values()):
        raise NotANotificationError(f"a header is longer than {MAX_HEADER} characters")
    return Notification(
        channel_id=_needed(told, "X-Goog-Channel-ID"),
        number=_number(_needed(told, "X-Goog-Message-Number")),
        state=_needed(told, _STATE).lower(),
        resource_id=_needed(told, "X-Goog-Resource-ID"),
        token=headers.get("X-Goog-Channel-Token", "")[: MAX_TOKEN + 1],
        headers=told,
    )


def message(notification: Notification, connection_id: str, corpus: str, received_at: datetime) -> bytes:
    """The message for the worker; its id is the same when Google sends the notification again.

    `sync` is left out: the worker ignores it by contract, and this is a hint to read the log.
    """
    hides = {_STATE} if notification.state == SYNC else set()
    return _ENCODER.encode(
        {
            "message_id": f"{notification.channel_id}:{notification.number}",
            "integration_connection_id": connection_id,
            "corpus": corpus,
            "received_at": f"{received_at:%Y-%m-%dT%H:%M:%S}.{received_at.microsecond // 1000:03}Z",
            "headers": {name: value for name, value in notification.headers.items() if name not in hides},
        }
    )


def _needed(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise NotANotificationError(f"the header {name} is missing")
    return value


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_NUMBER))):
        raise NotANotificationError("X-Goog-Message-Number is not a number")
    number = int(text)
    if not 0 < number <= MAX_NUMBER:
        raise NotANotificationError("X-Goog-Message-Number is not a number that a channel counts")
    return number
