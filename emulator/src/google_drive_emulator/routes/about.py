"""``about.get`` (facts A3)."""

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.rendering.resources import EXPORT_TYPES, user_resource
from google_drive_emulator.routes.masks import mandatory_mask, masked_reply
from google_drive_emulator.state import EmulatorState

_LIMIT_BYTES = 15 * 2**30


async def get(_state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/about``: who the caller is; a mask is mandatory."""
    mask = mandatory_mask(call, schema.ABOUT)
    value: dict[str, Json] = {
        "kind": "drive#about",
        "user": user_resource(call.user, call.user),
        "storageQuota": {
            "limit": str(_LIMIT_BYTES),
            "usage": "0",
            "usageInDrive": "0",
            "usageInDriveTrash": "0",
        },
        "importFormats": {},
        "exportFormats": {mime: list(targets) for mime, targets in EXPORT_TYPES.items()},
        "maxImportSizes": {},
        "maxUploadSize": "5497558138880",
        "appInstalled": False,
        "folderColorPalette": ["#8f8f8f", "#ac725e", "#f83a22"],
        "canCreateDrives": True,
        "canCreateTeamDrives": True,
    }
    return masked_reply(value, mask)


ROUTES = (Route("about.get", "GET", "/drive/v3/about", get),)
