"""Which corpus a request is about: parameters in, the corpus or Google's refusal out (facts A4, A5)."""

from collections.abc import Callable
from dataclasses import dataclass

from google_drive_emulator.http.errors import DriveError, drive_not_found, forbidden, invalid_value
from google_drive_emulator.http.params import Params
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.reading import Reading
from google_drive_emulator.world.viewer import Viewer

_CORPORA = frozenset({"user", "domain", "drive", "allDrives"})
_SPACES = frozenset({"drive", "appDataFolder"})
_OLD_NAMES = {"teamDrive": "drive", "user,allTeamDrives": "allDrives"}


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a listing is about: a name, a test of items, and the shared drive it is limited to, if it is."""

    name: str
    holds: Callable[[Item], bool]
    drive_id: str | None = None


def requested_corpus(world: Reading, viewer: Viewer, params: Params) -> Corpus:
    """Return the corpus that ``corpora``, ``driveId`` and ``spaces`` name. Raises ``DriveError``."""
    include = includes_drives(params)
    check_companions(params)
    drive_id = params.text("driveId") or params.text("teamDriveId") or None
    corpora = _corpora(params)
    if corpora not in _CORPORA:
        raise invalid_value("corpora")
    if (corpora == "drive") != (drive_id is not None):
        message = "The driveId parameter must be specified if and only if corpora is set to drive."
        raise DriveError(400, message, "invalid", "driveId")
    if corpora != "user" and not include:
        message = "The includeItemsFromAllDrives parameter must be set to true for this corpora."
        raise forbidden("teamDriveIncludeItemsRequired", message)
    if not _spaces(params):
        return Corpus("nothing", lambda _item: False)
    if drive_id is not None:
        check_drive(world, viewer, drive_id)
    name = f"{corpora} {drive_id} {include}"
    return Corpus(name, _test(viewer, corpora, drive_id, include=include), drive_id)


def includes_drives(params: Params) -> bool:
    """Tell whether a client wants items of shared drives, by the parameter's old name or its new one."""
    return params.is_true("includeItemsFromAllDrives") or params.is_true("includeTeamDriveItems")


def supports_drives(params: Params) -> bool:
    """Tell whether a client says that it knows of shared drives."""
    return params.is_true("supportsAllDrives") or params.is_true("supportsTeamDrives")


def check_companions(params: Params) -> None:
    """Refuse items of shared drives for a client that does not say it supports them. Raises ``DriveError``."""
    include, supports = includes_drives(params), supports_drives(params)
    if include and not supports:
        raise forbidden("supportsTeamDrivesRequired", "The supportsAllDrives parameter was not set to true.")


def check_drive(world: Reading, viewer: Viewer, drive_id: str) -> None:
    """Check that a shared drive is there for a user. Raises ``DriveError``."""
    if drive_id not in world.drives or not viewer.is_member(drive_id):
        raise drive_not_found(drive_id)


def _corpora(params: Params) -> str:
    """Return what is searched, by the present name or by the older one."""
    asked = params.text("corpora")
    if not asked:
        return "drive" if params.text("teamDriveId") else "user"
    return _OLD_NAMES.get(asked, asked)


def _spaces(params: Params) -> bool:
    """Tell whether the space of ordinary files is asked for; the others are empty here."""
    spaces = [each.strip() for each in (params.text("spaces") or "drive").split(",")]
    if not _SPACES.issuperset(spaces):
        raise invalid_value("spaces")
    return "drive" in spaces


def _test(viewer: Viewer, corpora: str, drive_id: str | None, *, include: bool) -> Callable[[Item], bool]:
    if corpora == "drive":
        return lambda item: item.drive_id == drive_id and viewer.sees(item)
    if corpora == "domain":
        return lambda item: viewer.finds_in_domain(item)
    if corpora == "allDrives":
        return lambda item: viewer.lists(item)
    if include:
        return lambda item: viewer.has_in_corpus(item) or (item.drive_id is not None and viewer.has_accessed(item))
    return lambda item: item.drive_id is None and viewer.lists(item)
