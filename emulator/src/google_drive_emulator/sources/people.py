"""Who there is in a synthetic world: its users, its groups with their members, and whom its files are shared with."""

from collections.abc import Sequence

from google_drive_emulator.sources.names import GROUPS, PEOPLE
from google_drive_emulator.world.accounts import grantee_number, group_grant
from google_drive_emulator.world.items import ANYONE_WITH_LINK, Group, Permission, User

DOMAIN = "example.com"


def make_users() -> tuple[User, ...]:
    """Return the users; the first one owns nearly everything."""
    return tuple(
        User(f"user{number:02d}@{DOMAIN}", name, f"1{number:02d}{0x5EED + number * 7919:017d}")
        for number, name in enumerate(PEOPLE)
    )


def make_groups(users: Sequence[User]) -> tuple[Group, ...]:
    """Return the groups; every user is in two of them."""
    return tuple(_group(number, users) for number in range(len(GROUPS)))


def wide_grants(groups: Sequence[Group]) -> tuple[Permission, ...]:
    """Return the grants to many: to each group, to the whole domain, and to anyone with the link."""
    domain_id = f"{grantee_number(DOMAIN)}k"
    domain = Permission(domain_id, "domain", "reader", None, DOMAIN, "Example", allow_file_discovery=False)
    return (*(group_grant(group, "reader") for group in groups), domain, anyone_with_link("reader"))


def anyone_with_link(role: str) -> Permission:
    """Return the grant of a role to whoever has the link."""
    return Permission(ANYONE_WITH_LINK, "anyone", role, allow_file_discovery=False)


def _group(number: int, users: Sequence[User]) -> Group:
    own = users[number :: len(GROUPS)]
    guests = users[(number * 5 + 3) % len(GROUPS) :: len(GROUPS)]
    members = sorted({user.email for user in (*own, *guests)})
    return Group(
        email=_address(number),
        name=GROUPS[number],
        permission_id=f"2{number:019d}",
        members=tuple(members),
        owners=(own[0].email,),
    )


def _address(number: int) -> str:
    return f"{GROUPS[number].lower()}@{DOMAIN}"
