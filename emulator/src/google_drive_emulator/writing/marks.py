"""What a write sets for the caller alone: the star, and when they last looked (facts A6)."""

from google_drive_emulator.world.items import User
from google_drive_emulator.world.world import World
from google_drive_emulator.writing.file_body import FileBody, epoch_ms

MARKS = frozenset({"starred", "viewed_by_me_time"})
"""The fields of a body that concern nobody else."""


def put_marks(world: World, user: User, item_id: str, body: FileBody) -> None:
    """Set a user's marks on an item, before the change of the item that makes them seen."""
    marks = world.marks(user)
    if body.starred is not None:
        marks.stars[item_id] = body.starred
    if body.viewed_by_me_time is not None:
        marks.viewed_ms[item_id] = epoch_ms(body.viewed_by_me_time)
