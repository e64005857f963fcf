"""Which corpus a listing is about: parameters in, Google's refusals out (facts A4)."""

from google_drive_emulator.http.errors import DriveError, drive_not_found, forbidden, invalid_value
from google_drive_emulator.http.params import Params
from google_drive_emulator.world.world import World

_CORPORA = frozenset({"user", "domain", "drive", "allDrives"})


def check_corpora(world: World, params: Params, *, include: bool, supports: bool) -> None:
    """Check ``corpora``, ``driveId`` and their companions. Raises ``DriveError``."""
    corpora, drive_id = params.text("corpora") or "user", params.text("driveId")
    if include and not supports:
        raise forbidden("supportsTeamDrivesRequired", "The supportsAllDrives parameter was not set to true.")
    if corpora not in _CORPORA:
        raise invalid_value("corpora")
    if (corpora == "drive") != (drive_id is not None):
        message = "The driveId parameter must be specified if and only if corpora is set to drive."
        raise DriveError(400, message, "invalid", "driveId")
    if corpora != "user" and not include:
        message = "The includeItemsFromAllDrives parameter must be set to true for this corpora."
        raise forbidden("teamDriveIncludeItemsRequired", message)
    check_drive(world, drive_id)


def check_drive(world: World, drive_id: str | None) -> None:
    """Check that a drive exists, if one is named. Raises ``DriveError``."""
    if drive_id is not None and drive_id not in world.drives:
        raise drive_not_found(drive_id)
