"""Who may see what, found out the slow way: a world, a user and an item in, the user's role out (facts A4, A7).

It shares no code with the emulator: it walks up from the item through all folders, and down from each group to its
members. Grants are taken to be current: what ends is not looked at.
"""

from collections.abc import Iterator

from google_drive_emulator import World
from google_drive_emulator.world.items import Item, Permission, User

RANKING = ["reader", "commenter", "writer", "fileOrganizer", "organizer", "owner"]


def role_of(world: World, user: User, item: Item) -> str | None:
    """Return the strongest role that a user has on an item, None without access to its content."""
    if _is_barred(world, user, item):
        return None
    roles = [role for role, _ in _reaching(world, user, item)]
    return max(roles, key=RANKING.index) if roles else None


def sees(world: World, user: User, item: Item) -> bool:
    """Tell whether a user finds an item by its id: with its content, or a limited folder's name alone."""
    if _is_barred(world, user, item):
        return False
    return any(_reaching(world, user, item)) or any(_of_name(world, user, item))


def lists(world: World, user: User, item: Item) -> bool:
    """Tell whether an item is among what a user has; what a link or domain gives must have been opened."""
    if _is_barred(world, user, item):
        return False
    grants = [grant for _, grant in (*_reaching(world, user, item), *_of_name(world, user, item))]
    if any(grant.type in {"user", "group"} for grant in grants):
        return True
    return bool(grants) and item.id in world.marks(user).opened


def is_member(world: World, user: User, drive_id: str) -> bool:
    """Tell whether a user is a member of a shared drive."""
    return any(_reaches(world, grant, user) for grant in world.own_permissions(drive_id))


def logs_of(world: World, item: Item | None) -> set[str]:
    """Return the change logs that tell of an item now: of its drive, and of who has it and is no member of that."""
    if item is None:
        return set()
    told = {user.email for user in world.users if lists(world, user, item)}
    if item.drive_id is None:
        return told
    members = {user.email for user in world.users if is_member(world, user, item.drive_id)}
    return told - members | {item.drive_id}


def _is_barred(world: World, user: User, item: Item) -> bool:
    drive = None if item.drive_id is None else world.drives.get(item.drive_id)
    if drive is None:
        return False
    if drive.restrictions.domain_users_only and drive.domain != user.domain:
        return True
    return drive.restrictions.drive_members_only and not is_member(world, user, drive.id)


def _reaching(world: World, user: User, item: Item) -> Iterator[tuple[str, Permission]]:
    """Give the grants that let a user at an item's content, with what role each."""
    is_limited = False
    for place in _upwards(world, item):
        for grant in place.permissions:
            role = grant.role if place.id == item.id or grant.role != "owner" else "writer"
            if (not is_limited or role == "organizer") and _reaches(world, grant, user):
                yield role, grant
        is_limited = is_limited or place.traits.is_limited


def _of_name(world: World, user: User, item: Item) -> Iterator[tuple[str, Permission]]:
    """Give the grants above a limited folder that let a user see that it is there."""
    parent = None if item.parent is None else world.stored(item.parent)
    if item.is_folder and item.traits.is_limited and parent is not None:
        yield from _reaching(world, user, parent)


def _upwards(world: World, item: Item) -> Iterator[Item]:
    place = world.stored(item.id)
    while place is not None:
        yield place
        place = None if place.parent is None else world.stored(place.parent)


def _reaches(world: World, grant: Permission, user: User) -> bool:
    if grant.type == "group":
        return any(
            grant.id == group.permission_id and _has(world, group.email, user) for group in world.accounts.groups
        )
    if grant.type == "domain":
        return grant.domain == user.domain
    return grant.type == "anyone" or grant.id == user.permission_id


def _has(world: World, address: str, user: User, seen: frozenset[str] = frozenset()) -> bool:
    group = world.accounts.group(address)
    if group is None or address in seen:
        return False
    return user.email in group.members or any(_has(world, each, user, seen | {address}) for each in group.members)
