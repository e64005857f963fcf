"""A synthetic drive after a migration: most files within an hour, many of them within one second.

In: a number of files and a seed. Out: the source of an emulated world.
"""

from msgspec.structs import replace

from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.world.items import Item

FIRST_MS = 1_335_225_600_000  # 2012-04-24
LAST_MS = 1_767_225_600_000  # 2026-01-01
HOUR_MS = 3_600_000
CROWDED_MS = FIRST_MS + (LAST_MS - FIRST_MS) * 7 // 10 // HOUR_MS * HOUR_MS


class CrowdedSource(SyntheticSource):
    """Of ten files two are spread over 14 years, seven lie in one hour, and one in the same second of that hour."""

    def item(self, position: int) -> Item:
        """Make an item."""
        item = super().item(position)
        created_ms = self.created_ms(position)
        return replace(item, created_ms=created_ms, modified_ms=max(created_ms, item.modified_ms))

    def created_ms(self, position: int) -> int:
        """Times rise with positions: 14 % before the hour, 35 % in its first half, the second, and so on."""
        share = position / len(self)
        if share < 0.14:
            return _between(FIRST_MS, CROWDED_MS, share / 0.14)
        if share < 0.49:
            return _between(CROWDED_MS, CROWDED_MS + HOUR_MS // 2, (share - 0.14) / 0.35)
        if share < 0.59:
            return _between(CROWDED_MS + HOUR_MS // 2, CROWDED_MS + HOUR_MS // 2 + 1000, (share - 0.49) / 0.1)
        if share < 0.94:
            return _between(CROWDED_MS + HOUR_MS // 2 + 1000, CROWDED_MS + HOUR_MS, (share - 0.59) / 0.35)
        return _between(CROWDED_MS + HOUR_MS, LAST_MS, (share - 0.94) / 0.06)


def _between(first_ms: int, end_ms: int, share: float) -> int:
    return first_ms + int((end_ms - first_ms) * share)
