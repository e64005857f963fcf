"""``files.create``, ``update``, ``copy``, ``delete``, ``emptyTrash`` and ``generateIds`` (facts A2, A6)."""

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import invalid_value
from google_drive_emulator.routes.files import GET_DEFAULT, file_reply
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.writing.copying import copy_file
from google_drive_emulator.writing.creating import create_file
from google_drive_emulator.writing.deleting import delete_file, empty_trash
from google_drive_emulator.writing.file_body import read_change, read_new
from google_drive_emulator.writing.generated_ids import FILES, SHORTCUTS, generate
from google_drive_emulator.writing.updating import update_file

_SPACES = frozenset({"drive", "appDataFolder"})


_FLAGS = (
    "copyComments",
    "enforceSingleParent",
    "ignoreDefaultVisibility",
    "keepRevisionForever",
    "supportsAllDrives",
    "supportsTeamDrives",
    "useContentAsIndexableText",
)


def check_params(call: Call) -> None:
    """Refuse bad parameters before anything is looked for or changed. Raises ``DriveError`` (400)."""
    for name in _FLAGS:
        call.params.flag(name)
    requested_mask(call, schema.FILE, GET_DEFAULT)


async def create(state: EmulatorState, call: Call) -> Reply:
    """``POST files``: make a file without content, a folder, a shortcut or an empty document."""
    check_params(call)
    return await file_reply(state, call, await create_file(state, call, read_new(await call.read())))


async def update(state: EmulatorState, call: Call) -> Reply:
    """``PATCH files/{id}``: change what a file is called, where it lies and what it has; not its content."""
    check_params(call)
    return await file_reply(state, call, await update_file(state, call, read_change(await call.read())))


async def copy(state: EmulatorState, call: Call) -> Reply:
    """``POST files/{id}/copy``: make a file with the content of another one."""
    check_params(call)
    return await file_reply(state, call, await copy_file(state, call, read_new(await call.read())))


async def delete(state: EmulatorState, call: Call) -> Reply:
    """``DELETE files/{id}``: delete a file or a folder for good, past the trash."""
    check_params(call)
    delete_file(state, call)
    return Reply(b"", 204)


async def delete_trash(state: EmulatorState, call: Call) -> Reply:
    """``DELETE files/trash``: delete all that is in the caller's trash, or in that of a shared drive."""
    check_params(call)
    await empty_trash(state, call)
    return Reply(b"", 204)


async def generate_ids(state: EmulatorState, call: Call) -> Reply:
    """``GET files/generateIds``: ids that the caller can give to new files."""
    count = call.params.bounded("count", 10, 1, 1000)
    space, kind = call.params.text("space") or "drive", call.params.text("type") or FILES
    if space not in _SPACES:
        raise invalid_value("space")
    if kind not in {FILES, SHORTCUTS} or (kind == SHORTCUTS and space != "drive"):
        raise invalid_value("type")
    mask = requested_mask(call, schema.GENERATED_IDS, "*")
    ids: list[Json] = [*generate(state.world, call.user, kind, count)]
    return masked_reply({"kind": "drive#generatedIds", "space": space, "ids": ids}, mask)


ROUTES = (
    Route("files.create", "POST", "/drive/v3/files", create),
    Route("files.update", "PATCH", "/drive/v3/files/{file_id}", update),
    Route("files.copy", "POST", "/drive/v3/files/{file_id}/copy", copy),
    Route("files.delete", "DELETE", "/drive/v3/files/{file_id}", delete),
    Route("files.emptyTrash", "DELETE", "/drive/v3/files/trash", delete_trash),
    Route("files.generateIds", "GET", "/drive/v3/files/generateIds", generate_ids),
)
