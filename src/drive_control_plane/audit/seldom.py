"""Deeds that happen over and over: noted once an hour, so that the audit log stays readable.

In: who did what to what. Out: whether it is time for an entry. In memory and bounded: each replica notes the first of
an hour by itself, and whoever is forgotten for want of room is noted once more.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

EVERY: Final = timedelta(hours=1)
MOST_KEYS: Final = 100_000


class Seldom:
    """Knows when each key was noted last: `noted` says that there is an entry, `forget` that there is none."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._noted: OrderedDict[tuple[str | None, ...], datetime] = OrderedDict()

    def is_due(self, *key: str | None) -> bool:
        """Whether an hour has passed since the last entry, or there was none."""
        last = self._noted.get(key)
        return last is None or self._now() >= last + EVERY

    def noted(self, *key: str | None) -> None:
        """There is an entry now."""
        self._noted[key] = self._now()
        self._noted.move_to_end(key)
        while len(self._noted) > MOST_KEYS:
            self._noted.popitem(last=False)

    def forget(self, *key: str | None) -> None:
        """Have the next one noted."""
        self._noted.pop(key, None)
