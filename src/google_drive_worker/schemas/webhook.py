"""The notification: a hint that a change log has grown (docs/contracts.md, "Webhook"; facts B).

In: bytes from `integrations-inbound-webhook`. Out: a `Webhook`, or `InvalidMessageError`.
"""

import msgspec
from msgspec import Struct

from google_drive_worker.schemas.trigger import NOT_JSON, ConnectionId, InvalidMessageError, connection_of, plain

SYNC = "sync"
"""The state of a channel's first message, which announces the channel and no change."""


class Webhook(Struct):
    """A notification as decoded; header names compare without case."""

    integration_connection_id: ConnectionId
    message_id: str | None = None
    corpus: str | None = None
    headers: dict[str, str] = {}

    def header(self, name: str) -> str | None:
        """One of Google's headers."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)

    @property
    def announces_channel(self) -> bool:
        """Whether it only says that the channel exists."""
        return (self.header("X-Goog-Resource-State") or "").lower() == SYNC


_WEBHOOK = msgspec.json.Decoder(Webhook)


def parse_webhook(value: bytes | None) -> Webhook:
    """Decode a notification. Raises `InvalidMessageError`."""
    if not value:
        raise InvalidMessageError("empty", "the message has no value; a notification is a JSON object")
    try:
        return _WEBHOOK.decode(value)
    except msgspec.ValidationError as error:
        raise InvalidMessageError("invalid_field", plain(error), connection_of(value)) from None
    except NOT_JSON:
        raise InvalidMessageError("not_json", "the message is not JSON in UTF-8") from None
