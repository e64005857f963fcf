"""What one account can see of a world, and whether a change of it was told by a log that the account reads.

In: a world before and after a mutation. Out: the items that look different now, and those of them that no log names,
neither themselves nor a folder above them. What no log names no reader of logs can know (facts A5): an engine that
keeps in step by the logs is not to be blamed for it, and such a mutation fits only a history that ends with a listing.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from tests.support.convergence.features import Features

from google_drive_emulator import World
from google_drive_emulator.world.changelog import Entry
from google_drive_emulator.world.items import Item, User
from google_drive_emulator.world.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Look:
    """How an item looks to an account. `places` are the item, the folders above it, and its drive."""

    shown: Hashable
    version: int
    places: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sight:
    """All that an account sees by listing, and which drives' logs it may read."""

    looks: Mapping[str, Look]
    drives: Mapping[str, Hashable]
    change_id: int


def sight(world: World, me: User, features: Features) -> Sight:
    """Look at everything."""
    viewer = world.viewer(me)
    items = (world.item_at(position) for position in range(world.next_position))
    seen = [item for item in items if item is not None and _is_listed(viewer, item, features)]
    return Sight(
        {item.id: _look(world, viewer, item) for item in seen},
        {drive_id: world.drives[drive_id] for drive_id in _memberships(world, viewer, features)},
        world.change_id,
    )


def untold(world: World, me: User, before: Sight, after: Sight, features: Features) -> list[str]:
    """The items that look different, or came or went, without an entry that would say so."""
    named = told(world, me, before, after)
    changed = [item_id for item_id in before.looks.keys() | after.looks.keys() if _differs(before, after, item_id)]
    return [item_id for item_id in changed if not named & _places(before, after, item_id, features)]


def bumped(before: Sight, after: Sight) -> set[str]:
    """The items with a new version: a glance at a file gives it one, and may log nothing."""
    return {
        item_id
        for item_id, look in after.looks.items()
        if (old := before.looks.get(item_id)) is not None and old.version != look.version
    }


def _differs(before: Sight, after: Sight, item_id: str) -> bool:
    old, new = before.looks.get(item_id), after.looks.get(item_id)
    return old is None or new is None or old.shown != new.shown


def _places(before: Sight, after: Sight, item_id: str, features: Features) -> frozenset[str]:
    """Where an entry may stand that tells of an item: an engine that looks below folders finds it there too."""
    looks = [look for look in (before.looks.get(item_id), after.looks.get(item_id)) if look is not None]
    return frozenset[str]().union(*(look.places for look in looks)) if features.subtrees else frozenset({item_id})


def told(world: World, me: User, before: Sight, after: Sight) -> frozenset[str]:
    """What the logs that the account reads name since then: items, folders and drives."""
    drives = before.drives.keys() & after.drives.keys()
    own = {entry.item_id for entry in world.log(me.email).since(before.change_id + 1) if _counts(world, entry, after)}
    return frozenset(own).union(*(_named(world, drive_id, before) for drive_id in drives))


def _named(world: World, log: str, before: Sight) -> Iterator[str]:
    return (entry.item_id for entry in world.log(log).since(before.change_id + 1))


def _counts(world: World, entry: Entry, after: Sight) -> bool:
    """Whether an entry of the account's own log may be relied on: items of its drives are told of there by chance."""
    item = world.item(entry.item_id)
    return entry.kind == "drive" or item is None or item.drive_id not in after.drives


def _memberships(world: World, viewer: Viewer, features: Features) -> Iterator[str]:
    return (drive_id for drive_id in world.drives if features.drives and viewer.is_member(drive_id))


def _is_listed(viewer: Viewer, item: Item, features: Features) -> bool:
    if item.drive_id is None:
        return viewer.lists(item)
    if not features.drives:
        return False
    return viewer.sees(item) if viewer.is_member(item.drive_id) else viewer.lists(item)


def _look(world: World, viewer: Viewer, item: Item) -> Look:
    shown = (
        (item.name, item.mime_type, item.parent, item.description, item.drive_id, item.target, item.traits),
        (item.created_ms, item.modified_ms, item.size, item.head_revision, item.trashed, item.explicitly_trashed),
        (item.owner, item.modifier, item.permissions, item.original_name),
        (viewer.role(item), viewer.restrictions(item)),
        item.parent is not None and viewer.sees_folder(item.parent),
    )
    return Look(shown, item.version, frozenset(_above(world, item)))


def _above(world: World, item: Item) -> Iterator[str]:
    yield item.id
    if item.drive_id is not None:
        yield item.drive_id
    folder = item.parent
    while folder is not None:
        yield folder
        found = world.item(folder)
        folder = None if found is None else found.parent
