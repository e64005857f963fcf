"""Changing items: what is to be new about an item in, its new state and entries in the change logs out."""

from typing import Any

import msgspec

from google_drive_emulator.sources.content import BytesContent
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.events import ItemEvent, Origin
from google_drive_emulator.world.items import (
    FOLDER,
    NATIVE_PREFIX,
    NO_TRAITS,
    RANK,
    SHORTCUT,
    Content,
    Item,
    Permission,
    ShortcutTarget,
    Traits,
    User,
)
from google_drive_emulator.world.storing import MutationError, Storing, noise

DOCUMENT_BYTES = 1024


class Editing(Storing):
    """A world whose items can be made, changed, moved, trashed and deleted, starred, viewed and opened."""

    def create(
        self,
        name: str,
        *,
        mime_type: str = "application/octet-stream",
        parent: str | None = None,
        data: bytes = b"",
        content: Content | None = None,
        target: str | None = None,
        owner: User | None = None,
        item_id: str | None = None,
        created_ms: int | None = None,
        modified_ms: int | None = None,
        description: str | None = None,
        original_name: str | None = None,
        traits: Traits = NO_TRAITS,
        origin: Origin = "new",
        copied_from: str | None = None,
    ) -> Item:
        """Add an item below a folder (by default the owner's root). A shortcut needs a ``target``.

        ``owner`` is who makes it; in a shared drive nobody owns it. A blob's bytes are ``content`` or ``data``.
        """
        owner = owner or self.users[0]
        folder = self._folder(self.root_id(owner) if parent is None else parent)
        if item_id is not None and self.stored(item_id) is not None:
            raise MutationError(f"there is already an item {item_id}")
        now = self.clock()
        content = None if mime_type.startswith(NATIVE_PREFIX) else content or BytesContent(data)
        item = Item(
            id=item_id or self.new_id(),
            name=name,
            mime_type=mime_type,
            modifier=owner,
            created_ms=now if created_ms is None else created_ms,
            modified_ms=now if modified_ms is None else modified_ms,
            **_belonging(folder, owner),
            size=_size(mime_type, content, traits.text),
            content=content,
            head_revision=self._new_revision() if content else None,
            target=self._target(target) if mime_type == SHORTCUT else None,
            description=description,
            original_name=(original_name or name) if content else None,
            traits=traits,
        )
        self._now.holdings.add(item, now)
        self._note_foreign(item, folder)
        effective = self._now.inheritance.effective(item)
        self._log(owner, None, effective, origin=origin, copied_from=copied_from)
        return effective

    def update(self, item_id: str, *, by: User | None = None, **fields: Any) -> Item:  # Item's fields
        """Set fields of an item in one change: any of ``Item``'s, as they are stored.

        ``parent`` moves it, ``trashed`` trashes or restores it, ``content`` replaces its bytes and makes a revision.
        Raises ``MutationError``.
        """
        held, before = self._require(item_id), self.item(item_id)
        actor = by or self.users[0]
        if "parent" in fields:
            fields |= self._moved(held, fields["parent"], actor)
        if "content" in fields:
            fields = self._rewritten(held, fields["content"]) | fields
        if "trashed" in fields:
            fields |= self._trashed(held, actor, trashed=fields["trashed"], traits=fields.get("traits", held.traits))
        if "permissions" in fields:
            self._note_expiries(item_id, fields["permissions"])
        after = self._store(msgspec.structs.replace(held, **{"version": held.version + 1} | fields))
        self._log(actor, before, after)
        return after

    def rename(self, item_id: str, name: str, *, by: User | None = None) -> Item:
        """Give an item another name."""
        return self.update(item_id, by=by, name=name)

    def touch(self, item_id: str, *, by: User | None = None) -> Item:
        """Set an item's modification to now."""
        return self.update(item_id, by=by, modified_ms=self.clock())

    def edit(self, item_id: str, data: bytes, *, by: User | None = None) -> Item:
        """Give a file new content; a document of the Docs editors gets a new text."""
        held = self._require(item_id)
        if held.size is None:
            raise MutationError(f"{item_id} is a folder or shortcut and has no content to edit")
        written = {"modified_ms": self.clock(), "modifier": by or self.users[0]}
        if held.content is not None:
            return self.update(item_id, by=by, content=BytesContent(data), **written)
        self._now.revisions.supersede(held, self.clock())
        text = msgspec.structs.replace(held.traits, text=data.decode("utf-8", "replace"))
        return self.update(item_id, by=by, size=len(data), traits=text, **written)

    def move(self, item_id: str, parent: str, *, by: User | None = None) -> Item:
        """Put an item into another folder, of the same drive or another one."""
        return self.update(item_id, by=by, parent=parent)

    def trash(self, item_id: str, *, by: User | None = None) -> Item:
        """Trash an item; what is below a folder is trashed with it, without changes of its own (facts A5, A6)."""
        return self.update(item_id, by=by, trashed=True)

    def restore(self, item_id: str, *, by: User | None = None) -> Item:
        """Take an item out of the trash."""
        return self.update(item_id, by=by, trashed=False)

    def delete(self, item_id: str, *, by: User | None = None) -> None:
        """Delete an item for good, and with it what is below it and has the same owner, without changes of its own.

        What others own below it goes to their My Drives, which their logs tell.
        """
        held, before = self._require(item_id), self.item(item_id)
        actor = by or self.users[0]
        doomed, spared = self._below(held)
        for each in spared:
            self.update(each.id, by=actor, parent=self.root_id(each.owner or actor))
        for position in doomed:
            self._drop(position)
        self._drop(self._position_of(item_id))
        self._log(actor, before, None)

    # ── what belongs to a user ───────────────────────────────────────────────

    def star(self, item_id: str, user: User, *, starred: bool) -> Item:
        """Star an item for a user; only that user's log tells of it."""
        self._require(item_id)
        self.marks(user).stars[item_id] = starred
        return self._touch_silently(item_id, user, logged=True)

    def view(self, item_id: str, user: User) -> Item:
        """Let a user look at an item, which no one else is told (facts A5)."""
        self._require(item_id)
        self.marks(user).viewed_ms[item_id] = self.clock()
        self.open_link(item_id, user)
        return self._touch_silently(item_id, user, logged=self.quirks.views_log_changes)

    def open_link(self, item_id: str, user: User) -> None:
        """Note that a user opened what they reach by a link only: from then on it is among what they have."""
        item = self.item(item_id)
        if item is not None and item.parent is not None and self.viewer(user).needs_opening(item):
            marks = self.marks(user)
            marks.opened.add(item_id)
            marks.shared_ms.setdefault(item_id, self.clock())
            self._now.marks_epoch += 1

    # ── inside ───────────────────────────────────────────────────────────────

    def _target(self, target_id: str | None) -> ShortcutTarget:
        if target_id is None:
            raise MutationError("a shortcut needs the id of its target")
        target = self._holder(target_id)
        return ShortcutTarget(target_id, target.mime_type, target.traits.resource_key)

    def _moved(self, held: Item, parent: str, actor: User) -> dict[str, Any]:
        folder = self._folder(parent)
        if self.is_below(parent, held.id):
            raise MutationError(f"{held.id} cannot be moved into itself or below itself")
        fields: dict[str, Any] = {"parent": parent}  # as Item's are
        if folder.drive_id != held.drive_id:
            fields |= _transferred(held, folder.drive_id, actor)
            self._transfer_below(held, folder.drive_id, actor)
        self._note_foreign(msgspec.structs.replace(held, **fields), folder)
        return fields

    def _below(self, held: Item) -> tuple[list[int], list[Item]]:
        """Return the positions below a folder that go with it, and the items right below those that do not."""
        doomed: list[int] = []
        spared: list[Item] = []
        lost = {held.id}
        for position in self.descendants(held.id) if held.is_folder else ():
            item = self._now.holdings.at(position)
            if item is None:
                continue
            if held.owner is None or (item.owner is not None and item.is_owned_by(held.owner)):
                doomed.append(position)
                lost.add(item.id)
            elif item.parent in lost:
                spared.append(item)
        return doomed, spared

    def _transfer_below(self, folder: Item, drive_id: str | None, actor: User) -> None:
        """Take what is below a folder into another corpus with it, of which no log tells."""
        for position in list(self.descendants(folder.id)) if folder.is_folder else ():
            below = self._now.holdings.at(position)
            if below is not None:
                self._put(position, msgspec.structs.replace(below, **_transferred(below, drive_id, actor)))

    def _rewritten(self, held: Item, content: Content) -> dict[str, Any]:
        self._now.revisions.supersede(held, self.clock())
        unkept = msgspec.structs.replace(held.traits, keep_head_revision=False)
        return {"size": content.size, "head_revision": self._new_revision(), "traits": unkept}

    def _trashed(self, held: Item, actor: User, *, trashed: bool, traits: Traits) -> dict[str, Any]:
        if held.is_folder:
            self._now.inheritance.set_trashed(held.id, trashed=trashed)
        when, who = (self.clock(), actor) if trashed else (None, None)
        return {
            "explicitly_trashed": trashed,
            "traits": msgspec.structs.replace(traits, trashed_ms=when, trasher=who),
        }

    def _touch_silently(self, item_id: str, user: User, *, logged: bool) -> Item:
        """Give an item a new version for what concerns one user only."""
        held, before = self._require(item_id), self.item(item_id)
        after = self._store(msgspec.structs.replace(held, version=held.version + 1))
        logs = self._reach.log_for(after, user.email) if logged else frozenset[str]()
        self.emit(ItemEvent(user, self.clock(), before, after, logs))
        return after

    def _new_revision(self) -> str:
        return "0B" + noise(f"revision {self._now.change_id} {self._now.ids}", 18) + "PQ"


def _transferred(item: Item, drive_id: str | None, actor: User) -> dict[str, Any]:
    """Return what changes of an item when it goes into a shared drive, where nobody owns it, or out to a new owner."""
    grants = tuple(each for each in item.permissions if each.role != "owner")
    if drive_id is None:
        others = tuple(_of_my_drive(each) for each in grants if each.id != actor.permission_id)
        owned = {"owner": actor, "permissions": (user_grant(actor, "owner"), *others)}
    else:
        owned = {"owner": None, "permissions": grants}
    return {"drive_id": drive_id, "version": item.version + 1, **owned}


def _belonging(folder: Item, owner: User) -> dict[str, Any]:
    """Return what of an item follows from the folder that someone makes it in."""
    if folder.drive_id is not None:
        return {"parent": folder.id, "drive_id": folder.drive_id, "owner": None, "permissions": ()}
    return {"parent": folder.id, "owner": owner, "permissions": (user_grant(owner, "owner"),)}


def _of_my_drive(grant: Permission) -> Permission:
    """My Drive knows no role above writer but the owner's (facts A7)."""
    return grant if RANK[grant.role] <= RANK["writer"] else msgspec.structs.replace(grant, role="writer")


def _size(mime_type: str, content: Content | None, text: str | None) -> int | None:
    if content is not None:
        return content.size
    if text is not None:
        return len(text.encode())
    return None if mime_type in {FOLDER, SHORTCUT} else DOCUMENT_BYTES
