"""Times on the wire: RFC 3339, UTC, milliseconds."""

from datetime import UTC, datetime

from clustera_toolkit.message import rfc3339 as rfc3339_of_seconds


def rfc3339(moment: datetime) -> str:
    """`2026-01-01T00:00:00.000Z` of an aware time."""
    return rfc3339_of_seconds(moment.timestamp())


def parse_rfc3339(text: str) -> datetime | None:
    """The time that Drive gave, or None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
