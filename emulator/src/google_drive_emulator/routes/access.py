"""Who may touch which item: a call in, the item or Google's refusal out (facts A4, A6, C2)."""

from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.errors import DriveError, file_not_found, forbidden
from google_drive_emulator.search.corpora import supports_drives
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.capabilities import may
from google_drive_emulator.world.items import Item

_RESOURCE_KEYS = "X-Goog-Drive-Resource-Keys"
_WIDE_TYPES = frozenset({"domain", "anyone"})


def visible_item(state: EmulatorState, call: Call, *, gated: bool = True, file_id: str | None = None) -> Item:
    """Return the item that a call's path names, or another one. ``root`` is My Drive.

    ``gated`` methods find items of shared drives only for clients that say ``supportsAllDrives``. Raises ``DriveError``
    (404) if the caller may not see the item.
    """
    wanted = call.path["file_id"] if file_id is None else file_id
    viewer = state.world.viewer(call.user)
    item = state.world.item(viewer.root_id if wanted == "root" else wanted)
    supports = supports_drives(call.params) if gated else True
    if item is None or not viewer.sees(item) or (item.drive_id is not None and not supports):
        raise file_not_found(wanted)
    if item.traits.resource_key is not None and viewer.needs_opening(item) and not _has_key(call, item):
        raise file_not_found(wanted)
    if any(grant.type in _WIDE_TYPES for grant in item.permissions):
        state.world.open_link(item.id, call.user)
    return item


def require(state: EmulatorState, call: Call, item: Item, capability: str) -> None:
    """Refuse a caller who lacks a capability on an item: 403 ``insufficientFilePermissions``."""
    if not may(item, state.world.viewer(call.user), capability):
        raise insufficient(item.id)


def insufficient(file_id: str) -> DriveError:
    """403 for who may see a file but not do this with it (facts C2)."""
    message = f"The user does not have sufficient permissions for file {file_id}."
    return forbidden("insufficientFilePermissions", message)


def _has_key(call: Call, item: Item) -> bool:
    pairs = call.headers.get(_RESOURCE_KEYS, "").split(",")
    return f"{item.id}/{item.traits.resource_key}" in (pair.strip() for pair in pairs)
