"""A form saved: what it says in; done, or why not and what to do, out.

Ids are looked at before they are followed. What consumers would lose by it is told first, and done once that was read.
"""

from dataclasses import dataclass

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections import service
from drive_control_plane.connections.settings import ConnectionSettings
from drive_control_plane.database.tables import Connection
from drive_control_plane.folders.browse import Browse
from drive_control_plane.folders.checking import followed, wrong_with
from drive_control_plane.folders.chosen import look_up, names_of, refusals
from drive_control_plane.http.problems import Problem
from drive_control_plane.settings_page.draft import Draft, DraftError, changes_of, folder_of, stamp_of
from drive_control_plane.settings_page.losses import losses, mark_of

_OLD = (
    "The settings were changed meanwhile. Save again to have what is chosen here, or load the page for what is there."
)


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
    if wrong := await wrong_with(browse, former, new):
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
    kept = set(followed(new))
    dropped = [each for each in followed(former) if each not in kept]
    names = names_of(await look_up(browse, dropped), dropped)
    return losses(former, new, names)
