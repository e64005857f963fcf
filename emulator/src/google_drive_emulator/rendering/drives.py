"""Shared drives: a drive and who looks at it in, the JSON of Google's Drive and TeamDrive resources out."""

from collections.abc import Mapping

import msgspec

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.world.capabilities import drive_capabilities
from google_drive_emulator.world.items import Drive
from google_drive_emulator.world.reading import Reading
from google_drive_emulator.world.themes import THEMES
from google_drive_emulator.world.timestamps import rfc3339
from google_drive_emulator.world.viewer import Viewer

_OLD_CAPABILITIES = {
    "canChangeDriveBackground": "canChangeTeamDriveBackground",
    "canChangeDriveMembersOnlyRestriction": "canChangeTeamMembersOnlyRestriction",
    "canDeleteDrive": "canDeleteTeamDrive",
    "canRenameDrive": "canRenameTeamDrive",
    "canResetDriveRestrictions": "canResetTeamDriveRestrictions",
}
_OLD_RESTRICTIONS = {"driveMembersOnly": "teamMembersOnly"}


def drive_resource(world: Reading, drive: Drive, viewer: Viewer, *, as_admin: bool = False) -> dict[str, Json]:
    """Return a shared drive as a user sees it; ``as_admin`` with an administrator's access."""
    root = world.item(drive.id)
    role = None if root is None else viewer.role(root)
    return {
        "kind": "drive#drive",
        "id": drive.id,
        "name": drive.name,
        "colorRgb": drive.color,
        **_background(drive),
        "createdTime": rfc3339(drive.created_ms),
        "hidden": drive.id in viewer.marks.hidden_drives,
        "capabilities": dict(drive_capabilities(role, drive.restrictions, is_admin=as_admin)),
        "restrictions": msgspec.to_builtins(drive.restrictions),
    }


def team_drive_resource(world: Reading, drive: Drive, viewer: Viewer, *, as_admin: bool = False) -> dict[str, Json]:
    """Return a shared drive by its former name."""
    resource = drive_resource(world, drive, viewer, as_admin=as_admin)
    del resource["hidden"]
    capabilities = _renamed(resource["capabilities"], _OLD_CAPABILITIES)
    return resource | {
        "kind": "drive#teamDrive",
        "capabilities": capabilities | {"canRemoveChildren": capabilities["canDeleteChildren"]},
        "restrictions": _renamed(resource["restrictions"], _OLD_RESTRICTIONS),
    }


def _background(drive: Drive) -> dict[str, Json]:
    if drive.image_id is not None:
        return {"backgroundImageLink": f"https://lh3.googleusercontent.com/d/{drive.image_id}"}
    theme = THEMES.get(drive.theme_id or "")
    return {} if theme is None else {"backgroundImageLink": theme.image_link}


def _renamed(fields: Json, names: Mapping[str, str]) -> dict[str, Json]:
    return {names.get(name, name): value for name, value in fields.items()} if isinstance(fields, Mapping) else {}
