"""Times as messages carry them.

In: seconds since the epoch. Out: RFC 3339 in UTC with milliseconds and a `Z`.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

__all__ = ["now_rfc3339", "rfc3339"]


def rfc3339(seconds: float) -> str:
    """Return the time, cut to milliseconds: `2026-01-01T00:00:00.000Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def now_rfc3339(clock: Callable[[], float] = time.time) -> str:
    """Return the clock's time; `clock` gives seconds since the epoch."""
    return rfc3339(clock())
