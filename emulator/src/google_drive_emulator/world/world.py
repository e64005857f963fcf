"""The emulated world: a source of items and mutations in, the drive's present state and its change logs out.

Only what was changed is stored, on top of the source. Items keep their position for life and new ones come last, so a
listing that goes on after the last position it gave neither skips nor repeats an item.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import msgspec

from google_drive_emulator.search.plan import EVERYTHING, Plan
from google_drive_emulator.sources.content import BytesContent
from google_drive_emulator.sources.synthetic import user_grant
from google_drive_emulator.world.changelog import ChangeLog, Entry
from google_drive_emulator.world.inheritance import Inheritance
from google_drive_emulator.world.items import (
    FOLDER,
    NATIVE_PREFIX,
    SHORTCUT,
    Content,
    Counts,
    Drive,
    Item,
    Permission,
    ShortcutTarget,
    Source,
    User,
)
from google_drive_emulator.world.timestamps import Clock, wall_clock_ms


class MutationError(ValueError):
    """A change that the drive would not allow; the message says why."""


class World:
    """One emulated Google: accounts, their drives, and a change log for each account.

    Mutations are methods; each writes the logs of all who could see the item before or can see it after.
    """

    def __init__(self, source: Source, *, drives: Sequence[Drive] = (), clock: Clock = wall_clock_ms) -> None:
        self._source = source
        self._clock = clock
        self.drives = {drive.id: drive for drive in drives}
        self.roots = {user.email: self._make_root(user) for user in source.users}
        self._inheritance = Inheritance(self._parent_of)
        self.reset()

    def reset(self) -> None:
        """Forget all mutations and changes: the world is as it was at the start."""
        self._overlay: dict[int, Item | None] = {}
        self._created: dict[str, int] = {}
        self._adopted: dict[str, set[int]] = {}
        self.next_position = len(self._source)
        self._logs = {user.email: ChangeLog() for user in self._source.users}
        self._inheritance = Inheritance(self._parent_of, self._inheritance.epoch + 1)
        self._first_change = self.change_id = len(self._source) + 1

    # ── reading ──────────────────────────────────────────────────────────────

    @property
    def users(self) -> Sequence[User]:
        """Return the accounts; the first one is the one that open authentication stands for."""
        return self._source.users

    @property
    def epoch(self) -> int:
        """Return a number that moves whenever items changed through what they inherit, without a new version."""
        return self._inheritance.epoch

    @property
    def root_ids(self) -> frozenset[str]:
        """Return the ids of all My Drive folders."""
        return frozenset(root.id for root in self.roots.values())

    def user(self, email: str) -> User | None:
        """Return the account with an address, or None."""
        return next((user for user in self.users if user.email == email), None)

    def position(self, item_id: str) -> int | None:
        """Return the position of an item, deleted or not; None for an id that never was one."""
        created = self._created.get(item_id)
        return self._source.position(item_id) if created is None else created

    def item_at(self, position: int) -> Item | None:
        """Return the item at a position with what it inherits; None when it was deleted."""
        stored = self._stored_at(position)
        return stored if stored is None else self._inheritance.effective(stored)

    def item(self, item_id: str) -> Item | None:
        """Return the item or root folder with an id, or None."""
        position = self.position(item_id)
        if position is not None:
            return self.item_at(position)
        return next((root for root in self.roots.values() if root.id == item_id), None)

    def positions(self, plan: Plan = EVERYTHING, *, after: int = -1) -> Iterator[int]:
        """Give the positions above ``after`` that a plan's matches can lie at, ascending.

        Deleted items may be among them.
        """
        for part in self._parts(plan):
            for index in range(bisect_right(part, after), len(part)):
                yield part[index]

    def children(self, folder_id: str) -> list[int]:
        """Return the positions of the items right below a folder, ascending."""
        kept = [position for position in self._source.children(folder_id) if position not in self._overlay]
        return sorted(self._adopted.get(folder_id, set()).union(kept))

    def descendants(self, folder_id: str) -> Iterator[int]:
        """Give the positions of all items below a folder, parents before children."""
        pending = [folder_id]
        while pending:
            for position in self.children(pending.pop()):
                yield position
                item = self._stored_at(position)
                if item is not None and item.is_folder:
                    pending.append(item.id)

    def changes_since(self, user: User, number: int) -> Iterator[Entry]:
        """Give the entries of a user's log from a change number on, oldest first (facts A5)."""
        return self._logs[user.email].since(number)

    def counts(self) -> Counts:
        """Count the items; root folders are not counted."""
        counts = self._source.counts()
        tally = [counts.items, counts.folders, counts.shortcuts, counts.trashed]
        for position, item in self._overlay.items():
            if position < len(self._source):
                _tally(tally, self._source.item(position), -1)
            if item is not None:
                _tally(tally, item, 1)
        tally[3] += self._implicitly_trashed()
        return Counts(*tally)

    def own_permissions(self, item_id: str) -> tuple[Permission, ...]:
        """Return the grants made on an item itself, without those it inherits."""
        stored = self._stored(item_id)
        return () if stored is None else stored.permissions

    def is_below(self, item_id: str, folder_id: str) -> bool:
        """Tell whether an item is a folder itself or lies anywhere below it."""
        place: str | None = item_id
        while place is not None and place != folder_id:
            place = self._parent_of(place)
        return place is not None

    # ── changing ─────────────────────────────────────────────────────────────

    def create(
        self,
        name: str,
        *,
        mime_type: str = "application/octet-stream",
        parent: str | None = None,
        data: bytes = b"",
        target: str | None = None,
        owner: User | None = None,
    ) -> Item:
        """Add an item below a folder (by default the owner's root). A shortcut needs a ``target``."""
        owner = owner or self.users[0]
        parent = self.roots[owner.email].id if parent is None else parent
        self._require_folder(parent)
        position, now = self.next_position, self._clock()
        content = None if mime_type.startswith(NATIVE_PREFIX) else BytesContent(data)
        item = Item(
            id=self._new_id(),
            name=name,
            mime_type=mime_type,
            parent=parent,
            owner=owner,
            modifier=owner,
            created_ms=now,
            modified_ms=now,
            permissions=(user_grant(owner, "owner"),),
            size=_size(mime_type, content),
            content=content,
            head_revision=self._new_revision() if content else None,
            target=self._target(target) if mime_type == SHORTCUT else None,
            original_name=name if content else None,
        )
        self.next_position += 1
        self._created[item.id] = position
        return self._put(position, item)

    def rename(self, item_id: str, name: str) -> Item:
        """Give an item another name."""
        return self._change(item_id, name=name)

    def touch(self, item_id: str) -> Item:
        """Set an item's modification to now."""
        return self._change(item_id, modified_ms=self._clock())

    def edit(self, item_id: str, data: bytes) -> Item:
        """Give a file new content; a document of the Docs editors only changes size."""
        held = self._require(item_id)
        if held.size is None:
            raise MutationError(f"{item_id} is a folder or shortcut and has no content to edit")
        if held.content is None:
            return self._change(item_id, modified_ms=self._clock(), size=len(data))
        return self._change(
            item_id,
            modified_ms=self._clock(),
            size=len(data),
            content=BytesContent(data),
            head_revision=self._new_revision(),
        )

    def move(self, item_id: str, parent: str) -> Item:
        """Put an item into another folder."""
        self._require(item_id)
        self._require_folder(parent)
        if self.is_below(parent, item_id):
            raise MutationError(f"{item_id} cannot be moved into itself or below itself")
        return self._change(item_id, parent=parent)

    def trash(self, item_id: str) -> Item:
        """Trash an item; what is below a folder is trashed with it, without changes of its own (facts A5, A6)."""
        return self._set_trashed(item_id, trashed=True)

    def restore(self, item_id: str) -> Item:
        """Take an item out of the trash."""
        return self._set_trashed(item_id, trashed=False)

    def delete(self, item_id: str) -> None:
        """Delete an item for good; what is below a folder goes with it, without changes of its own."""
        held = self._require(item_id)
        if held.is_folder:
            for position in list(self.descendants(item_id)):
                self._drop(position)
        position = self._position_of(item_id)
        before = self.item_at(position)
        self._drop(position)
        self._log(before, None)

    def share(self, item_id: str, permission: Permission) -> Item:
        """Give a grantee a role on an item, replacing an earlier one; on a folder it holds for all below."""
        held = self._require(item_id)
        if permission.role == "owner" or permission.id == held.owner.permission_id:
            raise MutationError("the owner's permission cannot be given away or changed")
        others = tuple(each for each in held.permissions if each.id != permission.id)
        if held.is_folder:
            grants = tuple(each for each in self._inheritance.grants(item_id) if each.id != permission.id)
            before = self.item(item_id)
            self._inheritance.set_grants(item_id, (*grants, permission))
            return self._change(item_id, before=before, permissions=(*others, permission))
        return self._change(item_id, permissions=(*others, permission))

    def unshare(self, item_id: str, permission_id: str) -> Item:
        """Take a grant away; one that an item inherits must be taken from the folder it was made on."""
        held = self._require(item_id)
        if permission_id == held.owner.permission_id:
            raise MutationError("the owner's permission cannot be taken away")
        kept = tuple(each for each in held.permissions if each.id != permission_id)
        if len(kept) == len(held.permissions):
            raise MutationError(f"{item_id} has no permission {permission_id} of its own")
        before = self.item(item_id)
        if held.is_folder:
            grants = tuple(each for each in self._inheritance.grants(item_id) if each.id != permission_id)
            self._inheritance.set_grants(item_id, grants)
        return self._change(item_id, before=before, permissions=kept)

    # ── inside ───────────────────────────────────────────────────────────────

    def _make_root(self, user: User) -> Item:
        created_ms = self._source.created_ms(0) if len(self._source) else 0
        return Item(
            id=self._source.root_id(user),
            name="My Drive",
            mime_type=FOLDER,
            parent=None,
            owner=user,
            modifier=user,
            created_ms=created_ms,
            modified_ms=created_ms,
            permissions=(user_grant(user, "owner"),),
        )

    def _stored_at(self, position: int) -> Item | None:
        if position in self._overlay:
            return self._overlay[position]
        return self._source.item(position) if 0 <= position < len(self._source) else None

    def _stored(self, item_id: str) -> Item | None:
        position = self.position(item_id)
        return None if position is None else self._stored_at(position)

    def _parent_of(self, item_id: str) -> str | None:
        stored = self._stored(item_id)
        return None if stored is None else stored.parent

    def _parts(self, plan: Plan) -> Iterator[Sequence[int]]:
        """Give ascending runs of candidates, the runs themselves ascending."""
        added = range(len(self._source), self.next_position)
        if plan.parent_id is not None:
            yield self.children(plan.parent_id)
            return
        low, high = self._created_bounds(plan)
        if plan.modified_from_ms is not None and plan.modified_from_ms > self._source.latest_modified_ms:
            yield sorted(position for position in self._overlay if low <= position < high)
        elif plan.folders_only:
            folders = self._source.folders()
            yield folders[bisect_left(folders, low) : bisect_left(folders, high)]
        else:
            yield range(low, high)
        yield added

    def _created_bounds(self, plan: Plan) -> tuple[int, int]:
        everything = range(len(self._source))
        low, high = 0, len(everything)
        if plan.created_from_ms is not None:
            low = bisect_left(everything, plan.created_from_ms, key=self._source.created_ms)
        if plan.created_before_ms is not None:
            high = bisect_left(everything, plan.created_before_ms, key=self._source.created_ms)
        return low, max(low, high)

    def _implicitly_trashed(self) -> int:
        found: set[int] = set()
        for folder_id in self._inheritance.trashed_folders:
            found.update(self.descendants(folder_id))
        stored = (self._stored_at(position) for position in found)
        return sum(item is not None and not item.explicitly_trashed for item in stored)

    def _position_of(self, item_id: str) -> int:
        position = self.position(item_id)
        if position is None or self._stored_at(position) is None:
            raise MutationError(
                f"there is no item {item_id}" if item_id not in self.root_ids else "a root folder cannot be changed"
            )
        return position

    def _require(self, item_id: str) -> Item:
        held = self._stored_at(self._position_of(item_id))
        if held is None:
            raise MutationError(f"there is no item {item_id}")
        return held

    def _require_folder(self, item_id: str) -> None:
        if item_id not in self.root_ids and not self._require(item_id).is_folder:
            raise MutationError(f"{item_id} is not a folder")

    def _target(self, target_id: str | None) -> ShortcutTarget:
        if target_id is None:
            raise MutationError("a shortcut needs the id of its target")
        return ShortcutTarget(target_id, self._require(target_id).mime_type)

    def _set_trashed(self, item_id: str, *, trashed: bool) -> Item:
        held, before = self._require(item_id), self.item(item_id)
        if held.is_folder:
            self._inheritance.set_trashed(item_id, trashed=trashed)
        return self._change(item_id, before=before, trashed=trashed, explicitly_trashed=trashed)

    def _change(self, item_id: str, *, before: Item | None = None, **fields: object) -> Item:
        position = self._position_of(item_id)
        held = self._require(item_id)
        changed = msgspec.structs.replace(held, version=held.version + 1, **fields)
        return self._put(position, changed, before=before or self.item_at(position))

    def _put(self, position: int, item: Item, before: Item | None = None) -> Item:
        self._disown(position)
        moved = before is not None and before.parent != item.parent
        self._overlay[position] = item
        if item.parent is not None:
            self._adopted.setdefault(item.parent, set()).add(position)
        if moved and item.is_folder:
            self._inheritance.invalidate()
        effective = self._inheritance.effective(item)
        self._log(before, effective)
        return effective

    def _drop(self, position: int) -> None:
        held = self._stored_at(position)
        self._disown(position)
        self._overlay[position] = None
        if held is not None and held.is_folder:
            self._inheritance.forget(held.id)

    def _disown(self, position: int) -> None:
        held = self._overlay.get(position)
        if held is not None and held.parent is not None:
            self._adopted[held.parent].discard(position)

    def _log(self, before: Item | None, after: Item | None) -> None:
        self.change_id += 1
        item = after or before
        if item is None:
            return
        entry = Entry(self.change_id, item.id, self._clock())
        for user in self.users:
            if any(state is not None and state.role_of(user) for state in (before, after)):
                self._logs[user.email].append(entry)

    def _new_id(self) -> str:
        return "1" + _noise(f"{self._first_change} {self.next_position}", 24)

    def _new_revision(self) -> str:
        return "0B" + _noise(f"revision {self.change_id}", 18) + "PQ"


def _noise(text: str, size: int) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()[: size * 4 // 3]


def _size(mime_type: str, content: Content | None) -> int | None:
    if content is not None:
        return content.size
    return None if mime_type in {FOLDER, SHORTCUT} else 1024


def _tally(tally: list[int], item: Item, sign: int) -> None:
    tally[0] += sign
    tally[1] += sign * item.is_folder
    tally[2] += sign * item.is_shortcut
    tally[3] += sign * item.explicitly_trashed
