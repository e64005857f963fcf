"""One user's eyes: an item in, what the user may see of it and do with it out (facts A4, A7)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from google_drive_emulator.world.items import RANK, Drive, DriveRestrictions, Item, Permission, Role, User
from google_drive_emulator.world.marks import Marks

_LISTED_TYPES = frozenset({"user", "group"})
_METADATA = "metadata"
_NO_RESTRICTIONS = DriveRestrictions()


class Surroundings(Protocol):
    """What a viewer asks the world."""

    def item(self, item_id: str) -> Item | None:
        """Return the item or root folder with an id, with what it inherits."""

    def principals(self, user: User) -> frozenset[str]:
        """Return the ids of all grants that reach a user."""

    def marks(self, user: User) -> Marks:
        """Return a user's marks."""

    @property
    def drives(self) -> Mapping[str, Drive]:
        """Return the shared drives by id."""

    @property
    def clock(self) -> Callable[[], int]:
        """Return the clock."""

    @property
    def hides_link_children(self) -> bool:
        """Tell whether what is reached by a link only must be opened before it is listed."""


class Viewer:
    """A user looking at the world. It holds for as long as nobody's groups change; ask the world for it each time."""

    def __init__(self, user: User, root_id: str, world: Surroundings) -> None:
        self.user = user
        self.root_id = root_id
        self.marks = world.marks(user)
        self._world = world
        self._principals = world.principals(user)

    def role(self, item: Item) -> Role | None:
        """Return the strongest role that a user has on an item, by any grant; None without content access."""
        if item.owner is self.user:
            return "owner"
        best, rank = None, 0
        for grant in self._reaching(item):
            if grant.view != _METADATA and RANK[grant.role] > rank:
                best, rank = grant.role, RANK[grant.role]
        return best

    def sees(self, item: Item) -> bool:
        """Tell whether a user may know an item by its id; of a limited folder perhaps no more than its name."""
        return item.owner is self.user or any(True for _ in self._reaching(item))

    def lists(self, item: Item) -> bool:
        """Tell whether an item is among what a user has: their own, shared with them, or opened by a link."""
        if item.owner is self.user:
            return True
        reaching = list(self._reaching(item))
        if any(grant.type in _LISTED_TYPES for grant in reaching):
            return True
        return bool(reaching) and (item.id in self.marks.opened or not self._world.hides_link_children)

    def sees_folder(self, folder_id: str) -> bool:
        """Tell whether a user has access to a folder, so that it is named as a parent."""
        folder = self._world.item(folder_id)
        return folder is not None and self.role(folder) is not None

    def is_member(self, drive_id: str) -> bool:
        """Tell whether a user is a member of a shared drive."""
        root = self._world.item(drive_id)
        return root is not None and self.role(root) is not None

    def restrictions(self, item: Item) -> DriveRestrictions:
        """Return what the shared drive of an item forbids; nothing in My Drive."""
        drive = None if item.drive_id is None else self._world.drives.get(item.drive_id)
        return _NO_RESTRICTIONS if drive is None else drive.restrictions

    def has_in_corpus(self, item: Item) -> bool:
        """Tell whether an item belongs to a user's own corpus (facts A5).

        That is what the user lists in My Drives, and what of shared drives was shared with one who is no member.
        """
        return self.lists(item) and (item.drive_id is None or not self.is_member(item.drive_id))

    def has_accessed(self, item: Item) -> bool:
        """Tell whether a user has dealt with an item of a shared drive that they may see."""
        return self.sees(item) and (item.id in self.marks.viewed_ms or item.modifier is self.user)

    def finds_in_domain(self, item: Item) -> bool:
        """Tell whether an item is shared with a user's domain, and may be found there."""
        return any(
            grant.type == "domain" and grant.domain == self.user.domain and grant.allow_file_discovery
            for grant in self._reaching(item)
        )

    def is_starred(self, item: Item) -> bool:
        """Tell whether a user starred an item."""
        starred = self.marks.stars.get(item.id)
        return item.starred and item.owner is self.user if starred is None else starred

    def viewed_ms(self, item: Item) -> int | None:
        """Return when a user last looked at an item; who last wrote it did so then."""
        viewed = self.marks.viewed_ms.get(item.id)
        if item.modifier is not self.user:
            return viewed
        return item.modified_ms if viewed is None else max(viewed, item.modified_ms)

    def shared_ms(self, item: Item) -> int | None:
        """Return when an item itself was shared with a user, or opened by a link.

        None for who owns it, who has it by a shared drive, and who has it with a folder that was shared.
        """
        if item.owner is self.user or (item.drive_id is not None and self.is_member(item.drive_id)):
            return None
        if all(grant.is_inherited for grant in self._reaching(item)) and item.id not in self.marks.opened:
            return None
        return self.marks.shared_ms.get(item.id, item.created_ms)

    def is_pending_owner(self, item: Item) -> bool:
        """Tell whether an item was offered to a user, who has not yet taken it (facts A7)."""
        return any(grant.pending_owner and grant.id == self.user.permission_id for grant in item.permissions)

    def needs_opening(self, item: Item) -> bool:
        """Tell whether an item is reached by a link and not yet among what the user has."""
        return item.id not in self.marks.opened and self.sees(item) and not self.lists(item)

    def is_current(self, grant: Permission) -> bool:
        """Tell whether a grant is neither over nor one to an account that is gone."""
        return not grant.is_deleted and (grant.expires_ms is None or grant.expires_ms > self._world.clock())

    def _reaching(self, item: Item) -> Iterator[Permission]:
        """Give the grants that hold for the user now."""
        if item.drive_id is not None and self._is_barred(item.drive_id, item):
            return
        for grant in item.permissions:
            if grant.id in self._principals and self.is_current(grant):
                yield grant

    def _is_barred(self, drive_id: str, item: Item) -> bool:
        """Tell whether a shared drive lets nobody in who is not of its domain or no member (facts A7)."""
        drive = self._world.drives.get(drive_id)
        if drive is None:
            return False
        if drive.restrictions.domain_users_only and self.user.domain != drive.domain:
            return True
        return drive.restrictions.drive_members_only and item.id != drive_id and not self.is_member(drive_id)
