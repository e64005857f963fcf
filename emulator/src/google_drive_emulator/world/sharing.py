"""Changing who may see items: grants in, the items they hold on and entries in the change logs out (facts A5, A7)."""

import heapq

import msgspec

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.events import ItemEvent
from google_drive_emulator.world.items import LINK_IDS, Item, Permission, User
from google_drive_emulator.world.mail import Mail
from google_drive_emulator.world.reach import changed_parts
from google_drive_emulator.world.storing import MutationError, Storing


class Sharing(Storing):
    """A world whose items can be shared and given away."""

    def share(self, item_id: str, permission: Permission, *, by: User | None = None) -> Item:
        """Give a grantee a role on an item, replacing an earlier one; on a folder it holds for all below.

        On the root folder of a shared drive it makes a member. An item has one grant to everybody at most.
        """
        held = self._holder(item_id)
        if permission.role == "owner" or (held.owner and permission.id == held.owner.permission_id):
            raise MutationError("the owner's permission cannot be given away or changed; transfer the ownership")
        if item_id in self._now.my_drives.values():
            raise MutationError("My Drive itself cannot be shared")
        replaced = LINK_IDS if permission.id in LINK_IDS else {permission.id}
        others = tuple(each for each in held.permissions if each.id not in replaced)
        for user in self._now.accounts.reached_by(permission.id):
            self.marks(user).shared_ms.setdefault(item_id, self.clock())
        self._note_expiries(item_id, (permission,))
        return self._set_permissions(held, (*others, permission), by)

    def unshare(self, item_id: str, permission_id: str, *, by: User | None = None) -> Item:
        """Take a grant away; one that an item inherits must be taken from the folder it was made on."""
        held = self._holder(item_id)
        if held.owner is not None and permission_id == held.owner.permission_id:
            raise MutationError("the owner's permission cannot be taken away")
        kept = tuple(each for each in held.permissions if each.id != permission_id)
        if len(kept) == len(held.permissions):
            raise MutationError(f"{item_id} has no permission {permission_id} of its own")
        return self._set_permissions(held, kept, by)

    def transfer(self, item_id: str, new_owner: User, *, by: User | None = None, to_root: bool = False) -> Item:
        """Make someone else the owner of an item of My Drive; who owned it stays a writer.

        What is below a folder keeps its owners.
        """
        held, before = self._require(item_id), self.item(item_id)
        if held.owner is None:
            raise MutationError(f"{item_id} lies in a shared drive, where nobody owns it")
        gone = {held.owner.permission_id, new_owner.permission_id}
        others = tuple(each for each in held.permissions if each.id not in gone)
        former = () if held.owner.email == new_owner.email else (user_grant(held.owner, "writer"),)
        grants = (user_grant(new_owner, "owner"), *former, *others)
        parent = self.root_id(new_owner) if to_root or held.parent is None else held.parent
        given = msgspec.structs.replace(
            held, version=held.version + 1, owner=new_owner, permissions=grants, parent=parent
        )
        if held.is_folder:
            self._now.shared_folders.add(item_id)
        self._note_foreign(given, self._folder(parent))
        after = self._store(given)
        self._log(by or held.owner, before, after)
        return after

    def limit(self, item_id: str, *, limited: bool, by: User | None = None) -> Item:
        """Let what is granted above hold on an item, or not (``inheritedPermissionsDisabled``)."""
        held, before = self._require(item_id), self.item(item_id)
        traits = msgspec.structs.replace(held.traits, is_limited=limited)
        after = self._store(msgspec.structs.replace(held, version=held.version + 1, traits=traits))
        self._log(by or self.users[0], before, after)
        return after

    def write_to(self, address: str, item: Item, role: str, *, by: User, message: str | None = None) -> None:
        """Write to someone that they have a role on an item; only the last mails are kept."""
        self._now.mails.append(Mail(address, by.email, item.id, item.name, role, self.clock(), message))

    def settle(self) -> None:
        """Take away the grants whose time is over; each one makes an entry (facts A7)."""
        expiries, now_ms = self._now.expiries, self.clock()
        while expiries and expiries[0][0] <= now_ms:
            expires_ms, item_id, permission_id = heapq.heappop(expiries)
            held = self.stored(item_id)
            if held is not None and _ends(held, permission_id, expires_ms):
                self.unshare(item_id, permission_id, by=held.owner or held.modifier)

    def _set_permissions(self, held: Item, permissions: tuple[Permission, ...], by: User | None) -> Item:
        changed = msgspec.structs.replace(held, version=held.version + 1, permissions=permissions)
        if held.id in self.drives:
            return self._set_members(held, changed, by)
        before, after = self.item(held.id), self._store(changed)
        self._log(by or self.users[0], before, after)
        return after

    def _set_members(self, before: Item, after: Item, by: User | None) -> Item:
        """Tell those whose part in a shared drive changes, and the drive's own log, of the drive alone (facts A5)."""
        members = self._reach.members(before.id)
        self._put_root(after)
        logs = self._reach.log_drive(before.id, changed_parts(members, self._reach.members(before.id)))
        self.emit(ItemEvent(by or self.users[0], self.clock(), before, after, logs))
        return after


def _ends(held: Item, permission_id: str, expires_ms: int) -> bool:
    """Tell whether an item still has the grant that was to end then; an owner's never does."""
    grants = (grant for grant in held.permissions if grant.role != "owner")
    return any(grant.id == permission_id and grant.expires_ms == expires_ms for grant in grants)
