"""Rendered files kept for the next listing: positions and versions in, bytes out; bounded in bytes."""

from collections.abc import Hashable

DEFAULT_CACHE_BYTES = 256 * 2**20

_ENTRY_OVERHEAD_BYTES = 200


class RenderCache:
    """Rendered files by mask and viewer; all masks together stay within a budget of bytes.

    When it is full, the mask unused for longest goes. A mask alone keeps what it has and adds no more: listings run
    from end to end, and replacing the oldest would then throw away each entry just before it is wanted.
    """

    def __init__(self, budget_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self._budget = budget_bytes
        self._used = 0
        self._shelves: dict[Hashable, Shelf] = {}
        self._epoch = 0

    @property
    def used_bytes(self) -> int:
        """Return about how much memory the entries take."""
        return self._used

    def shelf(self, key: Hashable, epoch: int) -> "Shelf":
        """Return the entries of one mask and viewer; a new epoch of the world empties the cache."""
        if epoch != self._epoch:
            while self._shelves:
                self._drop_oldest()
            self._epoch = epoch
        shelf = self._shelves.pop(key, None)
        if shelf is None:
            shelf = Shelf(self)
        self._shelves[key] = shelf
        return shelf

    def admit(self, shelf: "Shelf", size: int) -> bool:
        """Make room for a number of bytes; False when only the shelf itself could give it."""
        while shelf.is_live and self._used + size > self._budget:
            if next(iter(self._shelves.values())) is shelf:
                return False
            self._drop_oldest()
        if shelf.is_live:
            self._used += size
        return shelf.is_live

    def _drop_oldest(self) -> None:
        shelf = self._shelves.pop(next(iter(self._shelves)))
        shelf.is_live = False
        self._used -= shelf.used_bytes


class Shelf:
    """The rendered files of one mask and viewer, by position."""

    def __init__(self, cache: RenderCache) -> None:
        self._cache = cache
        self._entries: dict[int, tuple[int, bytes]] = {}
        self.used_bytes = 0
        self.is_live = True  # a listing in flight may outlive its shelf

    def get(self, position: int, version: int) -> bytes | None:
        """Return what was rendered for a position, if it was of this version."""
        entry = self._entries.get(position)
        return entry[1] if entry is not None and entry[0] == version else None

    def put(self, position: int, version: int, rendered: bytes) -> None:
        """Keep what was rendered, if there is room."""
        size = len(rendered) + _ENTRY_OVERHEAD_BYTES
        held = self._entries.get(position)
        if held is not None:
            size -= len(held[1]) + _ENTRY_OVERHEAD_BYTES
        if self._cache.admit(self, size):
            self.used_bytes += size
            self._entries[position] = (version, rendered)
