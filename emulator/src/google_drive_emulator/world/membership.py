"""Who belongs to an organization and to its groups: accounts in, users, groups and members out (facts D).

An organization is made of the domains of its administrators. Users and groups are named by their address or number.
"""

from collections.abc import Iterator, Sequence

from google_drive_emulator.world.accounts import Accounts
from google_drive_emulator.world.items import Group, User

_SERVICE_DOMAIN = "gserviceaccount.com"


def domains(accounts: Accounts) -> frozenset[str]:
    """Return the organization's domains."""
    return frozenset(_domain(email) for email in accounts.admins)


def staff(accounts: Accounts) -> Sequence[User]:
    """Return the organization's users, by address; service accounts are none."""
    ours = domains(accounts)
    users = (user for user in accounts.users if user.domain in ours and not user.domain.endswith(_SERVICE_DOMAIN))
    return sorted(users, key=lambda user: user.email)


def teams(accounts: Accounts) -> Sequence[Group]:
    """Return the organization's groups, by address."""
    ours = domains(accounts)
    return sorted((group for group in accounts.groups if _domain(group.email) in ours), key=lambda group: group.email)


def all_members(accounts: Accounts, group: Group) -> Iterator[str]:
    """Give the addresses of a group's members, those of the groups in it too, each once; the nearest come first."""
    seen, pending = {group.email}, [group]
    while pending:
        for email in pending.pop(0).members:
            if email in seen:
                continue
            seen.add(email)
            yield email
            inner = accounts.group(email)
            if inner is not None:
                pending.append(inner)


def _domain(email: str) -> str:
    return email.rpartition("@")[2]
