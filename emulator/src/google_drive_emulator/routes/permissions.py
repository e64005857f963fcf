"""``permissions.list`` and ``permissions.get`` (facts A2, A7)."""

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import file_not_found, invalid_value, not_found, page_token_expired
from google_drive_emulator.rendering.permissions import permission_resource
from google_drive_emulator.routes.access import require, visible_item
from google_drive_emulator.routes.granting import Granting
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.routes.paging import slice_of
from google_drive_emulator.search.corpora import supports_drives
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import Item, Permission

PATH = "/drive/v3/files/{file_id}/permissions"
PERMISSION_DEFAULT = "kind,id,type,role"
_LIST_DEFAULT = f"kind,nextPageToken,permissions({PERMISSION_DEFAULT})"
_EVERYTHING = 1_000_000  # without a page size an item of My Drive gives the whole list
_MAX_IN_DRIVE = 100


async def list_permissions(state: EmulatorState, call: Call) -> Reply:
    """``GET files/{id}/permissions``: the effective permissions, for those who may share the item."""
    asked = call.params.page_size(_EVERYTHING, _MAX_IN_DRIVE)
    if call.params.text("includePermissionsForView") not in {None, "", "published"}:
        raise invalid_value("includePermissionsForView")
    granting = granting_on(state, call)
    require_sharing(granting, call)
    if call.params.text("pageToken") == "":
        raise page_token_expired()
    item = granting.item
    size = asked if item.drive_id is None else min(asked, _MAX_IN_DRIVE)
    page, token = slice_of(state, call, item.permissions, size, f"permissions of {item.id}")
    value: dict[str, Json] = {"kind": "drive#permissionList"}
    if token is not None:
        value["nextPageToken"] = token
    value["permissions"] = [_resource(item, each) for each in page]
    return masked_reply(value, requested_mask(call, schema.PERMISSION_LIST, _LIST_DEFAULT))


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET files/{id}/permissions/{id}``: one's own, or any for those who may share the item."""
    granting = granting_on(state, call)
    if call.path["permission_id"] != call.user.permission_id:
        require_sharing(granting, call)
    return permission_reply(call, granting.item, call.path["permission_id"])


def granting_on(state: EmulatorState, call: Call) -> Granting:
    """Return the item that a call is about, with what the caller may grant on it. Raises ``DriveError`` (404).

    With ``useDomainAdminAccess`` an administrator reaches any shared drive; for others nothing is there.
    """
    as_admin = call.params.is_true("useDomainAdminAccess")
    file_id = call.path["file_id"]
    if as_admin and not state.world.accounts.is_admin(call.user):
        raise file_not_found(file_id)
    root = state.world.item(file_id) if as_admin and file_id in state.world.drives else None
    if root is None:
        return Granting(state, call.user, visible_item(state, call))
    if not supports_drives(call.params):
        raise file_not_found(file_id)
    return Granting(state, call.user, root, as_admin=True)


def require_sharing(granting: Granting, call: Call) -> None:
    """Refuse a caller who may not share an item. Raises ``DriveError`` (403)."""
    if not granting.as_admin:
        require(granting.state, call, granting.item, "canShare")


def permission_of(item: Item, permission_id: str) -> Permission:
    """Return an effective permission on an item. Raises ``DriveError`` (404)."""
    found = next((each for each in item.permissions if each.id == permission_id), None)
    if found is None:
        raise not_found(f"Permission not found: {permission_id}.", "permissionId")
    return found


def permission_reply(call: Call, item: Item, permission_id: str) -> Reply:
    """Reply with a permission as it is now. Raises ``DriveError``."""
    value = _resource(item, permission_of(item, permission_id))
    return masked_reply(value, requested_mask(call, schema.PERMISSION, PERMISSION_DEFAULT))


def _resource(item: Item, permission: Permission) -> dict[str, Json]:
    in_drive = item.drive_id is not None
    return permission_resource(
        permission, in_drive=in_drive, of_root=in_drive and item.parent is None, is_limited=item.traits.is_limited
    )


ROUTES = (
    Route("permissions.list", "GET", PATH, list_permissions),
    Route("permissions.get", "GET", PATH + "/{permission_id}", get),
)
