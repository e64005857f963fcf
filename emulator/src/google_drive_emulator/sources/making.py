"""Synthetic items: a position and whom it belongs to in, the item out, the same one each time."""

from base64 import urlsafe_b64encode
from typing import Any

from google_drive_emulator.sources.content import SyntheticContent
from google_drive_emulator.sources.kinds import FOLDER_EVERY, falls_on, is_shortcut, is_trashed, kind_of
from google_drive_emulator.sources.names import item_name
from google_drive_emulator.sources.noise import Noise, pack_id
from google_drive_emulator.sources.timeline import Timeline, modified_ms
from google_drive_emulator.world.items import FOLDER, NATIVE_PREFIX, SHORTCUT, Item, ShortcutTarget

_NAMED_AS_PREVIOUS = (30, 14)


class ItemMaker:
    """Makes the items of ``trees`` trees, which take turns: position ``n`` is place ``n // trees`` of its tree."""

    def __init__(self, noise: Noise, timeline: Timeline, trees: int = 1) -> None:
        self._noise = noise
        self._timeline = timeline
        self._trees = trees

    def make(self, position: int, digest: bytes, **belonging: Any) -> Item:  # Item's other fields
        """Make an item; ``belonging`` are its parent, owner, modifier, permissions and drive id."""
        place = position // self._trees
        created_ms = self._timeline.created_ms(position)
        trashed = is_trashed(place)
        mime_type, extension = kind_of(place, digest[24])
        is_blob = not mime_type.startswith(NATIVE_PREFIX)
        content = SyntheticContent(digest[30:38]) if is_blob else None
        name = self._name(position, digest) + extension
        return Item(
            id=pack_id(position, digest),
            name=name,
            mime_type=mime_type,
            created_ms=created_ms,
            modified_ms=modified_ms(created_ms, digest[24:28]),
            size=content.size if content else _document_size(mime_type, digest),
            content=content,
            version=1 + digest[38] * 3 + digest[39],
            head_revision=_head_revision(digest[8:24]) if is_blob else None,
            trashed=trashed,
            explicitly_trashed=trashed,
            starred=digest[38] % 20 == 0,
            target=self._target(position) if mime_type == SHORTCUT else None,
            description="As discussed" if digest[39] % 16 == 0 else None,
            original_name=name if is_blob else None,
            **belonging,
        )

    def _name(self, position: int, digest: bytes) -> str:
        if falls_on(position // self._trees, _NAMED_AS_PREVIOUS):
            digest = self._noise.digest(position - self._trees)
        return item_name(int.from_bytes(digest[19:24]))

    def _target(self, position: int) -> ShortcutTarget:
        """Return an earlier item of the same tree; a folder in place of another shortcut."""
        place, tree = divmod(position, self._trees)
        target = self._noise.mix(position) % place
        if is_shortcut(target):
            target -= target % FOLDER_EVERY
        position = target * self._trees + tree
        digest = self._noise.digest(position)
        return ShortcutTarget(pack_id(position, digest), kind_of(target, digest[24])[0])


def _head_revision(noise: bytes) -> str:
    return "0B" + urlsafe_b64encode(noise).decode().rstrip("=") + "PQ"


def _document_size(mime_type: str, digest: bytes) -> int | None:
    if mime_type in {FOLDER, SHORTCUT}:
        return None
    return 1024 + int.from_bytes(digest[30:33]) % 500_000
