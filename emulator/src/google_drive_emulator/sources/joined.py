"""Several sources as one: their items one source after the other, their accounts and shared drives together."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

import msgspec

from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.sources.synthetic_drives import SyntheticDrives
from google_drive_emulator.sources.tree import Shape
from google_drive_emulator.world.items import Counts, DriveWithMembers, Group, Item, Source, User


class JoinedSource:
    """The items of several sources; creation times rise within each part only.

    No two parts may bring the same account, for each brings its My Drive with it. Raises ``ValueError``.
    """

    def __init__(self, parts: Sequence[Source]) -> None:
        self._parts = tuple(parts)
        self._starts = list(accumulate((len(part) for part in self._parts), initial=0))
        self._users = tuple(user for part in self._parts for user in part.users)
        self._home = {user.email: part for part in self._parts for user in part.users}
        if len(self._home) < len(self._users):
            raise ValueError("two of the sources bring the same account")

    @property
    def users(self) -> Sequence[User]:
        """Return the accounts of all parts, those of the first part first."""
        return self._users

    @property
    def groups(self) -> Sequence[Group]:
        """Return the groups of all parts."""
        return tuple(group for part in self._parts for group in part.groups)

    @property
    def drives(self) -> Sequence[DriveWithMembers]:
        """Return the shared drives of all parts."""
        return tuple(drive for part in self._parts for drive in part.drives)

    @property
    def latest_modified_ms(self) -> int:
        """Return a moment that no item's modification is later than."""
        return max((part.latest_modified_ms for part in self._parts), default=0)

    def __len__(self) -> int:
        return self._starts[-1]

    def root_id(self, user: User) -> str:
        """Return the id of a user's My Drive folder."""
        return self._home[user.email].root_id(user)

    def item(self, position: int) -> Item:
        """Make the item at a position."""
        part, place = self._located(position)
        return part.item(place)

    def position(self, item_id: str) -> int | None:
        """Return the position of an id, or None."""
        for start, part in self._placed():
            found = part.position(item_id)
            if found is not None:
                return start + found
        return None

    def created_ms(self, position: int) -> int:
        """Return when an item was created."""
        part, place = self._located(position)
        return part.created_ms(place)

    def created_within(self, from_ms: int | None, before_ms: int | None) -> Sequence[range]:
        """Return the positions of all items created within a time: one run or more for each part."""
        return [
            range(start + span.start, start + span.stop)
            for start, part in self._placed()
            for span in part.created_within(from_ms, before_ms)
        ]

    def in_drive(self, drive_id: str) -> Sequence[int]:
        """Return the positions of what lies in a shared drive."""
        return self._first(part.in_drive(drive_id) for part in self._parts)

    def children(self, folder_id: str) -> Sequence[int]:
        """Return the positions right below a folder."""
        return self._first(part.children(folder_id) for part in self._parts)

    def folders(self) -> Sequence[int]:
        """Return the positions of the folders."""
        return self._folders

    def counts(self) -> Counts:
        """Count the items of all parts."""
        tallies = [msgspec.structs.astuple(part.counts()) for part in self._parts]
        return Counts(*(sum(column) for column in zip(*tallies, strict=True)))

    @cached_property
    def _folders(self) -> Sequence[int]:
        return [start + position for start, part in self._placed() for position in part.folders()]

    def _placed(self) -> Iterator[tuple[int, Source]]:
        """Give the parts with the position of their first item."""
        return zip(self._starts, self._parts, strict=False)

    def _located(self, position: int) -> tuple[Source, int]:
        """Return the part that an item is of, and its position there."""
        number = bisect_right(self._starts, position) - 1
        return self._parts[number], position - self._starts[number]

    def _first(self, answers: Iterator[Sequence[int]]) -> Sequence[int]:
        """Return the first answer that is not empty, in the positions of the whole: ids are of one part only."""
        for start, answer in zip(self._starts, answers, strict=False):
            if answer:
                return _shifted(answer, start)
        return ()


def _shifted(positions: Sequence[int], by: int) -> Sequence[int]:
    if isinstance(positions, range):
        return range(positions.start + by, positions.stop + by, positions.step)
    return [position + by for position in positions]


def synthetic_source(
    files: int, seed: int = 0, *, drives: int = 0, drive_files: int = 0, shape: Shape = "usual"
) -> Source:
    """Return a synthetic My Drive, with shared drives beside it if there are to be any. Raises ``ValueError``."""
    own = SyntheticSource(files, seed, shape)
    if not drives:
        return own
    return JoinedSource([own, SyntheticDrives(drives, drive_files, seed, own.users, own.groups, shape)])
