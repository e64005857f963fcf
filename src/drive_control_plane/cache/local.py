"""A cache in the process's own memory.

In: keys and bytes. Out: the bytes until their time is over. Bounded by entries and by bytes; what was not asked for
longest goes first.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from drive_control_plane.clock import REAL_CLOCK, Clock

MOST_ENTRIES: Final = 10_000
MOST_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    good_until: datetime


class LocalCache:
    """Keeps values for one process."""

    def __init__(
        self, clock: Clock = REAL_CLOCK, *, most_entries: int = MOST_ENTRIES, most_bytes: int = MOST_BYTES
    ) -> None:
        self._clock = clock
        self._most_entries, self._most_bytes = most_entries, most_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0

    async def get(self, key: str) -> bytes | None:
        """Give what is kept."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.good_until <= self._clock.now():
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value; others make room for it."""
        self._remove(key)
        self._entries[key] = _Entry(value, self._clock.now() + timedelta(seconds=seconds))
        self._bytes += _size(key, value)
        while len(self._entries) > self._most_entries or self._bytes > self._most_bytes:
            self._remove(next(iter(self._entries)))

    async def drop(self, key: str) -> None:
        """Keep it no more."""
        self._remove(key)

    async def is_up(self) -> bool:
        """It always is."""
        return True

    def _remove(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= _size(key, entry.value)


def _size(key: str, value: bytes) -> int:
    return len(key.encode()) + len(value)
