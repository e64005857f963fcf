"""Settings looked at before they are followed: the former and the new ones in; what is wrong with them, out.

Ids that were followed before are not asked for again. How many new ones there may be at once is bounded, and so is the
time that the looks take.
"""

from collections.abc import Sequence
from typing import Final

from drive_control_plane.connections.settings import ConnectionSettings
from drive_control_plane.folders.browse import Browse
from drive_control_plane.folders.chosen import look_up, refusals
from drive_control_plane.folders.models import MY_DRIVE, FolderInfo

MOST_ADDED: Final = 800
"""So many looks at Google are answered well within the time that `refusals` takes."""
_OWN = "My Drive is chosen, but the person's own files are not followed. Follow them, or remove it."


def followed(settings: ConnectionSettings) -> Sequence[str]:
    """The folders and shared drives that are named."""
    drives = settings.corpora.drives
    return [*settings.selected_folders, *([] if isinstance(drives, str) else drives)]


async def wrong_with(browse: Browse, former: ConnectionSettings, new: ConnectionSettings) -> list[str]:
    """What is wrong with ids that were not followed before, and with folders that nothing would be read of.

    Raises `Problem` when Google cannot be asked.
    """
    known = set(followed(former))
    added = list(dict.fromkeys(each for each in followed(new) if each not in known))
    if len(added) > MOST_ADDED:
        return [f"{len(added)} folders and shared drives are new, and {MOST_ADDED} can be added at once."]
    if wrong := await refusals(browse, added):
        return wrong
    if (former.corpora, former.selected_folders) == (new.corpora, new.selected_folders):
        return []
    looked = await look_up(browse, new.selected_folders)
    sentences = [_unread(new, looked.found.get(each)) for each in new.selected_folders if each != MY_DRIVE]
    own = [_OWN] if MY_DRIVE in new.selected_folders and new.corpora.user == "none" else []
    return [*own, *(sentence for sentence in sentences if sentence is not None)]


def _unread(settings: ConnectionSettings, folder: FolderInfo | None) -> str | None:
    """Why nothing would be read of a chosen folder."""
    if folder is None:
        return None
    if folder.drive_id is None:
        is_read = settings.corpora.user != "none"
        return None if is_read else f"“{folder.name}” is chosen, but files outside shared drives are not followed."
    drives = settings.corpora.drives
    is_read = drives == "all" or folder.drive_id in drives
    return None if is_read else f"“{folder.name}” lies in a shared drive that is not followed. Follow it, or remove it."
