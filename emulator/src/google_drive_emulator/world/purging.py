"""The trash: what has been in it for 30 days in, deleted for good by the system out (facts E)."""

from google_drive_emulator.world.activity import AUTO_PURGE
from google_drive_emulator.world.items import Item
from google_drive_emulator.world.world import World

PURGED_AFTER_DAYS = 30
_DAY_MS = 86_400_000


def purge_trash(world: World, days: float = PURGED_AFTER_DAYS) -> list[str]:
    """Delete what was trashed so many days ago and return the ids.

    What the world began with in the trash stays: it is not known since when it has been there.
    """
    before_ms = world.clock() - int(days * _DAY_MS)
    due = [item.id for item in world.changed_items() if _was_trashed(item, before_ms)]
    purged = []
    for item_id in due:
        if world.stored(item_id) is not None:  # one that lay in another goes with it
            world.delete(item_id, by=AUTO_PURGE)
            purged.append(item_id)
    return purged


def _was_trashed(item: Item, before_ms: int) -> bool:
    trashed_ms = item.traits.trashed_ms
    return item.explicitly_trashed and trashed_ms is not None and trashed_ms <= before_ms
