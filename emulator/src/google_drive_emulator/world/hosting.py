"""Changing who and what there is: users, groups and shared drives in, accounts with logs of their own out (facts A5).

A change of a group tells the logs of those who become members of a shared drive by it, or are members no longer. What
else is shared with the group comes and goes without entries.
"""

from collections.abc import Iterator, Mapping

import msgspec

from google_drive_emulator.search.plan import Plan
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.changelog import ChangeLog
from google_drive_emulator.world.items import FOLDER, Drive, Group, Item, Permission, User
from google_drive_emulator.world.marks import Marks
from google_drive_emulator.world.reach import Members, changed_parts
from google_drive_emulator.world.storing import MutationError, Storing, noise
from google_drive_emulator.world.themes import Theme, theme_for


class Hosting(Storing):
    """A world where accounts, groups and shared drives come, change and go."""

    # ── users and groups ─────────────────────────────────────────────────────

    def add_user(self, user: User) -> None:
        """Add an account with an empty My Drive. Raises ``MutationError`` if the address is taken."""
        if self.user(user.email) is not None or self.accounts.group(user.email) is not None:
            raise MutationError(f"there is already an account {user.email}")
        root_id = self._now.my_drives.get(user.email) or "0A" + noise(f"root {user.email}", 16) + "k9PVA"
        self._now.accounts.add_user(user)
        self._now.inheritance.set_gone(self.accounts.gone)
        self._open_account(user, root_id)

    def remove_user(self, email: str) -> None:
        """Remove an account. What it owned and was granted stays as it is, marked as a removed account's (facts A7)."""
        user = self.user(email)
        if user is None or user is self.users[0]:
            raise MutationError("the first user stays" if user else f"there is no user {email}")
        self._now.accounts.remove_user(user.email)
        self._now.inheritance.set_gone(self.accounts.gone)

    def put_group(self, group: Group) -> None:
        """Add a group, or replace the one with that address, and with it who its members are."""
        if self.user(group.email) is not None:
            raise MutationError(f"there is already a user {group.email}")
        before = self._members_by_groups()
        self._now.accounts.put_group(group)
        self._now.inheritance.set_gone(self.accounts.gone)
        self._tell_members(before)

    def remove_group(self, email: str) -> None:
        """Remove a group; what was granted to it stays, and reaches nobody."""
        group = self.accounts.group(email)
        if group is None:
            raise MutationError(f"there is no group {email}")
        before = self._members_by_groups()
        self._now.accounts.remove_group(group.email)
        self._now.inheritance.set_gone(self.accounts.gone)
        self._tell_members(before)

    # ── shared drives ────────────────────────────────────────────────────────

    def create_drive(
        self,
        name: str,
        *,
        by: User | None = None,
        drive_id: str | None = None,
        created_ms: int | None = None,
        theme: Theme | None = None,
    ) -> Drive:
        """Make a shared drive with one organizer; without a theme it gets any."""
        maker = by or self.users[0]
        drive_id = drive_id or "0A" + noise(f"drive {self._now.change_id} {len(self.drives)}", 10) + "Uk9PVA"
        if drive_id in self.drives:
            raise MutationError(f"there is already a shared drive {drive_id}")
        theme, now = theme or theme_for(drive_id), self.clock() if created_ms is None else created_ms
        drive = Drive(drive_id, name, now, theme.color, theme.id, domain=maker.domain)
        self._open_drive(drive, maker, (user_grant(maker, "organizer"),))
        self._log_drive(maker, None, drive, self._reach.members(drive_id))
        return drive

    def create_drive_once(self, name: str, request_id: str, *, by: User, theme: Theme | None = None) -> Drive | None:
        """Make a shared drive for a request of a user; None when that request was already met (facts A2)."""
        if self._now.drive_requests.get((by.email, request_id)) in self.drives:
            return None
        drive = self.create_drive(name, by=by, theme=theme)
        self._now.drive_requests[by.email, request_id] = drive.id
        return drive

    def update_drive(self, drive: Drive, *, by: User | None = None) -> Drive:
        """Replace a shared drive's name, colours or restrictions."""
        before = self._drive(drive.id)
        self._now.drives[drive.id] = drive
        root = self._now.roots[drive.id]
        self._put_root(msgspec.structs.replace(root, name=drive.name, version=root.version + 1))
        if before.restrictions != drive.restrictions:
            self._now.inheritance.invalidate()
        self._log_drive(by or self.users[0], before, drive, self._reach.members(drive.id))
        return drive

    def delete_drive(self, drive_id: str, *, by: User | None = None) -> None:
        """Delete a shared drive and all in it, of which no log tells but those of its members."""
        drive = self._drive(drive_id)
        members = self._reach.members(drive_id)
        for position in list(self.positions(Plan(drive_id=drive_id))):
            held = self._now.holdings.at(position)
            if held is not None and held.drive_id == drive_id:
                self._drop(position)
        del self._now.drives[drive_id], self._now.roots[drive_id]
        self._now.inheritance.forget(drive_id)
        self._log_drive(by or self.users[0], drive, None, members)

    def hide_drive(self, drive_id: str, user: User, *, hidden: bool) -> None:
        """Hide a shared drive from a user's default view, or show it again; no log tells."""
        self._drive(drive_id)
        if hidden:
            self.marks(user).hidden_drives.add(drive_id)
        else:
            self.marks(user).hidden_drives.discard(drive_id)

    # ── inside ───────────────────────────────────────────────────────────────

    def _open_account(self, user: User, root_id: str) -> None:
        self._now.roots.setdefault(root_id, _root(root_id, "My Drive", user, self._root_created_ms()))
        self._now.my_drives[user.email] = root_id
        self._now.logs[user.email] = ChangeLog()
        self._now.marks[user.email] = Marks()

    def _open_drive(self, drive: Drive, maker: User, members: tuple[Permission, ...]) -> None:
        self._now.drives[drive.id] = drive
        self._now.logs.setdefault(drive.id, ChangeLog())
        root = _root(drive.id, drive.name, maker, drive.created_ms, drive_id=drive.id)
        self._put_root(msgspec.structs.replace(root, permissions=members))
        self._note_expiries(drive.id, members)

    def _root_created_ms(self) -> int:
        source = self._now.holdings.source
        return source.item(0).created_ms if len(source) else 0

    def _drive(self, drive_id: str) -> Drive:
        drive = self.drives.get(drive_id)
        if drive is None:
            raise MutationError(f"there is no shared drive {drive_id}")
        return drive

    def _members_by_groups(self) -> Mapping[str, Members]:
        """Return the members of each shared drive that has groups for members."""
        return {drive_id: self._reach.members(drive_id) for drive_id in self._drives_of_groups()}

    def _drives_of_groups(self) -> Iterator[str]:
        for drive_id in self.drives:
            if any(grant.type == "group" for grant in self._now.roots[drive_id].permissions):
                yield drive_id

    def _tell_members(self, before: Mapping[str, Members]) -> None:
        for drive_id, members in before.items():
            changed = changed_parts(members, self._reach.members(drive_id))
            if changed:
                drive = self.drives[drive_id]
                self._log_drive(self.users[0], drive, drive, changed)


def _root(item_id: str, name: str, owner: User, created_ms: int, drive_id: str | None = None) -> Item:
    return Item(
        id=item_id,
        name=name,
        mime_type=FOLDER,
        parent=None,
        owner=None if drive_id else owner,
        modifier=owner,
        created_ms=created_ms,
        modified_ms=created_ms,
        permissions=() if drive_id else (user_grant(owner, "owner"),),
        drive_id=drive_id,
    )
