"""Items in order of creation: times and positions in, the positions of what was created within a time out.

An item takes 12 bytes. When something was created never changes, so nothing moves; what was deleted may stay.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence


class CreationIndex:
    """Positions by epoch milliseconds of creation; made of pairs of both, in any order."""

    def __init__(self, created: Iterable[tuple[int, int]] = ()) -> None:
        ordered = sorted(created)
        self._moments = array("q", [created_ms for created_ms, _ in ordered])
        self._positions = array("I", [position for _, position in ordered])

    def __len__(self) -> int:
        return len(self._positions)

    def add(self, created_ms: int, position: int) -> None:
        """Take in an item; one that is newer than all others costs the least."""
        place = bisect_right(self._moments, created_ms)
        self._moments.insert(place, created_ms)
        self._positions.insert(place, position)

    def within(self, from_ms: int | None, before_ms: int | None) -> Sequence[int]:
        """Return the positions of what was created from one moment on and before another, ascending."""
        low = 0 if from_ms is None else bisect_left(self._moments, from_ms)
        high = len(self) if before_ms is None else bisect_left(self._moments, before_ms)
        return sorted(self._positions[low:high])
