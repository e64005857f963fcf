"""What a client sends of a shared drive: a body in, the drive as it is to be or Google's refusal out."""

import re
from typing import Any

import msgspec

from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.errors import bad_request, file_not_found, forbidden, invalid_value
from google_drive_emulator.routes.access import insufficient
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.capabilities import drive_capabilities
from google_drive_emulator.world.items import Drive, DriveRestrictions
from google_drive_emulator.world.themes import THEMES, Theme

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


class DownloadBody(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What of a DownloadRestriction is to change."""

    restricted_for_readers: bool | None = None
    restricted_for_writers: bool | None = None


class RestrictionsBody(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What of a drive's restrictions is to change; ``teamMembersOnly`` is the former name of ``driveMembersOnly``."""

    admin_managed_restrictions: bool | None = None
    copy_requires_writer_permission: bool | None = None
    domain_users_only: bool | None = None
    drive_members_only: bool | None = None
    team_members_only: bool | None = None
    sharing_folders_requires_organizer_permission: bool | None = None
    download_restriction: DownloadBody | None = None


class ImageBody(msgspec.Struct, frozen=True, rename="camel"):
    """The picture that a drive's background is cut from; all of it must be given."""

    id: str
    width: float
    x_coordinate: float
    y_coordinate: float


class DriveBody(msgspec.Struct, frozen=True, rename="camel"):
    """What a client sends of a Drive; the rest of it is output only and passed over."""

    name: str | None = None
    theme_id: str | None = None
    color_rgb: str | None = None
    background_image_file: ImageBody | None = None
    restrictions: RestrictionsBody | None = None


def made_theme(body: DriveBody) -> Theme | None:
    """Return the theme for a new drive; looks and restrictions of its own come later. Raises ``DriveError``."""
    if not (body.name or "").strip():
        raise invalid_value("name")
    if body.color_rgb is not None or body.background_image_file is not None or body.restrictions is not None:
        message = "The resource body includes fields which are not directly writable."
        raise forbidden("fieldNotWritable", message)
    return None if body.theme_id is None else _theme(body.theme_id)


def updated_drive(state: EmulatorState, call: Call, drive: Drive, body: DriveBody, *, as_admin: bool) -> Drive:
    """Return a drive with the changes that a caller wants and may make. Raises ``DriveError``."""
    root = state.world.item(drive.id)
    role = None if root is None else state.world.viewer(call.user).role(root)
    capabilities = drive_capabilities(role, drive.restrictions, is_admin=as_admin)
    fields = {**_named(body), **_looks(state, call, body)}
    if body.restrictions is not None:
        fields["restrictions"] = _restricted(drive.restrictions, body.restrictions)
    if (fields.keys() - {"name"} and not capabilities["canChangeDriveBackground"]) or (
        "name" in fields and not capabilities["canRenameDrive"]
    ):
        raise insufficient(drive.id)
    changed = msgspec.structs.replace(drive, **fields)
    if changed.restrictions != drive.restrictions:
        _check_restricting(drive.restrictions, changed.restrictions, as_admin=as_admin)
    return changed


def _named(body: DriveBody) -> dict[str, Any]:
    if body.name is not None and not body.name.strip():
        raise invalid_value("name")
    return {} if body.name is None else {"name": body.name}


def _looks(state: EmulatorState, call: Call, body: DriveBody) -> dict[str, Any]:
    """A theme sets both colour and picture, so it goes with neither."""
    if body.theme_id is not None:
        if body.color_rgb is not None or body.background_image_file is not None:
            raise bad_request("themeId can only be set without colorRgb and backgroundImageFile.")
        theme = _theme(body.theme_id)
        return {"theme_id": theme.id, "color": theme.color, "image_id": None}
    looks: dict[str, Any] = {}
    if body.color_rgb is not None:
        if _COLOR.fullmatch(body.color_rgb) is None:
            raise invalid_value("colorRgb")
        looks["color"] = body.color_rgb.lower()
    if body.background_image_file is not None:
        looks["image_id"] = _image(state, call, body.background_image_file)
    return looks


def _theme(theme_id: str) -> Theme:
    theme = THEMES.get(theme_id)
    if theme is None:
        raise invalid_value("themeId")
    return theme


def _image(state: EmulatorState, call: Call, image: ImageBody) -> str:
    item = state.world.item(image.id)
    if item is None or state.world.viewer(call.user).role(item) is None:
        raise file_not_found(image.id)
    if not item.mime_type.startswith("image/"):
        raise invalid_value("backgroundImageFile")
    return item.id


def _restricted(held: DriveRestrictions, body: RestrictionsBody) -> DriveRestrictions:
    given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not None}
    if "team_members_only" in given:
        given["drive_members_only"] = given.pop("team_members_only")
    download = given.pop("download_restriction", None)
    if download is not None:
        parts = {name: value for name, value in msgspec.structs.asdict(download).items() if value is not None}
        given["download_restriction"] = msgspec.structs.replace(held.download_restriction, **parts)
    return msgspec.structs.replace(held, **given)


def _check_restricting(before: DriveRestrictions, after: DriveRestrictions, *, as_admin: bool) -> None:
    """Refuse what only an administrator may restrict (facts C2)."""
    if as_admin:
        return
    if before.admin_managed_restrictions or after.admin_managed_restrictions:
        message = "The user does not have the administrator privileges to manage this shared drive."
        raise forbidden("noManageTeamDriveAdministratorPrivilege", message)
