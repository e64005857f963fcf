"""The change log of one user or shared drive: change numbers in, compacted entries out (facts A5).

One entry an item: a newer change replaces the older one, so only the last state can be read back. An entry says *that*
an item changed; what it is now, or that it is gone, is looked up when the log is read. Tokens are change numbers and
never expire.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """An item's newest change: its number in the log and when it happened (epoch milliseconds).

    ``kind`` tells items from shared drives. ``has_left`` says that the item is no longer in this log's corpus, though
    it may still be accessible.
    """

    number: int
    item_id: str
    time_ms: int
    kind: Literal["file", "drive"] = "file"
    has_left: bool = False


class ChangeLog:
    """Entries in the order of their numbers, one an item. Memory is bounded by the items that ever changed."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._numbers: list[int] = []
        self._newest: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def copy(self) -> "ChangeLog":
        """Return a log that can be written apart from this one."""
        copied = ChangeLog()
        copied._entries, copied._numbers = list(self._entries), list(self._numbers)
        copied._newest = dict(self._newest)
        return copied

    def append(self, entry: Entry) -> None:
        """Add a change; its number must be above all earlier ones."""
        self._entries.append(entry)
        self._numbers.append(entry.number)
        self._newest[entry.item_id] = entry.number
        if len(self._entries) > 2 * len(self._newest) + 64:
            self._compact()

    def since(self, number: int) -> Iterator[Entry]:
        """Give the entries from a change number on, oldest first."""
        for index in range(bisect_left(self._numbers, number), len(self._entries)):
            entry = self._entries[index]
            if self._newest[entry.item_id] == entry.number:
                yield entry

    def _compact(self) -> None:
        self._entries = [entry for entry in self._entries if self._newest[entry.item_id] == entry.number]
        self._numbers = [entry.number for entry in self._entries]
