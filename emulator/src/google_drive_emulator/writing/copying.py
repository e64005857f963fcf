"""Copies of files: a file and what is to be different in, a new file that says the same out (facts A2, A6)."""

from msgspec import UNSET
from msgspec.structs import replace

from google_drive_emulator.http.calls import Call
from google_drive_emulator.routes.access import visible_item
from google_drive_emulator.sources.documents import document_text
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.capabilities import may
from google_drive_emulator.world.items import Item, Traits
from google_drive_emulator.world.world import World
from google_drive_emulator.writing.creating import Plan, make_file
from google_drive_emulator.writing.file_body import FileBody
from google_drive_emulator.writing.media import Media, Substance, substance
from google_drive_emulator.writing.refusals import cannot_copy


async def copy_file(state: EmulatorState, call: Call, body: FileBody) -> Item:
    """Make a copy of a file: of its content, description and properties. Raises ``DriveError``."""
    original = visible_item(state, call)
    if not may(original, state.world.viewer(call.user), "canCopy"):
        raise cannot_copy()
    held = await _copied(original, body.mime_type)
    plan = Plan(held, _traits(original, held.text), "copy", original=original)
    copy = make_file(state, call, _named_after(original, body), plan)
    if call.params.flag("copyComments"):
        _copy_comments(state.world, original, copy)
    return copy


async def _copied(original: Item, wanted_type: str | None) -> Substance:
    """Return what a copy holds; bytes may become a document, a document nothing else."""
    wanted_type = wanted_type or original.mime_type
    if original.content is not None:
        return await substance(Media(original.content, original.mime_type), wanted_type, original.name)
    if wanted_type != original.mime_type:
        raise cannot_copy()
    return Substance(original.mime_type, text=document_text(original))


def _traits(original: Item, text: str | None) -> Traits:
    held = original.traits
    return Traits(
        properties=held.properties,
        app_properties=held.app_properties,
        copy_requires_writer=held.copy_requires_writer,
        indexable_text=held.indexable_text,
        text=text,
    )


def _named_after(original: Item, body: FileBody) -> FileBody:
    return replace(
        body,
        name=f"Copy of {original.name}" if body.name is None else body.name,
        original_filename=body.original_filename or original.original_name,
        description=original.description if body.description is UNSET else body.description,
    )


def _copy_comments(world: World, original: Item, copy: Item) -> None:
    """Copy what is still open."""
    for comment in world.comments.of(original.id):
        if not (comment.is_deleted or comment.is_resolved):
            world.comments.put(copy.id, comment)
