"""What the worker is told of a connection (docs/contracts.md, "Trigger"): rows in, settings and triggers out."""

import json
from collections.abc import Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any, Final, Literal

from clustera_toolkit.message import rfc3339
from drive_control_plane.database.tables import Connection

_CREDENTIALS: Final = frozenset({"access_token", "refresh_token", "service_account"})


def connection_config(settings: Mapping[str, Any], subject: str | None = None) -> dict[str, Any]:
    """A connection's settings as the worker takes them, without any credential."""
    config = {name: value for name, value in settings.items() if name not in _CREDENTIALS}
    return config if subject is None else {**config, "subject": subject}


def resume_trigger(connection: Connection, now: datetime) -> bytes:
    """Have a parked connection go on, with its settings."""
    return _trigger(connection, "resume", now, connection_config=connection_config(connection.settings))


def forget_trigger(connection: Connection, now: datetime) -> bytes:
    """Have all that is known of a connection removed."""
    return _trigger(connection, "forget", now)


def _trigger(connection: Connection, kind: Literal["resume", "forget"], now: datetime, **more: Any) -> bytes:
    message = {
        "message_id": token_hex(16),
        "integration_connection_id": connection.id,
        "trigger_type": kind,
        "requested_at": rfc3339(now.timestamp()),
        "trace_id": token_hex(16),
        **more,
    }
    return json.dumps(message).encode()
