"""Something that is away, and is tried again and again: ever more rarely, and told of once rather than each time.

In: failures and successes, with the time. Out: how long to wait before the next try, and few lines in a log: the first
failure, one now and then, and that it works again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

FIRST_SECONDS: Final = 2.0
LONGEST_SECONDS: Final = 60.0
TOLD_EVERY: Final = timedelta(minutes=15)


class Outage:
    """Whether one thing is away, since when, and when that was told last."""

    def __init__(self, log: logging.Logger, now: Callable[[], datetime], what: str) -> None:
        self._log = log
        self._now = now
        self._what = what
        self._failures = 0
        self._since = self._told_at = now()

    def failed(self, why: str) -> float:
        """It failed, once more; how many seconds to wait now."""
        now = self._now()
        self._failures += 1
        if self._failures == 1:
            self._since = now
        if self._failures == 1 or now - self._told_at >= TOLD_EVERY:
            self._told_at = now
            self._log.warning("%s again later: %s", self._what, why, extra={"failures": self._failures})
        return min(FIRST_SECONDS * (1 << min(self._failures - 1, 10)), LONGEST_SECONDS)

    def over(self) -> None:
        """It worked."""
        if self._failures:
            seconds = round((self._now() - self._since).total_seconds())
            self._log.warning("%s again now, after %d s", self._what, seconds, extra={"failures": self._failures})
        self._failures = 0
