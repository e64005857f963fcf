"""Times: epoch milliseconds in, RFC 3339 text out, and back.

Drive writes times in UTC with milliseconds (facts A6); a query may leave the zone out, which means UTC (facts A4).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

Clock = Callable[[], int]
"""A clock gives the present moment in epoch milliseconds."""

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000


def wall_clock_ms() -> int:
    """Return the present moment in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def rfc3339(epoch_ms: int) -> str:
    """Write a moment as Drive does, e.g. ``2026-10-02T12:34:56.789Z``."""
    day, rest = divmod(epoch_ms, _DAY_MS)
    hour, rest = divmod(rest, _HOUR_MS)
    minute, rest = divmod(rest, _MINUTE_MS)
    second, millisecond = divmod(rest, 1000)
    return f"{_date(day)}T{hour:02d}:{minute:02d}:{second:02d}.{millisecond:03d}Z"


def parse_rfc3339(text: str) -> int:
    """Read a moment into epoch milliseconds; without a zone it is UTC. Raises ``ValueError``."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


@lru_cache(maxsize=16_384)
def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_MS // 1000, UTC).strftime("%Y-%m-%d")
