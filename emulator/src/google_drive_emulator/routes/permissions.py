"""``permissions.list`` (facts A2, A7)."""

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.grammar.pages import InvalidPageTokenError, PageToken, read_token, write_token
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import forbidden, invalid_value
from google_drive_emulator.rendering.resources import WRITERS, permission_resource
from google_drive_emulator.routes.files import visible_item
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.state import EmulatorState

_DEFAULT = "kind,nextPageToken,permissions(kind,id,type,role)"
_EVERYTHING = 1_000_000  # without a page size an item of My Drive gives the whole list


async def list_permissions(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/files/{id}/permissions``: the effective permissions, for those who may share the item."""
    size = call.params.page_size(_EVERYTHING, 100)
    item = visible_item(state, call)
    if item.role_of(call.user) not in WRITERS:
        message = f"The user does not have sufficient permissions for file {item.id}."
        raise forbidden("insufficientFilePermissions", message)
    listing, start = f"permissions of {item.id} for {call.user.email}", 0
    token = call.params.text("pageToken")
    if token is not None:
        try:
            start = read_token(token, listing).position
        except InvalidPageTokenError:
            raise invalid_value("pageToken") from None
    value: dict[str, Json] = {"kind": "drive#permissionList"}
    if start + size < len(item.permissions):
        value["nextPageToken"] = write_token(PageToken(start + size), listing)
    value["permissions"] = [permission_resource(each) for each in item.permissions[start : start + size]]
    return masked_reply(value, requested_mask(call, schema.PERMISSION_LIST, _DEFAULT))


ROUTES = (Route("permissions.list", "GET", "/drive/v3/files/{file_id}/permissions", list_permissions),)
