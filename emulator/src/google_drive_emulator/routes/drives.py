"""``drives.list`` and ``drives.get``."""

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.grammar.pages import InvalidPageTokenError, PageToken, read_token, write_token
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import drive_not_found, invalid_value
from google_drive_emulator.rendering.resources import drive_resource
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.state import EmulatorState

_DEFAULT = "kind,nextPageToken,drives(kind,id,name)"


async def list_drives(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/drives``: pages of shared drives."""
    size = call.params.page_size(10, 100)
    listing, start = f"drives of {call.user.email}", 0
    token = call.params.text("pageToken")
    if token:
        try:
            start = read_token(token, listing).position
        except InvalidPageTokenError:
            raise invalid_value("pageToken") from None
    mask = requested_mask(call, schema.DRIVE_LIST, _DEFAULT)
    drives = sorted(state.world.drives.values(), key=lambda drive: drive.id)
    value: dict[str, Json] = {"kind": "drive#driveList"}
    if start + size < len(drives):
        value["nextPageToken"] = write_token(PageToken(start + size), listing)
    value["drives"] = [drive_resource(drive) for drive in drives[start : start + size]]
    return masked_reply(value, mask)


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/drives/{id}``."""
    drive = state.world.drives.get(call.path["drive_id"])
    if drive is None:
        raise drive_not_found(call.path["drive_id"])
    return masked_reply(drive_resource(drive), requested_mask(call, schema.DRIVE, "kind,id,name"))


ROUTES = (
    Route("drives.list", "GET", "/drive/v3/drives", list_drives),
    Route("drives.get", "GET", "/drive/v3/drives/{drive_id}", get),
)
