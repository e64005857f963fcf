"""The one place of clocks, sleep and chance. In: nothing. Out: `Timing`, passed to whatever waits.

Tests pass their own, so that nothing sleeps in them.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["REAL_TIMING", "Timing"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Timing:
    """Clocks and chance: `monotonic` in seconds, `now` aware in UTC, `random` in [0, 1)."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


REAL_TIMING = Timing()
