"""Synthetic shared drives: how many, how large and a seed in, drives whose items are made when asked for out.

The drives take turns: position ``n`` belongs to drive ``n % drives`` and is place ``n // drives`` of its tree. So all
drives together have one timeline, and nothing is kept for each item.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from google_drive_emulator.sources.kinds import FOLDER_EVERY, count_kinds, is_folder
from google_drive_emulator.sources.making import ItemMaker
from google_drive_emulator.sources.membership import Membership
from google_drive_emulator.sources.names import item_name
from google_drive_emulator.sources.noise import Noise
from google_drive_emulator.sources.timeline import LAST_MS, Timeline
from google_drive_emulator.sources.tree import Shape, Tree
from google_drive_emulator.world.items import (
    Counts,
    Drive,
    DriveWithMembers,
    Group,
    Item,
    Traits,
    User,
    bisected,
)

MAX_DRIVES = 100_000
MAX_DRIVE_FILES = 500_000  # as Drive allows (facts A11)

_KEPT_IDS = 16_384


class SyntheticDrives:
    """``drives`` shared drives with ``files`` items each, among accounts that another source brings.

    Of some the first user is an organizer, others are theirs by a group, a few are not. About 1 file in 24 is shared
    with one user besides the members, and 1 in 256 with anyone who has its link. Raises ``ValueError``.
    """

    def __init__(
        self, drives: int, files: int, seed: int, users: Sequence[User], groups: Sequence[Group], shape: Shape = "usual"
    ) -> None:
        if not 0 <= drives <= MAX_DRIVES:
            raise ValueError(f"the number of shared drives must be from 0 to {MAX_DRIVES}, not {drives}")
        if not 0 <= files <= MAX_DRIVE_FILES:
            raise ValueError(f"the number of files in a shared drive must be from 0 to {MAX_DRIVE_FILES}, not {files}")
        self._trees, self._files = drives, files
        self._noise = Noise(f"{seed} drives")
        self._tree = Tree(files, self._noise, shape)
        self._timeline = Timeline(drives * files, self._noise)
        self._maker = ItemMaker(self._noise, self._timeline, max(1, drives))
        self._membership = Membership(users, groups, self._noise)
        self._drives = tuple(self._make_drive(number) for number in range(drives))
        self._editors = tuple(self._membership.editors(each.members) for each in self._drives)
        self._numbers = {each.drive.id: number for number, each in enumerate(self._drives)}
        self._folder_id = lru_cache(maxsize=_KEPT_IDS)(self._noise.item_id)

    @property
    def users(self) -> Sequence[User]:
        """Return no accounts of its own."""
        return ()

    @property
    def groups(self) -> Sequence[Group]:
        """Return no groups of its own."""
        return ()

    @property
    def drives(self) -> Sequence[DriveWithMembers]:
        """Return the shared drives."""
        return self._drives

    @property
    def latest_modified_ms(self) -> int:
        """Return the end of the time in which synthetic items change."""
        return LAST_MS

    def __len__(self) -> int:
        return self._trees * self._files

    def root_id(self, user: User) -> str:
        """Raise ``KeyError``: there are no accounts here."""
        raise KeyError(user.email)

    def position(self, item_id: str) -> int | None:
        """Read the position out of an id; None when no item has it."""
        return self._noise.position(item_id, len(self))

    def created_ms(self, position: int) -> int:
        """Return when an item was created."""
        return self._timeline.created_ms(position)

    def created_within(self, from_ms: int | None, before_ms: int | None) -> Sequence[range]:
        """Return the positions of all items created within a time."""
        return (bisected(len(self), self.created_ms, from_ms, before_ms),)

    def in_drive(self, drive_id: str) -> Sequence[int]:
        """Return the positions of what lies in a shared drive."""
        number = self._numbers.get(drive_id)
        return range(0) if number is None else range(number, len(self), self._trees)

    def children(self, folder_id: str) -> Sequence[int]:
        """Return the positions right below a folder or the root folder of a drive."""
        number = self._numbers.get(folder_id)
        if number is not None:
            return self._positions(number, self._tree.children(None))
        position = self.position(folder_id)
        if position is None or not is_folder(position // self._trees):
            return ()
        place, number = divmod(position, self._trees)
        return self._positions(number, self._tree.children(place))

    def folders(self) -> Sequence[int]:
        """Return the positions of the folders."""
        starts = range(0, len(self), FOLDER_EVERY * max(1, self._trees))
        return [position for start in starts for position in range(start, start + self._trees)]

    def counts(self) -> Counts:
        """Count the items; every drive has the same number of each kind."""
        each = count_kinds(self._files)
        return Counts(*(self._trees * number for number in msgspec.structs.astuple(each)))

    def item(self, position: int) -> Item:
        """Make an item."""
        digest = self._noise.digest(position)
        place, number = divmod(position, self._trees)
        editors = self._editors[number]
        item = self._maker.make(
            position,
            digest,
            parent=self._parent(place, number),
            owner=None,
            modifier=editors[digest[29] % len(editors)],
            permissions=() if is_folder(place) else self._membership.direct_grants(digest[28], digest[29]),
            drive_id=self._drives[number].drive.id,
        )
        if not item.trashed:
            return item
        return msgspec.structs.replace(item, traits=Traits(trashed_ms=item.modified_ms, trasher=item.modifier))

    def _parent(self, place: int, number: int) -> str:
        folder = self._tree.parent(place)
        return self._drives[number].drive.id if folder is None else self._folder_id(folder * self._trees + number)

    def _positions(self, number: int, places: Sequence[int]) -> list[int]:
        return [place * self._trees + number for place in places]

    def _make_drive(self, number: int) -> DriveWithMembers:
        maker, members = self._membership.of_drive(number)
        drive_id = "0A" + self._noise.name(f"drive {number}", 9)[:11] + "Uk9PVA"
        name = item_name(int.from_bytes(self._noise.digest(len(self) + number)[:5]))
        drive = Drive(drive_id, name, self._timeline.created_ms(number), domain=maker.domain)
        return DriveWithMembers(drive, maker, members)
