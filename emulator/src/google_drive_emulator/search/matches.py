"""Which of a world's original items match a listing, and their order: answers in, the same answers out later.

An original item is always the same until it is changed or what it inherits is, so what was found out about it once
holds without making it again. Of all that a listing asks, only grants that run out change with the clock; when they do
is kept with the answers. An item takes one byte for its answer and four for its place; few listings are remembered.
"""

from array import array
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from google_drive_emulator.grammar.ordering import SortKey
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.timestamps import Clock

_KEPT_LISTINGS = 16
_KEPT_ORDERS = 4
_YES, _NO = 1, 2

Entry: TypeAlias = tuple[SortKey, int]
"""A key of the order and the position of the item that has it."""


class Moving(Protocol):
    """What is asked of a world to know whether answers still hold."""

    @property
    def epoch(self) -> int:
        """Return a number that moves whenever items may look different without a new version."""

    @property
    def clock(self) -> Clock:
        """Return the clock."""


@dataclass(slots=True)
class Sorted:
    """Matching items in order: the positions of original ones, and entries of those that were changed.

    ``edition`` is the world's when the changed ones were looked at.
    """

    originals: "array[int]"
    changed: Sequence[Entry] = ()
    edition: int = -1


class Matches:
    """The answers of one listing, by position; it grows with the positions asked for."""

    def __init__(self) -> None:
        self.order: Sorted | None = None
        self._answers = bytearray()
        self._since_ms: int | None = None
        self._until_ms: int | None = None

    def get(self, position: int) -> bool | None:
        """Return what was said of an item, or None if it was not asked."""
        answer = self._answers[position] if position < len(self._answers) else 0
        return answer == _YES if answer else None

    def put(self, position: int, item: Item, clock: Clock, *, answer: bool) -> None:
        """Remember what is said of an item now."""
        missing = position + 1 - len(self._answers)
        if missing > 0:
            self._answers.extend(bytes(max(missing, len(self._answers))))
        self._answers[position] = _YES if answer else _NO
        for grant in item.permissions:
            if grant.expires_ms is not None:
                self._note_end(grant.expires_ms, clock())

    def hold_at(self, now_ms: int) -> bool:
        """Tell whether no grant on any item asked about has begun or ceased to hold since."""
        is_late = self._until_ms is not None and now_ms >= self._until_ms
        is_early = self._since_ms is not None and now_ms < self._since_ms
        return not is_late and not is_early

    def _note_end(self, expires_ms: int, now_ms: int) -> None:
        if expires_ms <= now_ms:
            self._since_ms = expires_ms if self._since_ms is None else max(self._since_ms, expires_ms)
        else:
            self._until_ms = expires_ms if self._until_ms is None else min(self._until_ms, expires_ms)


class MatchMemory:
    """The matches of the listings asked for last; another world, or a new epoch of it, empties it."""

    def __init__(self) -> None:
        self._listings: OrderedDict[Hashable, Matches] = OrderedDict()
        self._world: Moving | None = None
        self._epoch = 0

    def matches(self, world: Moving, listing: Hashable) -> Matches:
        """Return what is known of a listing of a world."""
        if world is not self._world or world.epoch != self._epoch:
            self._listings.clear()
            self._world, self._epoch = world, world.epoch
        found = self._listings.pop(listing, None)
        if found is None or not found.hold_at(world.clock()):
            found = Matches()
        self._listings[listing] = found
        self._bound()
        return found

    def _bound(self) -> None:
        if len(self._listings) > _KEPT_LISTINGS:
            self._listings.popitem(last=False)
        for matches in list(self._listings.values())[:-_KEPT_ORDERS]:
            matches.order = None
