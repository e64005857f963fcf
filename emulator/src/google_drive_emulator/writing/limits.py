"""How much a drive holds: an item that is to come into a folder in, Google's refusal out (facts A11)."""

import msgspec

from google_drive_emulator.search.plan import Plan
from google_drive_emulator.world.items import Item, User
from google_drive_emulator.world.world import World
from google_drive_emulator.writing.refusals import drive_full, folder_full, owns_nothing, too_deep

_SERVICE_ACCOUNTS = "gserviceaccount.com"


class WriteLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What cannot be exceeded, and what a domain's administrator allows.

    ``folder_levels`` are folders below a root, ``children`` items right below a folder, ``drive_items`` items of a
    shared drive; ``daily_upload_bytes`` are a user's. ``folders_move_into_drives`` and ``writers_move_into_drives`` let
    folders into shared drives, and files moved by who does not own them.
    """

    folder_levels: int = 100
    children: int = 500_000
    drive_items: int = 500_000
    daily_upload_bytes: int = 750 * 2**30
    folders_move_into_drives: bool = False
    writers_move_into_drives: bool = False


def check_room(world: World, limits: WriteLimits, folder: Item, *, is_folder: bool, is_new_in_drive: bool) -> None:
    """Check that one more item has room in a folder; what lies below it is not counted. Raises ``DriveError``."""
    if is_folder and world.depth(folder.id) >= limits.folder_levels:
        raise too_deep(limits.folder_levels, in_drive=folder.drive_id is not None)
    if _may_hold(world, limits.children) and len(world.children(folder.id)) >= limits.children:
        raise folder_full()
    if folder.drive_id is not None and is_new_in_drive and _is_full(world, folder.drive_id, limits.drive_items):
        raise drive_full()


def check_owner(user: User, folder: Item) -> None:
    """Refuse a service account that would own what comes into a folder. Raises ``DriveError``."""
    if folder.drive_id is None and user.domain.endswith(_SERVICE_ACCOUNTS):
        raise owns_nothing()


def _is_full(world: World, drive_id: str, limit: int) -> bool:
    """Tell whether a drive holds so many items; places of deleted ones are told apart only if it may be so."""
    if not _may_hold(world, limit):
        return False
    places = list(world.positions(Plan(drive_id=drive_id)))
    return len(places) >= limit and sum(world.item_at(each) is not None for each in places) >= limit


def _may_hold(world: World, limit: int) -> bool:
    """Tell whether anything in a world can have reached a limit, so that counting is worth while."""
    return world.next_position >= limit
