"""How much storage a user takes: the items they own in, bytes out (facts A11).

What lies in shared drives counts for nobody. Of a world that began with many items only a sample of those is looked at,
so that the answer is quick; it is exact up to ``EXACT_ITEMS`` of them, and always for what was changed since.
"""

import random
from collections.abc import Iterable

import msgspec

from google_drive_emulator.world.accounts import is_service_account
from google_drive_emulator.world.items import User
from google_drive_emulator.world.reading import Reading

EXACT_ITEMS = 4096
LIMIT_BYTES = 5 * 2**40


class Usage(msgspec.Struct, frozen=True):
    """Bytes that a user's files take, and how many of them in the trash."""

    total: int
    in_trash: int


def limit_bytes(user: User) -> int:
    """Return how much a user may store; service accounts nothing."""
    return 0 if is_service_account(user) else LIMIT_BYTES


def usage_of(world: Reading, user: User) -> Usage:
    """Return how much a user's files take."""
    size = world.original_count
    looked_at = range(size) if size <= EXACT_ITEMS else random.Random(size).sample(range(size), EXACT_ITEMS)
    found = _sum(world, (position for position in looked_at if world.is_pristine(position)), user)
    changed = _sum(world, world.changed(), user)
    each = max(1.0, size / EXACT_ITEMS)
    return Usage(round(found.total * each) + changed.total, round(found.in_trash * each) + changed.in_trash)


def _sum(world: Reading, positions: Iterable[int], user: User) -> Usage:
    total = in_trash = 0
    for position in positions:
        item = world.item_at(position)
        if item is not None and item.is_owned_by(user):
            total += item.size or 0
            in_trash += (item.size or 0) if item.trashed else 0
    return Usage(total, in_trash)
