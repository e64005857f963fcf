"""A synthetic My Drive: a number of files and a seed in, items that are made when asked for out.

Every item is a pure function of the seed, its position and the number of files. What kind an item is follows from its
position alone, so that counting and finding children take no search; all else comes from a keyed hash.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

from google_drive_emulator.sources.kinds import FOLDER_EVERY, count_kinds, falls_on, is_folder
from google_drive_emulator.sources.making import ItemMaker
from google_drive_emulator.sources.noise import Noise
from google_drive_emulator.sources.people import make_groups, make_users, wide_grants
from google_drive_emulator.sources.timeline import LAST_MS, Timeline
from google_drive_emulator.sources.tree import Shape, Tree
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import (
    Counts,
    DriveWithMembers,
    Group,
    Item,
    Permission,
    User,
    bisected,
)

MAX_FILES = 100_000_000

_FOREIGN = (40, 21)  # position % modulus == residue; never a folder
_KEPT_GRANTS = 8192
_KEPT_IDS = 16_384


class SyntheticSource:
    """``files`` items besides the root folders: about 1 in 12 a folder, each other one with exactly three permissions.

    A folder has its owner's alone, for what is granted on a folder holds for all below it. ``shape`` is usual, deep
    (chains of some 90 folders) or wide (all but a dozen items in one folder). Raises ``ValueError``.
    """

    def __init__(self, files: int, seed: int, shape: Shape = "usual") -> None:
        if not 0 <= files <= MAX_FILES:
            raise ValueError(f"the number of files must be from 0 to {MAX_FILES}, not {files}")
        self._files = files
        self._noise = Noise(str(seed))
        self._tree = Tree(files, self._noise, shape)
        self._timeline = Timeline(files, self._noise)
        self._maker = ItemMaker(self._noise, self._timeline)
        self._users = make_users()
        self._groups = make_groups(self._users)
        self._thirds = wide_grants(self._groups)
        self._folder_grants = (user_grant(self._users[0], "owner"),)
        self._roots = {user.email: "0A" + self._noise.name(user.email, 12) + "k9PVA" for user in self._users}
        self._root_ids = frozenset(self._roots.values())
        self._root = self._roots[self._users[0].email]
        self._grants = lru_cache(maxsize=_KEPT_GRANTS)(self._make_grants)
        self._folder_id = lru_cache(maxsize=_KEPT_IDS)(self._noise.item_id)

    @property
    def users(self) -> Sequence[User]:
        """Return the accounts; the first one owns nearly everything."""
        return self._users

    @property
    def groups(self) -> Sequence[Group]:
        """Return the groups that grants name."""
        return self._groups

    @property
    def drives(self) -> Sequence[DriveWithMembers]:
        """Return no shared drives."""
        return ()

    @property
    def latest_modified_ms(self) -> int:
        """Return the end of the time in which synthetic items change."""
        return LAST_MS

    def __len__(self) -> int:
        return self._files

    def root_id(self, user: User) -> str:
        """Return the id of a user's My Drive folder."""
        return self._roots[user.email]

    def position(self, item_id: str) -> int | None:
        """Read the position out of an id; None when no item has it."""
        return self._noise.position(item_id, self._files)

    def created_ms(self, position: int) -> int:
        """Return when an item was created."""
        return self._timeline.created_ms(position)

    def created_within(self, from_ms: int | None, before_ms: int | None) -> Sequence[range]:
        """Return the positions of all items created within a time."""
        return (bisected(self._files, self.created_ms, from_ms, before_ms),)

    def in_drive(self, drive_id: str) -> Sequence[int]:
        """Return nothing: all of it is My Drive."""
        del drive_id
        return ()

    def children(self, folder_id: str) -> Sequence[int]:
        """Return the positions right below a folder, worked out from the shape of the tree."""
        if folder_id == self._root:
            return _own(self._tree.children(None))
        if folder_id in self._root_ids:
            return self._foreign.get(folder_id, ())
        position = self.position(folder_id)
        if position is None or not is_folder(position):
            return ()
        return _own(self._tree.children(position))

    def folders(self) -> Sequence[int]:
        """Return the positions of the folders."""
        return range(0, self._files, FOLDER_EVERY)

    def counts(self) -> Counts:
        """Count the items by their positions alone."""
        return count_kinds(self._files)

    def item(self, position: int) -> Item:
        """Make an item."""
        digest = self._noise.digest(position)
        if falls_on(position, _FOREIGN):
            owner, writer = self._someone(digest), 0
        else:
            owner, writer = 0, self._someone(digest)
        return self._maker.make(
            position,
            digest,
            parent=self._parent(position) if owner == 0 else self._roots[self._users[owner].email],
            owner=self._users[owner],
            modifier=self._users[owner if digest[29] & 1 else writer],
            permissions=self._folder_grants
            if is_folder(position)
            else self._grants(owner, writer, digest[29] % len(self._thirds)),
        )

    @cached_property
    def _foreign(self) -> Mapping[str, Sequence[int]]:
        """Return what lies in other users' roots; it is found by looking at all that is not the first user's."""
        found: dict[str, list[int]] = {}
        for position in range(_FOREIGN[1], self._files, _FOREIGN[0]):
            owner = self._users[self._someone(self._noise.digest(position))]
            found.setdefault(self._roots[owner.email], []).append(position)
        return found

    def _someone(self, digest: bytes) -> int:
        return 1 + digest[28] % (len(self._users) - 1)

    def _parent(self, position: int) -> str:
        folder = self._tree.parent(position)
        return self._root if folder is None else self._folder_id(folder)

    def _make_grants(self, owner: int, writer: int, third: int) -> tuple[Permission, ...]:
        return (
            user_grant(self._users[owner], "owner"),
            user_grant(self._users[writer], "writer"),
            self._thirds[third],
        )


def _own(positions: list[int]) -> list[int]:
    """Leave out what belongs to others: it lies in their roots."""
    return [position for position in positions if not falls_on(position, _FOREIGN)]
