"""Counts of connections by the minute, as events left them in the database."""

from datetime import timedelta
from typing import Any

from tests.support.control_plane.context import EPOCH
from tests.support.control_plane.worker_words import CONN

from drive_control_plane.database.tables import MinuteCount


def counted(minutes_ago: int, connection: str = CONN, **counts: Any) -> MinuteCount:
    """What a connection did in the minute that began so long before the epoch."""
    return MinuteCount(connection_id=connection, minute=EPOCH - timedelta(minutes=minutes_ago), **counts)
