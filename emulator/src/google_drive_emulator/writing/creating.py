"""New files: what a client wants in, the file that was made out (facts A2, A6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.errors import DriveError, bad_request
from google_drive_emulator.routes.access import visible_item
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.events import Origin
from google_drive_emulator.world.items import FOLDER, NO_TRAITS, SHORTCUT, Item, Traits
from google_drive_emulator.world.world import MutationError
from google_drive_emulator.writing.file_body import FileBody, epoch_ms
from google_drive_emulator.writing.generated_ids import check_usable
from google_drive_emulator.writing.marks import put_marks
from google_drive_emulator.writing.media import UNKNOWN_TYPE, Media, Substance, indexable_text, substance
from google_drive_emulator.writing.placement import folder_for_new
from google_drive_emulator.writing.refusals import target_invalid
from google_drive_emulator.writing.traits import with_traits

UNTITLED = "Untitled"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new file is made of: what it holds, the traits it has before what its body says of them, and its target.

    ``original`` is the file that it is a copy of.
    """

    held: Substance
    traits: Traits
    origin: Origin
    original: Item | None = None
    target: str | None = None


def check_new(state: EmulatorState, call: Call, body: FileBody) -> None:
    """Check what can be checked of a new file before its content is there. Raises ``DriveError``."""
    folder_for_new(state, call, body.parents, is_folder=body.mime_type == FOLDER)
    if body.id is not None:
        check_usable(state.world, call.user, body.id, body.mime_type or UNKNOWN_TYPE)


async def create_file(state: EmulatorState, call: Call, body: FileBody, media: Media | None = None) -> Item:
    """Make a file, folder or shortcut. Raises ``DriveError``."""
    held = await substance(media, body.mime_type, body.name or "")
    traits = NO_TRAITS if held.text is None else replace(NO_TRAITS, text=held.text)
    if media is not None and call.params.flag("useContentAsIndexableText"):
        traits = replace(traits, indexable_text=await indexable_text(media))
    target = _target(state, call, body) if held.mime_type == SHORTCUT else None
    origin: Origin = "new" if media is None else "upload"
    return make_file(state, call, body, Plan(held, traits, origin, target=target))


def make_file(state: EmulatorState, call: Call, body: FileBody, plan: Plan) -> Item:
    """Check what is wanted of a file and make it. Raises ``DriveError``."""
    world, user, held = state.world, call.user, plan.held
    is_folder = held.mime_type == FOLDER
    folder = folder_for_new(state, call, body.parents, is_folder=is_folder, beside=plan.original)
    if body.id is not None:
        check_usable(world, user, body.id, held.mime_type)
    traits = with_traits(plan.traits, body, user, world.clock(), is_folder=is_folder)
    keeps = held.content is not None and call.params.flag("keepRevisionForever")
    item_id = body.id or world.new_id()
    put_marks(world, user, item_id, body)
    with google_errors():
        return world.create(
            UNTITLED if body.name is None else body.name,
            mime_type=held.mime_type,
            parent=folder.id,
            content=held.content,
            target=plan.target,
            owner=user,
            item_id=item_id,
            traits=replace(traits, keep_head_revision=keeps),
            origin=plan.origin,
            copied_from=None if plan.original is None else plan.original.id,
            **_details(body),
        )


def _details(body: FileBody) -> dict[str, Any]:  # World.create's parameters
    return {
        "created_ms": None if body.created_time is None else epoch_ms(body.created_time),
        "modified_ms": None if body.modified_time is None else epoch_ms(body.modified_time),
        "description": None if body.description is UNSET else body.description or None,
        "original_name": body.original_filename,
    }


def _target(state: EmulatorState, call: Call, body: FileBody) -> str:
    wanted = None if body.shortcut_details is None else body.shortcut_details.target_id
    if not wanted:
        raise DriveError(400, "The shortcutDetails.targetId field is required.", "required")
    target = visible_item(state, call, file_id=wanted)
    if target.is_shortcut:
        raise target_invalid()
    return target.id


@contextmanager
def google_errors() -> Iterator[None]:
    """Say in Google's shape what the world does not allow, whatever was not foreseen: 400 ``badRequest``."""
    try:
        yield
    except MutationError as error:
        raise bad_request(f"{error}.") from None
