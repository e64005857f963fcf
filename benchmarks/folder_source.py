"""A synthetic drive of folders alone.

In: a number of folders and a seed. Out: the source of an emulated world, whose tree is that of a usual drive.
"""

from msgspec.structs import replace

from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.world.items import FOLDER, Item


class FolderSource(SyntheticSource):
    """Every item is a folder; eleven of twelve are empty, the others hold what they hold in a usual drive."""

    def item(self, position: int) -> Item:
        """Make a folder."""
        return replace(
            super().item(position),
            mime_type=FOLDER,
            size=None,
            content=None,
            head_revision=None,
            original_name=None,
            target=None,
        )
