"""Which change logs an event reaches: an item or drive before and after in, entries in logs out (facts A5).

There is one log a user and one a shared drive. What lies in a shared drive is told in that drive's log; its members'
own logs tell of the drive itself, and those who are no members of what was shared with them one by one.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from google_drive_emulator.world.changelog import ChangeLog, Entry
from google_drive_emulator.world.items import RANK, Item, Permission
from google_drive_emulator.world.present import Present
from google_drive_emulator.world.quirks import Quirks

Members: TypeAlias = dict[str, str]
"""The addresses of all who are members of a drive, with their strongest roles."""


class Reach:
    """Writes the logs of a world's present state."""

    def __init__(self, now: Present, quirks: Quirks, clock: Callable[[], int]) -> None:
        self._now = now
        self._quirks = quirks
        self._clock = clock

    def log_item(self, before: Item | None, after: Item | None) -> frozenset[str]:
        """Make an entry for an item in every log it was or is in, and return those logs."""
        old, new = self._corpora(before), self._corpora(after)
        item = after or before
        if item is not None:
            self._append(item.id, old | new, left=old - new if after is not None else set())
        return frozenset(old | new)

    def log_for(self, item: Item, email: str) -> frozenset[str]:
        """Make an entry for an item in one user's log alone, if that tells of the item at all."""
        if email not in self._corpora(item):
            return frozenset()
        self._append(item.id, {email}, left=set())
        return frozenset({email})

    def log_drive(self, drive_id: str, emails: Iterable[str]) -> frozenset[str]:
        """Make an entry for a shared drive in its own log and in those of some users, and return those logs."""
        logs = {*emails, drive_id}
        self._append(drive_id, logs, left=set(), is_drive=True)
        return frozenset(logs)

    def members(self, drive_id: str) -> Members:
        """Return the members of a shared drive, directly and by groups."""
        root = self._now.roots.get(drive_id)
        found: Members = {}
        for grant in () if root is None else sorted(root.permissions, key=lambda grant: RANK[grant.role]):
            found.update((user.email, grant.role) for user in self._now.accounts.reached_by(grant.id))
        return found

    def _corpora(self, item: Item | None) -> set[str]:
        """Return the logs that tell of an item: of its drive, and of all users who have it in their own corpus."""
        if item is None:
            return set()
        users = {email for grant in item.permissions for email in self._reached(grant, item.id)}
        return users if item.drive_id is None else self._outsiders(users, item.drive_id) | {item.drive_id}

    def _outsiders(self, users: set[str], drive_id: str) -> set[str]:
        """Return those of some users whose own logs tell of a shared drive's items: whom it lets in as no members."""
        drive, members = self._now.drives.get(drive_id), self.members(drive_id)
        if drive is not None and drive.restrictions.drive_members_only:
            users = users & members.keys()
        if drive is not None and drive.restrictions.domain_users_only:
            users = {email for email in users if email.rpartition("@")[2] == drive.domain}
        return users if self._quirks.item_changes_in_user_log else users - members.keys()

    def _reached(self, grant: Permission, item_id: str) -> Iterable[str]:
        """Give the users whose listings a grant brings an item into; a link's only of those who opened it."""
        if grant.type not in {"domain", "anyone"}:
            return (user.email for user in self._now.accounts.reached_by(grant.id))
        if self._quirks.hide_link_children:
            return (email for email, marks in self._now.marks.items() if item_id in marks.opened)
        if grant.type == "anyone":
            return (user.email for user in self._now.accounts.users)
        return (user.email for user in self._now.accounts.reached_by(grant.id))

    def _append(self, item_id: str, keys: set[str], *, left: set[str], is_drive: bool = False) -> None:
        self._now.change_id += 1
        number, now = self._now.change_id, self._clock()
        for key in keys:
            entry = Entry(number, item_id, now, "drive" if is_drive else "file", key in left)
            self._now.logs.setdefault(key, ChangeLog()).append(entry)


def changed_parts(before: Members, after: Members) -> set[str]:
    """Return the addresses of those who became members, are members no longer, or have another role."""
    return {email for email in before.keys() | after.keys() if before.get(email) != after.get(email)}
