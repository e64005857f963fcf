"""Rendering files: an item, a mask and a viewer in, the JSON bytes of the File resource out.

A mask is compiled once. What it renders is kept, bounded in bytes, and good as long as the item's revision is.
"""

from collections.abc import Callable, Hashable

import msgspec

from google_drive_emulator.fields import Mask, compile_projector
from google_drive_emulator.items import Item
from google_drive_emulator.resources import TEXT_FIELDS, VALUE_FIELDS, TextField, ValueField, Viewer

DEFAULT_CACHE_BYTES = 256 * 2**20

_CHECKSUMS = frozenset({"md5Checksum", "sha1Checksum", "sha256Checksum"})
_KEPT_VALUES = 8192
_ENTRY_OVERHEAD_BYTES = 200

_encode = msgspec.json.Encoder().encode

Renderer = Callable[[Item, Viewer], bytes]


def needs_checksums(mask: Mask) -> bool:
    """Tell whether a mask of File selects a checksum, which may have to be computed first."""
    return any(name in mask for name in _CHECKSUMS)


def compile_renderer(mask: Mask) -> Renderer:
    """Turn a mask of File into a function that renders items."""
    fields = [(f'"{name}":', text) for name, text in TEXT_FIELDS.items() if name in mask]
    fields += [
        (f'"{name}":', _value_text(field, mask.below(name))) for name, field in VALUE_FIELDS.items() if name in mask
    ]

    def render(item: Item, viewer: Viewer) -> bytes:
        texts = [prefix + text for prefix, field in fields if (text := field(item, viewer)) is not None]
        return ("{" + ",".join(texts) + "}").encode()

    return render


def _value_text(field: ValueField[Hashable], mask: Mask) -> TextField:
    """Encode a value once for each key; the keys kept are bounded."""
    key_of, build, project = field.key, field.build, compile_projector(mask)
    kept: dict[Hashable, str] = {}

    def text(item: Item, viewer: Viewer) -> str | None:
        key = key_of(item, viewer)
        if key is None:
            return None
        found = kept.get(key)
        if found is None:
            if len(kept) >= _KEPT_VALUES:
                kept.clear()
            found = kept[key] = _encode(project(build(key))).decode()
        return found

    return text


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

    def get(self, position: int, revision: int) -> bytes | None:
        """Return what was rendered for a position, if it was of this revision."""
        entry = self._entries.get(position)
        return entry[1] if entry is not None and entry[0] == revision else None

    def put(self, position: int, revision: int, rendered: bytes) -> None:
        """Keep what was rendered, if there is room."""
        size = len(rendered) + _ENTRY_OVERHEAD_BYTES
        held = self._entries.get(position)
        if held is not None:
            size -= len(held[1]) + _ENTRY_OVERHEAD_BYTES
        if self._cache.admit(self, size):
            self.used_bytes += size
            self._entries[position] = (revision, rendered)
