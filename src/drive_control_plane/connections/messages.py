"""What the worker is told of a connection (docs/contracts.md, "Trigger"): rows in, settings and triggers out."""

from collections.abc import Mapping
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

from drive_control_plane.database.tables import Connection
from drive_control_plane.scheduler.messages import TriggerMessage, Wish, trigger_message

_CREDENTIALS: Final = frozenset({"access_token", "refresh_token", "service_account"})


def connection_config(settings: Mapping[str, Any], subject: str | None = None) -> dict[str, Any]:
    """A connection's settings as the worker takes them, without any credential."""
    config = {name: value for name, value in settings.items() if name not in _CREDENTIALS}
    return config if subject is None else {**config, "subject": subject}


def resume_trigger(connection: Connection, now: datetime, subject: str | None = None) -> TriggerMessage:
    """Have a parked connection go on, with its settings, and for whom it stands. Raises `TriggerError`."""
    config = connection_config(connection.settings, subject)
    return trigger_message(connection.id, Wish.RESUME, now, token_hex(16), config=config)


def forget_trigger(connection: Connection, now: datetime) -> TriggerMessage:
    """Have all that is known of a connection removed."""
    return trigger_message(connection.id, Wish.FORGET, now, token_hex(16))
