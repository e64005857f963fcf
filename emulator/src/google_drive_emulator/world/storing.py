"""What all changes of the world share: an item's new state in, its effects on folders, logs and listeners out."""

import heapq
from collections.abc import Iterable
from hashlib import blake2b

from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.events import DriveEvent, Event, ItemEvent, Listener, Origin
from google_drive_emulator.world.items import Drive, Item, Permission, User
from google_drive_emulator.world.present import Present
from google_drive_emulator.world.quirks import Quirks
from google_drive_emulator.world.reach import Reach
from google_drive_emulator.world.reading import Reading


class MutationError(ValueError):
    """A change that the drive would not allow; the message says why."""


class Storing(Reading):
    """A world whose parts can be put and dropped, logged and told of; the changes themselves are its subclasses'."""

    def __init__(self, now: Present, clock: WorldClock, quirks: Quirks) -> None:
        super().__init__(now, clock, quirks)
        self._listeners: list[Listener] = [self._remember]

    def listen(self, listener: Listener) -> None:
        """Tell a listener of all that happens from now on."""
        self._listeners.append(listener)

    def emit(self, event: Event) -> None:
        """Tell the listeners what happened."""
        for listener in tuple(self._listeners):
            listener(event)

    def log_mention(self, item_id: str) -> frozenset[str]:
        """Make an entry for an item that did not change, such as one commented on; returns the logs it went to."""
        item = self.item(item_id)
        if item is None:
            raise MutationError(f"there is no item {item_id}")
        return self._reach.log_item(item, item)

    def new_id(self) -> str:
        """Return an id that no item has or had."""
        self._now.ids += 1
        return "1" + noise(f"{len(self._now.holdings.source)} {self._now.ids}", 24)

    @property
    def _reach(self) -> Reach:
        return Reach(self._now, self.quirks, self.clock)

    def _remember(self, event: Event) -> None:
        self._now.activity.record(event, self.item)

    def _log(
        self,
        actor: User,
        before: Item | None,
        after: Item | None,
        *,
        origin: Origin | None = None,
        copied_from: str | None = None,
    ) -> None:
        logs = self._reach.log_item(before, after)
        self.emit(ItemEvent(actor, self.clock(), before, after, logs, origin, copied_from))

    def _log_drive(self, actor: User, before: Drive | None, after: Drive | None, emails: Iterable[str]) -> None:
        drive = after or before
        if drive is not None:
            self.emit(DriveEvent(actor, self.clock(), before, after, self._reach.log_drive(drive.id, emails)))

    # ── finding what is to be changed ────────────────────────────────────────

    def _position_of(self, item_id: str) -> int:
        position = self.position(item_id)
        if position is None or self._now.holdings.at(position) is None:
            is_root = item_id in self._now.roots
            raise MutationError("a root folder cannot be changed" if is_root else f"there is no item {item_id}")
        return position

    def _require(self, item_id: str) -> Item:
        held = self._now.holdings.at(self._position_of(item_id))
        if held is None:
            raise MutationError(f"there is no item {item_id}")
        return held

    def _holder(self, item_id: str) -> Item:
        """Return what grants can be made on: an item or the root folder of a shared drive."""
        return self._now.roots.get(item_id) or self._require(item_id)

    def _folder(self, item_id: str) -> Item:
        folder = self._holder(item_id)
        if not folder.is_folder:
            raise MutationError(f"{item_id} is not a folder")
        return folder

    # ── putting and dropping ─────────────────────────────────────────────────

    def _store(self, item: Item) -> Item:
        """Put an item's new state where it belongs and return it with what it inherits."""
        position = self._position_of(item.id)
        held = self._now.holdings.at(position)
        self._put(position, item)
        if item.is_folder and held is not None and _place(held) != _place(item):
            self._now.inheritance.invalidate()
        return self._now.inheritance.effective(item)

    def _put(self, position: int, item: Item) -> None:
        self._now.holdings.put(position, item)
        if item.is_folder:
            self._pass_on(item)

    def _put_root(self, root: Item) -> None:
        self._now.roots[root.id] = root
        self._now.inheritance.set_grants(root.id, root.permissions, is_drive=root.id in self.drives)

    def _pass_on(self, folder: Item) -> None:
        """Let a folder's grants hold below it; an owner alone needs none, for what is below is theirs too."""
        owner_only = folder.owner is not None and len(folder.permissions) == 1
        silent = owner_only and folder.id not in self._now.shared_folders
        self._now.inheritance.set_grants(folder.id, () if silent else folder.permissions)

    def _note_foreign(self, item: Item, folder: Item) -> None:
        """Let the owner of a folder write what others put into it."""
        if folder.owner is None or item.owner is folder.owner or folder.id in self._now.shared_folders:
            return
        self._now.shared_folders.add(folder.id)
        self._pass_on(folder)

    def _note_expiries(self, item_id: str, permissions: Iterable[Permission]) -> None:
        for grant in permissions:
            if grant.expires_ms is not None:
                heapq.heappush(self._now.expiries, (grant.expires_ms, item_id, grant.id))

    def _drop(self, position: int) -> None:
        held = self._now.holdings.at(position)
        self._now.holdings.drop(position)
        if held is None:
            return
        self._now.revisions.forget(held.id)
        self._now.comments.forget(held.id)
        if held.is_folder:
            self._now.inheritance.forget(held.id)


def noise(text: str, size: int) -> str:
    """Return letters and digits that look like chance and follow from a text."""
    return blake2b(text.encode(), digest_size=size).hexdigest()[: size * 4 // 3]


def _place(folder: Item) -> tuple[str | None, bool]:
    """Return what of a folder decides what those below it inherit from above it."""
    return folder.parent, folder.traits.is_limited
