"""The accounts of the emulated Google: users, groups and domains in, whom a grant reaches out (facts A7).

A grant's id names its grantee, so a user's *principals* are the ids of all grants that reach them: their own, their
groups' (however nested), their domain's, and those for everybody.
"""

import random
from collections.abc import Iterable, Iterator, Sequence

from google_drive_emulator.world.items import LINK_IDS, Group, Permission, User

_MAX_NESTING = 32
_SERVICE_ACCOUNTS = ".gserviceaccount.com"


class Accounts:
    """Users and groups by address. ``epoch`` moves whenever a grant may reach others than before.

    ``admins`` are the addresses of the domain's administrators: the first user, unless told otherwise. ``gone`` are the
    ids of accounts that were removed; grants to them stay and reach nobody.
    """

    def __init__(self, users: Iterable[User], groups: Iterable[Group] = ()) -> None:
        self._users = {user.email: user for user in users}
        self._groups = {group.email: group for group in groups}
        self._principals: dict[str, frozenset[str]] = {}
        self._reached: dict[str, list[User]] = {}
        self.admins = frozenset(list(self._users)[:1])
        self.gone: frozenset[str] = frozenset()
        self.epoch = 0

    @property
    def users(self) -> Sequence[User]:
        """Return the users; the first one is the one that open authentication stands for."""
        return tuple(self._users.values())

    @property
    def groups(self) -> Sequence[Group]:
        """Return the groups."""
        return tuple(self._groups.values())

    def user(self, email: str) -> User | None:
        """Return the user with an address, or None; capitals do not matter."""
        return self._users.get(email) or self._users.get(email.lower())

    def group(self, email: str) -> Group | None:
        """Return the group with an address, or None; capitals do not matter."""
        return self._groups.get(email) or self._groups.get(email.lower())

    def is_admin(self, user: User) -> bool:
        """Tell whether a user administers the domain."""
        return user.email in self.admins

    def add_user(self, user: User) -> None:
        """Add a user, or replace the one with that address."""
        self._users[user.email] = user
        self.gone -= {user.permission_id}
        self._changed()

    def remove_user(self, email: str) -> None:
        """Remove a user, from being an administrator too."""
        user = self._users.pop(email)
        self.gone |= {user.permission_id}
        self.admins -= {email}
        self._changed()

    def put_group(self, group: Group) -> None:
        """Add a group, or replace the one with that address."""
        self._groups[group.email] = group
        self.gone -= {group.permission_id}
        self._changed()

    def remove_group(self, email: str) -> None:
        """Remove a group."""
        group = self._groups.pop(email)
        self.gone |= {group.permission_id}
        self._changed()

    def principals(self, user: User) -> frozenset[str]:
        """Return the ids of all grants that reach a user."""
        known = self._principals.get(user.email)
        if known is None:
            known = self._principals[user.email] = frozenset(self._reaching(user))
        return known

    def reached_by(self, grantee_id: str) -> Sequence[User]:
        """Return the users whom a grant to a user, group or domain reaches; nobody for one to everybody."""
        if not self._reached:
            for user in self._users.values():
                for each in self.principals(user) - LINK_IDS:
                    self._reached.setdefault(each, []).append(user)
        return self._reached.get(grantee_id, ())

    def hosts(self, domain: str) -> bool:
        """Tell whether accounts of a domain are here, so that none of its addresses is an account elsewhere."""
        return any(user.domain == domain for user in self._users.values())

    def domain_id(self, domain: str) -> str:
        """Return the id of grants to a domain."""
        return f"{grantee_number(domain)}k"

    def copy(self) -> "Accounts":
        """Return accounts that can be changed apart from these."""
        copied = Accounts(self.users, self.groups)
        copied.admins, copied.gone = self.admins, self.gone
        copied.epoch = self.epoch + 1
        return copied

    def _changed(self) -> None:
        self._principals.clear()
        self._reached.clear()
        self.epoch += 1

    def _reaching(self, user: User) -> Iterator[str]:
        yield user.permission_id
        yield self.domain_id(user.domain)
        yield from LINK_IDS
        reached, pending = set[str](), [user.email]
        for _ in range(_MAX_NESTING):
            found = [
                group
                for group in self._groups.values()
                if group.email not in reached and any(member in group.members for member in pending)
            ]
            if not found:
                return
            for group in found:
                reached.add(group.email)
                yield group.permission_id
            pending = [group.email for group in found]


def grantee_number(text: str) -> str:
    """Return the id that a grantee outside the known accounts always gets."""
    return str(10**19 + random.Random(text).randrange(10**19))


def user_grant(user: User, role: str) -> Permission:
    """Return the grant of a role to a user."""
    return Permission(user.permission_id, "user", role, email=user.email, display_name=user.display_name)


def group_grant(group: Group, role: str) -> Permission:
    """Return the grant of a role to a group."""
    return Permission(group.permission_id, "group", role, email=group.email, display_name=group.name)


def is_service_account(user: User) -> bool:
    """Tell whether a user is a program's account, which has no storage and owns nothing (facts A11)."""
    return user.domain.endswith(_SERVICE_ACCOUNTS)
