"""Failed attempts at what nobody can guess (secrets of machines), counted so that nobody floods the place with them.

In: keys (an address, a client) of attempts that failed. Out: how long a key has to wait. In memory and bounded: each
replica counts its own. What people choose can be guessed; that is counted by `failures`, for all replicas together.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

MOST_KEYS = 10_000


class Attempts:
    """At most `most` failures a key within `window`."""

    def __init__(self, most: int, window: timedelta, now: Callable[[], datetime]) -> None:
        self._most = most
        self._window = window
        self._now = now
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()

    def wait_seconds(self, key: str) -> int:
        """How long until the key may try again; 0 when it may."""
        recent = self._recent(key)
        if len(recent) < self._most:
            return 0
        return max(1, int((recent[-self._most] + self._window - self._now()).total_seconds()) + 1)

    def failed(self, key: str) -> None:
        """Count a failure."""
        self._failures[key] = [*self._recent(key), self._now()][-self._most :]
        self._failures.move_to_end(key)
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def _recent(self, key: str) -> list[datetime]:
        since = self._now() - self._window
        return [moment for moment in self._failures.get(key, []) if moment > since]
