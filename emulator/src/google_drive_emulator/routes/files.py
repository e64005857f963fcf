"""``files.get``: one file's metadata or bytes (facts A2, A6)."""

from google_drive_emulator.grammar import schema
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import forbidden
from google_drive_emulator.rendering.render_page import included_labels, render_items
from google_drive_emulator.routes.access import visible_item
from google_drive_emulator.routes.masks import requested_mask
from google_drive_emulator.routes.media import download
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Item

GET_DEFAULT = "kind,id,name,mimeType,driveId,teamDriveId"


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files/{id}``: a file's metadata, or with ``alt=media`` its bytes. ``root`` is My Drive."""
    if call.params.text("alt") == "media":
        return download(state, call, visible_item(state, call))
    if call.params.is_true("acknowledgeAbuse"):
        message = "The acknowledgeAbuse parameter is only valid for downloads."
        raise forbidden("invalidAbuseAcknowledgment", message, "acknowledgeAbuse")
    return await file_reply(state, call, visible_item(state, call))


async def file_reply(state: EmulatorState, call: Call, item: Item) -> Reply:
    """Reply with a file's metadata, as the call's mask wants it. Raises ``DriveError``."""
    mask = requested_mask(call, schema.FILE, GET_DEFAULT)
    position = state.world.position(item.id)
    located = [(-1 if position is None else position, item)]
    rendered = await render_items(state, call.user, mask, located, state.world.epoch, included_labels(call))
    return Reply(rendered[0])


ROUTES = (Route("files.get", "GET", ("/drive/v3/files/{file_id}", "/download/drive/v3/files/{file_id}"), get),)
