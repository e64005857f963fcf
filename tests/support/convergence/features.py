"""What is asked of the engine: one switch a part, so that histories and comparisons fit what a connection follows."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """What the engine under test keeps in step; what is off neither happens in histories nor is compared."""

    drives: bool = False
    """Every shared drive that the account is a member of, and what is shared from others one by one."""
    subtrees: bool = False
    """What a folder hands down, of which the log tells the folder alone (facts A5)."""
    lists: bool = False
    """Permissions by call, revisions and comments."""
    settling: bool = False
    """Listings that lag behind what was created a moment ago (facts A4)."""


TODAY = Features(drives=True, subtrees=True, lists=True, settling=True)
"""What the engine is held to now."""


def some_of(allowed: Features, chance: random.Random) -> Features:
    """Most of what is allowed: one trial is to the point, another has everything at once."""
    return Features(
        drives=allowed.drives and chance.random() < 0.7,
        subtrees=allowed.subtrees,
        lists=allowed.lists and chance.random() < 0.4,
        settling=allowed.settling and chance.random() < 0.6,
    )
