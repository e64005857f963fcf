"""Who belongs to a synthetic shared drive: its number in, its members and those a file is shared with out."""

from collections.abc import Sequence
from functools import lru_cache

from google_drive_emulator.sources.noise import Noise
from google_drive_emulator.sources.people import anyone_with_link
from google_drive_emulator.world.accounts import group_grant, user_grant
from google_drive_emulator.world.items import WRITERS, Group, Permission, Role, User

_BY_GROUP = "by group"
_FIRST_USERS_PARTS = ("organizer", _BY_GROUP, "fileOrganizer", "organizer", None, _BY_GROUP, "reader")
"""What the first user is in a drive, by the drive's number; None is no member."""

_SHARED_EVERY = 24
_FIRST_USER_EVERY = 4  # of the grants on single files
_GROUP_ROLES: Sequence[Role] = ("reader", "commenter", "writer")
_DIRECT_ROLES: Sequence[Role] = ("reader", "commenter", "writer")


class Membership:
    """Chooses members among some users and groups."""

    def __init__(self, users: Sequence[User], groups: Sequence[Group], noise: Noise) -> None:
        self._users = users
        self._noise = noise
        self._with_first = [group for group in groups if users[0].email in group.members]
        self._without_first = [group for group in groups if users[0].email not in group.members]
        self._shared_with = lru_cache(maxsize=None)(self._make_direct_grants)

    def of_drive(self, number: int) -> tuple[User, tuple[Permission, ...]]:
        """Return who made a drive, and its members."""
        part = _FIRST_USERS_PARTS[number % len(_FIRST_USERS_PARTS)]
        chance = self._noise.mix(number)
        other = 1 + chance % (len(self._users) - 1)
        maker = self._users[0 if part == "organizer" else other]
        second = self._users[1 + other % (len(self._users) - 1)]
        members = [user_grant(maker, "organizer"), user_grant(second, "fileOrganizer")]
        if part not in {None, _BY_GROUP} and maker is not self._users[0]:
            members.append(user_grant(self._users[0], str(part)))
        groups = self._with_first if part == _BY_GROUP else self._without_first
        members.append(group_grant(groups[chance % len(groups)], _GROUP_ROLES[chance % len(_GROUP_ROLES)]))
        return maker, tuple(members)

    def editors(self, members: Sequence[Permission]) -> tuple[User, ...]:
        """Return the users among members who may change files."""
        ids = {member.id for member in members if member.role in WRITERS}
        return tuple(user for user in self._users if user.permission_id in ids)

    def direct_grants(self, choice: int, whom: int) -> tuple[Permission, ...]:
        """Return the grants on a file itself, by two bytes of chance; mostly none."""
        if choice % _SHARED_EVERY == 0:
            return self._shared_with(whom)
        return _BY_LINK if choice == 1 else ()

    def _make_direct_grants(self, whom: int) -> tuple[Permission, ...]:
        number = 0 if whom % _FIRST_USER_EVERY == 0 else whom % len(self._users)
        return (user_grant(self._users[number], _DIRECT_ROLES[whom % len(_DIRECT_ROLES)]),)


_BY_LINK = (anyone_with_link("reader"),)
