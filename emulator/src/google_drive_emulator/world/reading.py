"""Reading the world: ids, positions, folders and users in, items with what they inherit out."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from google_drive_emulator.search.plan import EVERYTHING, Plan
from google_drive_emulator.world.accounts import Accounts
from google_drive_emulator.world.activity import ActivityLog
from google_drive_emulator.world.changelog import ChangeLog, Entry
from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.comments import Comments
from google_drive_emulator.world.items import Counts, Drive, Item, Permission, User
from google_drive_emulator.world.mail import Mail
from google_drive_emulator.world.marks import Marks
from google_drive_emulator.world.present import Present
from google_drive_emulator.world.quirks import Quirks
from google_drive_emulator.world.revisions import Revisions
from google_drive_emulator.world.viewer import Viewer


class Reading:
    """What can be asked of a world; ``World`` adds what can be changed."""

    def __init__(self, now: Present, clock: WorldClock, quirks: Quirks) -> None:
        self.clock = clock
        self.quirks = quirks
        self._now = now
        self._viewers: dict[str, tuple[int, Viewer]] = {}

    @property
    def accounts(self) -> Accounts:
        """Return the users and groups."""
        return self._now.accounts

    @property
    def users(self) -> Sequence[User]:
        """Return the accounts; the first one is the one that open authentication stands for."""
        return self._now.accounts.users

    @property
    def drives(self) -> Mapping[str, Drive]:
        """Return the shared drives by id."""
        return self._now.drives

    @property
    def revisions(self) -> Revisions:
        """Return the past contents of files."""
        return self._now.revisions

    @property
    def comments(self) -> Comments:
        """Return what was said about files."""
        return self._now.comments

    @property
    def activity(self) -> ActivityLog:
        """Return the record of what was done, for Drive Activity."""
        return self._now.activity

    @property
    def mails(self) -> Sequence[Mail]:
        """Return what was last written to people, oldest first."""
        return tuple(self._now.mails)

    @property
    def change_id(self) -> int:
        """Return the number of the newest change."""
        return self._now.change_id

    @property
    def original_count(self) -> int:
        """Return how many items the world began with; theirs are the first positions."""
        return len(self._now.holdings.source)

    @property
    def next_position(self) -> int:
        """Return the position that the next new item gets."""
        return self._now.holdings.next_position

    @property
    def epoch(self) -> int:
        """Return a number that moves whenever items may look different without a new version."""
        return self._now.epoch

    @property
    def hides_link_children(self) -> bool:
        """Tell whether what is reached by a link only must be opened before it is listed."""
        return self.quirks.hide_link_children

    @property
    def roots(self) -> Mapping[str, Item]:
        """Return the My Drive folders by their owners' addresses."""
        return {email: self._now.roots[root_id] for email, root_id in self._now.my_drives.items()}

    def user(self, email: str) -> User | None:
        """Return the account with an address, or None."""
        return self._now.accounts.user(email)

    def root_id(self, user: User) -> str:
        """Return the id of a user's My Drive folder."""
        return self._now.my_drives[user.email]

    def principals(self, user: User) -> frozenset[str]:
        """Return the ids of all grants that reach a user."""
        return self._now.accounts.principals(user)

    def marks(self, user: User) -> Marks:
        """Return a user's marks."""
        return self._now.marks[user.email]

    def viewer(self, user: User) -> Viewer:
        """Return a user's eyes."""
        epoch = self._now.accounts.epoch
        known = self._viewers.get(user.email)
        if known is None or known[0] != epoch:
            known = self._viewers[user.email] = (epoch, Viewer(user, self.root_id(user), self))
        return known[1]

    def position(self, item_id: str) -> int | None:
        """Return the position of an item, deleted or not; None for a root folder and an id that never was one."""
        return self._now.holdings.position(item_id)

    def item_at(self, position: int) -> Item | None:
        """Return the item at a position with what it inherits; None when it was deleted."""
        stored = self._now.holdings.at(position)
        return stored if stored is None else self._now.inheritance.effective(stored)

    def item(self, item_id: str) -> Item | None:
        """Return the item or root folder with an id, with what it inherits; or None."""
        position = self.position(item_id)
        if position is not None:
            return self.item_at(position)
        root = self._now.roots.get(item_id)
        return root if root is None else self._now.inheritance.effective(root)

    def stored(self, item_id: str) -> Item | None:
        """Return the item or root folder with an id as it is by itself, without what it inherits; or None."""
        return self._now.folder(item_id)

    def original(self, item_id: str) -> Item | None:
        """Return an item as the world's source made it, whatever became of it; None for one added since."""
        source, position = self._now.holdings.source, self.position(item_id)
        return None if position is None or position >= len(source) else source.item(position)

    def changed_items(self) -> Iterator[Item]:
        """Give the items that were changed or added, as they are by themselves."""
        return (item for _, item in self._now.holdings.stored() if item is not None)

    def is_pristine(self, position: int) -> bool:
        """Tell whether an item is as its source made it, apart from what it inherits."""
        return self._now.holdings.is_pristine(position)

    def inserted_ms(self, position: int) -> int | None:
        """Return when an item was added to the world; None for one that it began with."""
        return self._now.holdings.inserted_ms.get(position)

    def created_ms(self, position: int) -> int | None:
        """Return when the item at a position was created, without making it; None when it was deleted."""
        return self._now.holdings.created_ms(position)

    def positions(self, plan: Plan = EVERYTHING, *, after: int = -1) -> Iterator[int]:
        """Give the positions above ``after`` that a plan's matches can lie at, ascending.

        Deleted items may be among them.
        """
        return self._now.holdings.positions(plan, after=after)

    @property
    def edition(self) -> int:
        """Return a number that moves whenever an item is changed, added or deleted, told in a log or not."""
        return self._now.holdings.edition

    def changed(self, plan: Plan = EVERYTHING) -> Sequence[int]:
        """Return the positions of what is no longer as it began that a plan's matches can lie at, ascending."""
        return self._now.holdings.changed(plan)

    def children(self, folder_id: str) -> list[int]:
        """Return the positions of the items right below a folder, ascending."""
        return self._now.holdings.children(folder_id)

    def descendants(self, folder_id: str) -> Iterator[int]:
        """Give the positions of all items below a folder, parents before children."""
        return self._now.holdings.descendants(folder_id)

    def log(self, key: str) -> ChangeLog:
        """Return the log of a user, by address, or of a shared drive, by id."""
        return self._now.logs[key]

    def changes_since(self, user: User, number: int) -> Iterator[Entry]:
        """Give the entries of a user's log from a change number on, oldest first (facts A5)."""
        return self._now.logs[user.email].since(number)

    def counts(self) -> Counts:
        """Count the items; root folders are not counted."""
        counts = self._now.holdings.counts()
        return msgspec.structs.replace(counts, trashed=counts.trashed + self._implicitly_trashed())

    def own_permissions(self, item_id: str) -> tuple[Permission, ...]:
        """Return the grants made on an item itself, without those it inherits."""
        stored = self.stored(item_id)
        return () if stored is None else stored.permissions

    def is_below(self, item_id: str, folder_id: str) -> bool:
        """Tell whether an item is a folder itself or lies anywhere below it."""
        return any(place == folder_id for place in self._path(item_id))

    def depth(self, item_id: str) -> int:
        """Return how many folders an item lies below, the root folder included."""
        return sum(1 for _ in self._path(item_id)) - 1

    def _path(self, item_id: str) -> Iterator[str]:
        """Give an item and all folders above it, upwards."""
        place: str | None = item_id
        while place is not None:
            yield place
            stored = self.stored(place)
            place = None if stored is None else stored.parent

    def _implicitly_trashed(self) -> int:
        found: set[int] = set()
        for folder_id in self._now.inheritance.trashed_folders:
            found.update(self.descendants(folder_id))
        stored = (self._now.holdings.at(position) for position in found)
        return sum(item is not None and not item.explicitly_trashed for item in stored)
