"""Accounts with nothing in their drives: what a scenario without a base begins with."""

from collections.abc import Sequence
from hashlib import blake2b

from google_drive_emulator.world.items import Counts, DriveWithMembers, Group, Item, User


class EmptySource:
    """No items; each account has an empty My Drive. There must be at least one account, or it raises ``ValueError``."""

    def __init__(self, users: Sequence[User], groups: Sequence[Group] = ()) -> None:
        if not users:
            raise ValueError("a world needs at least one account")
        self._users = tuple(users)
        self._groups = tuple(groups)

    @property
    def users(self) -> Sequence[User]:
        """Return the accounts."""
        return self._users

    @property
    def groups(self) -> Sequence[Group]:
        """Return the groups."""
        return self._groups

    @property
    def drives(self) -> Sequence[DriveWithMembers]:
        """Return no shared drives."""
        return ()

    @property
    def latest_modified_ms(self) -> int:
        """Return the beginning of time: nothing was ever modified."""
        return 0

    def __len__(self) -> int:
        return 0

    def root_id(self, user: User) -> str:
        """Return the id of a user's My Drive folder."""
        return "0A" + blake2b(f"root {user.email}".encode(), digest_size=6).hexdigest()[:11] + "Uk9PVA"

    def item(self, position: int) -> Item:
        """Raise ``IndexError``: there are no items."""
        raise IndexError(position)

    def position(self, item_id: str) -> int | None:
        """Return None: there are no items."""
        del item_id
        return None

    def created_ms(self, position: int) -> int:
        """Raise ``IndexError``: there are no items."""
        raise IndexError(position)

    def created_within(self, from_ms: int | None, before_ms: int | None) -> Sequence[range]:
        """Return no positions."""
        del from_ms, before_ms
        return ()

    def in_drive(self, drive_id: str) -> Sequence[int]:
        """Return no positions."""
        del drive_id
        return ()

    def children(self, folder_id: str) -> Sequence[int]:
        """Return no positions."""
        del folder_id
        return ()

    def folders(self) -> Sequence[int]:
        """Return no positions."""
        return ()

    def counts(self) -> Counts:
        """Count nothing."""
        return Counts(0, 0, 0, 0)
