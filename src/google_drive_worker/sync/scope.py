"""Which items a connection wants, where it does not want all: `selected_folders`, and only what the user owns.

In: an item and the folder index. Out: whether it is wanted. Pure. An item is selected when it is one of the selected
folders or lies somewhere below one; a folder that a page has just shown counts as that page says.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from msgspec import UNSET

from google_drive_worker.client.resources import DriveFile
from google_drive_worker.schemas.state import FolderState, JobState

MAX_DEPTH = 200
"""Twice the levels that Drive allows (facts A11): what is deeper is a circle in the index."""


@dataclass(slots=True)
class Scope:
    """The selection. None selects everything."""

    selected: frozenset[str] | None = None
    only_owned: bool = False
    folders: Mapping[str, FolderState] = field(default_factory=dict)
    shown: dict[str, str | None] = field(default_factory=dict)
    """Parents of folders as the page shows them."""

    @property
    def is_everything(self) -> bool:
        """Whether no item is left out."""
        return self.selected is None and not self.only_owned

    def holds(self, file: DriveFile, parent: str | None) -> bool:
        """Whether an item is wanted."""
        if self.only_owned and file.owned_by_me is not True and file.drive_id is UNSET:
            return False
        return self.selected is None or self.is_selected(file.id, parent)

    def is_selected(self, item_id: str, parent: str | None) -> bool:
        """Whether an item with that parent is selected, or lies below a folder that is."""
        if self.selected is None or item_id in self.selected:
            return True
        for _ in range(MAX_DEPTH):
            if parent is None:
                return False
            if parent in self.selected:
                return True
            parent = self._parent(parent)
        return False

    def show(self, folder_id: str, parent: str | None) -> None:
        """Have a folder count as lying there from now on."""
        self.shown[folder_id] = parent

    def _parent(self, folder_id: str) -> str | None:
        if folder_id in self.shown:
            return self.shown[folder_id]
        folder = self.folders.get(folder_id)
        return None if folder is None else folder.parent


def selected_folders(job: JobState) -> Collection[str]:
    """The folders that the connection's settings select; none of them: everything is wanted."""
    wanted = job.config.get("selected_folders")
    return [str(folder) for folder in wanted] if isinstance(wanted, list) else []
