"""``about.get`` (facts A3, A10)."""

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.rendering.formats import EXPORT_TYPES, FOLDER_COLORS, IMPORT_FORMATS, MAX_IMPORT_BYTES
from google_drive_emulator.rendering.resources import user_resource
from google_drive_emulator.routes.drives import may_create
from google_drive_emulator.routes.masks import mandatory_mask, masked_reply
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import User
from google_drive_emulator.world.themes import THEMES
from google_drive_emulator.world.usage import limit_bytes, usage_of


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET /drive/v3/about``: who the caller is, what they store and what can be done; a mask is mandatory."""
    mask = mandatory_mask(call, schema.ABOUT)
    themes: list[Json] = [
        {"id": theme.id, "backgroundImageLink": theme.image_link, "colorRgb": theme.color} for theme in THEMES.values()
    ]
    value: dict[str, Json] = {
        "kind": "drive#about",
        "user": user_resource(call.user, call.user),
        "importFormats": {mime: list(targets) for mime, targets in IMPORT_FORMATS.items()},
        "exportFormats": {mime: list(targets) for mime, targets in EXPORT_TYPES.items()},
        "maxImportSizes": {mime: str(size) for mime, size in MAX_IMPORT_BYTES.items()},
        "maxUploadSize": "5497558138880",
        "appInstalled": False,
        "folderColorPalette": list(FOLDER_COLORS),
        "driveThemes": themes,
        "teamDriveThemes": themes,
        "canCreateDrives": may_create(call.user),
        "canCreateTeamDrives": may_create(call.user),
    }
    if "storageQuota" in mask:
        value["storageQuota"] = _quota(state, call.user)
    return masked_reply(value, mask)


def _quota(state: EmulatorState, user: User) -> dict[str, Json]:
    usage = usage_of(state.world, user)
    return {
        "limit": str(limit_bytes(user)),
        "usage": str(usage.total),
        "usageInDrive": str(usage.total),
        "usageInDriveTrash": str(usage.in_trash),
    }


ROUTES = (Route("about.get", "GET", "/drive/v3/about", get),)
