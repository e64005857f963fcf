"""Changed files: a file and what is to be new about it in, the changed file out (facts A2, A6).

Whatever a call changes makes one entry in the change log. A name, a description and new content set the time of
modification and who did it; a move, the trash, properties and settings do not.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from google_drive_emulator.http.calls import Call
from google_drive_emulator.routes.access import insufficient, require, visible_item
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import NATIVE_PREFIX, Item, Traits
from google_drive_emulator.writing.creating import google_errors
from google_drive_emulator.writing.file_body import FileBody, epoch_ms
from google_drive_emulator.writing.marks import MARKS, put_marks
from google_drive_emulator.writing.media import Media, Substance, indexable_text, substance
from google_drive_emulator.writing.placement import folder_for_move
from google_drive_emulator.writing.refusals import field_not_writable, no_content
from google_drive_emulator.writing.traits import with_traits

_NEEDED: Mapping[str, str] = {
    "name": "canRename",
    "copy_requires_writer_permission": "canChangeCopyRequiresWriterPermission",
    "viewers_can_copy_content": "canChangeViewersCanCopyContent",
    "writers_can_share": "canShare",
    "content_restrictions": "canModifyContentRestriction",
    "download_restrictions": "canChangeItemDownloadRestriction",
}
"""The capability that each field of a body takes; others take ``canEdit``, and the caller's own marks none."""

_MODIFYING = frozenset({"name", "description", "modified_time"})


def check_change(state: EmulatorState, call: Call, body: FileBody) -> None:
    """Check what can be checked of a change before the new content is there. Raises ``DriveError``."""
    item = _changeable(state, call)
    _check_rights(state, call, item, body, has_content=True)
    folder_for_move(state, call, item)


async def update_file(state: EmulatorState, call: Call, body: FileBody, media: Media | None = None) -> Item:
    """Change a file as a call wants. Raises ``DriveError``."""
    held = await _new_substance(state, call, body, media)
    text = None
    if call.params.flag("useContentAsIndexableText") and media is not None:
        text = await indexable_text(media)
    item = _changeable(state, call)  # as it is now, after what took time
    _check_rights(state, call, item, body, has_content=media is not None)
    folder = folder_for_move(state, call, item)
    fields = _fields(call, item, body, state.world.clock()) | _content_fields(call, body, held, state.world.clock())
    traits = _traits(call, item, body, held, state.world.clock())
    if traits != item.traits or held is not None:
        fields["traits"] = traits if text is None else replace(traits, indexable_text=text)
    if folder is not None:
        fields["parent"] = folder.id
    return _changed(state, call, item, body, fields, new_text=None if held is None else held.text)


def _changeable(state: EmulatorState, call: Call) -> Item:
    item = visible_item(state, call)
    if item.parent is None:
        raise insufficient(item.id)
    return item


async def _new_substance(state: EmulatorState, call: Call, body: FileBody, media: Media | None) -> Substance | None:
    """Return what a file is to hold from now on; None when no content came. Its kind cannot change."""
    item = _changeable(state, call)
    is_native = item.content is None
    wanted = body.mime_type or item.mime_type
    if wanted != item.mime_type and (is_native or wanted.startswith(NATIVE_PREFIX)):
        raise field_not_writable()
    if media is None:
        return None
    if item.is_folder or item.is_shortcut:
        raise no_content()
    kept = item.mime_type if is_native else body.mime_type or media.mime_type
    return await substance(media, kept, body.name or item.name)


def _check_rights(state: EmulatorState, call: Call, item: Item, body: FileBody, *, has_content: bool) -> None:
    for name in sorted(body.given - MARKS - {"trashed", "inherited_permissions_disabled"}):
        require(state, call, item, _NEEDED.get(name, "canEdit"))
    if has_content:
        require(state, call, item, "canModifyContent")
    if body.inherited_permissions_disabled not in {None, item.traits.is_limited}:
        change = "Disable" if body.inherited_permissions_disabled else "Enable"
        require(state, call, item, f"can{change}InheritedPermissions")
    if body.trashed not in {None, item.trashed}:
        require(state, call, item, "canTrash" if body.trashed else "canUntrash")
    if body.content_restrictions is not None and any(each.owner_restricted for each in item.traits.restrictions):
        require(state, call, item, "canModifyOwnerContentRestriction")
    if body.writers_can_share is not None and item.owner is not None and not item.is_owned_by(call.user):
        raise insufficient(item.id)


def _fields(call: Call, item: Item, body: FileBody, now_ms: int) -> dict[str, Any]:  # Item's fields
    """Return what a body changes of an item itself."""
    wanted: dict[str, Any] = {  # as above
        "name": body.name,
        "original_name": body.original_filename,
        "mime_type": body.mime_type,
    }
    fields = {name: value for name, value in wanted.items() if value is not None}
    if body.description is not UNSET:
        fields["description"] = body.description or None
    if body.trashed is not None and body.trashed != item.trashed:
        fields["trashed"] = body.trashed
    if body.given & _MODIFYING:
        fields |= {"modifier": call.user, "modified_ms": _modified_ms(body, now_ms)}
    return fields


def _content_fields(call: Call, body: FileBody, held: Substance | None, now_ms: int) -> dict[str, Any]:  # as above
    """Return what new content changes of an item."""
    if held is None:
        return {}
    fields: dict[str, Any] = {"modifier": call.user, "modified_ms": _modified_ms(body, now_ms)}  # as above
    if held.content is not None:
        return fields | {"content": held.content, "mime_type": held.mime_type}
    return fields | {"size": len((held.text or "").encode())}


def _modified_ms(body: FileBody, now_ms: int) -> int:
    return now_ms if body.modified_time is None else epoch_ms(body.modified_time)


def _traits(call: Call, item: Item, body: FileBody, held: Substance | None, now_ms: int) -> Traits:
    traits = with_traits(item.traits, body, call.user, now_ms, is_folder=item.is_folder)
    keeps = call.params.flag("keepRevisionForever")
    if held is None:
        return traits
    if held.content is None:
        return replace(traits, text=held.text)
    return replace(traits, keep_head_revision=keeps)


def _changed(
    state: EmulatorState, call: Call, item: Item, body: FileBody, fields: dict[str, Any], *, new_text: str | None
) -> Item:
    """Make the one change that a call wants; what concerns nobody but the caller is told to nobody else."""
    world = state.world
    put_marks(world, call.user, item.id, body)
    with google_errors():
        if fields:
            if new_text is not None:
                world.revisions.supersede(world.stored(item.id) or item, world.clock())
            return world.update(item.id, by=call.user, **fields)
        if body.given & MARKS:
            starred = world.viewer(call.user).is_starred(item)
            return world.star(item.id, call.user, starred=starred)
    return item
