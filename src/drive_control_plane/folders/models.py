"""Folders as the API and the picker show them."""

from typing import Final, Literal

from pydantic import BaseModel

MY_DRIVE: Final = "root"
"""Google's own name for the folder that is My Drive; it may stand in `selected_folders`."""
SHARED_WITH_ME: Final = "shared-with-me"
"""A place of ours: folders that others share with the account. It can be opened, not selected."""

Kind = Literal["my_drive", "shared_with_me", "shared_drive", "folder"]


class FolderView(BaseModel):
    """A folder, or a place that holds some."""

    id: str
    name: str
    kind: Kind
    parent: str | None = None
    """The folder that it lies in, where the account sees that."""
    where: str | None = None
    """Of what a search found: the name of that folder."""

    @property
    def is_selectable(self) -> bool:
        """Whether its id may stand in `selected_folders`."""
        return self.kind != "shared_with_me"


class FolderPage(BaseModel):
    """Some folders, by name."""

    folders: list[FolderView]
    next_cursor: str | None = None
    """What to ask for the next page with; None: this was the last one. A page may be empty and not be the last."""
    incomplete: bool = False
    """Google did not look everywhere: open the folders instead of searching."""


class FolderInfo(BaseModel):
    """What is known of one id."""

    id: str
    name: str
    is_folder: bool = True
    is_trashed: bool = False
    drive_id: str | None = None
    parent: str | None = None


class DriveList(BaseModel):
    """The shared drives that an account is a member of, the first hundreds."""

    drives: list[FolderView]
    is_whole: bool = True
