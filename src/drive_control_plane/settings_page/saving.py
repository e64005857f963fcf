"""A form saved: what it says in; done, or why not and what to do, out.

Ids are looked at before they are followed. What consumers would lose by it is told first, and done once that was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections import service
from drive_control_plane.connections.settings import ConnectionSettings
from drive_control_plane.database.tables import Connection
from drive_control_plane.folders.browse import Browse
from drive_control_plane.folders.chosen import look_up, names_of, refusals
from drive_control_plane.folders.models import MY_DRIVE, FolderInfo
from drive_control_plane.http.problems import Problem
from drive_control_plane.settings_page.draft import Draft, DraftError, changes_of, folder_of, stamp_of
from drive_control_plane.settings_page.losses import losses, mark_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a form. Unless `is_saved`, it is shown again with what is said here."""

    draft: Draft
    is_saved: bool = False
    wrong: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    mark: str = ""
    needs_consent: bool = False


async def add(browse: Browse, draft: Draft) -> Outcome:
    """Take the folder that was pasted among the chosen ones. Raises `Problem` when Google cannot be asked."""
    try:
        if not draft.link:
            raise DraftError("Paste the link of a folder first.")
        wrong = await refusals(browse, [folder_of(draft.link)])
        return Outcome(draft, wrong=tuple(wrong)) if wrong else Outcome(draft.with_link())
    except DraftError as error:
        return Outcome(draft, wrong=error.sentences)


async def save(browse: Browse, actor: Actor, connection: Connection, draft: Draft) -> Outcome:
    """Save a form. Raises `Problem`."""
    if draft.seen != stamp_of(connection):
        return Outcome(draft, wrong=(_OLD,))
    former = ConnectionSettings.model_validate(connection.settings)
    try:
        draft = draft.with_link()
        changes = changes_of(draft, former.page_size)
    except DraftError as error:
        return Outcome(draft, wrong=error.sentences)
    new = changes.settings or former
    if wrong := await _wrong(browse, former, new):
        return Outcome(draft, wrong=tuple(wrong))
    lost = await _losses(browse, former, new)
    if lost and mark_of(lost) != draft.read:
        return Outcome(draft, losses=tuple(lost), mark=mark_of(lost))
    try:
        await service.change(browse.context, actor, connection.tenant_id, connection.id, changes)
    except Problem as problem:
        return Outcome(draft, wrong=(problem.detail,), needs_consent=problem.code == "consent_too_small")
    return Outcome(draft, is_saved=True)


async def _losses(browse: Browse, former: ConnectionSettings, new: ConnectionSettings) -> list[str]:
    """By name where Google can be asked."""
    dropped = [each for each in _ids(former) if each not in _ids(new)]
    names = names_of(await look_up(browse, dropped), dropped)
    return losses(former, new, names)


async def _wrong(browse: Browse, former: ConnectionSettings, new: ConnectionSettings) -> list[str]:
    """What is wrong with ids that were not followed before, and with folders that nothing would be read of."""
    added = [each for each in _ids(new) if each not in _ids(former)]
    if wrong := await refusals(browse, added):
        return wrong
    if (former.corpora, former.selected_folders) == (new.corpora, new.selected_folders):
        return []
    looked = await look_up(browse, new.selected_folders)
    sentences = [_unread(new, looked.found.get(each)) for each in new.selected_folders if each != MY_DRIVE]
    own = [_OWN] if MY_DRIVE in new.selected_folders and new.corpora.user == "none" else []
    return [*own, *(sentence for sentence in sentences if sentence is not None)]


_OLD = (
    "The settings were changed meanwhile. Save again to have what is chosen here, or load the page for what is there."
)
_OWN = "My Drive is chosen, but the person's own files are not followed. Follow them, or remove it."


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


def _ids(settings: ConnectionSettings) -> Sequence[str]:
    drives = settings.corpora.drives
    return [*settings.selected_folders, *([] if isinstance(drives, str) else drives)]
