"""The Admin Directory: accounts and groups in, the JSON of Google's User, Group and Member out (facts D)."""

from hashlib import blake2b

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.oauth.identity import account_number
from google_drive_emulator.world.accounts import Accounts
from google_drive_emulator.world.items import Group, User
from google_drive_emulator.world.timestamps import rfc3339

CUSTOMER_ID = "C03az79cb"
"""What the organization is called that all accounts belong to."""

_CREATED = rfc3339(1_335_225_600_000)  # 2012-04-24
_NEVER = "1970-01-01T00:00:00.000Z"


def names_of(user: User) -> tuple[str, str]:
    """Return a user's given name and family name."""
    given, _, family = user.display_name.partition(" ")
    return given, family


def user_profile(user: User) -> dict[str, Json]:
    """Return what everybody in an organization may know of a user."""
    given, family = names_of(user)
    name: Json = {"givenName": given, "familyName": family, "fullName": user.display_name}
    return {
        "kind": "admin#directory#user",
        "id": account_number(user),
        "etag": etag(user.email, user.display_name),
        "primaryEmail": user.email,
        "name": name,
        "emails": [{"address": user.email, "primary": True}],
        "thumbnailPhotoUrl": f"https://lh3.googleusercontent.com/a/default-user={user.permission_id}",
    }


def user_resource(user: User, *, is_admin: bool) -> dict[str, Json]:
    """Return a user as an administrator sees them."""
    return user_profile(user) | {
        "isAdmin": is_admin,
        "isDelegatedAdmin": False,
        "lastLoginTime": _NEVER,
        "creationTime": _CREATED,
        "agreedToTerms": True,
        "suspended": False,
        "archived": False,
        "changePasswordAtNextLogin": False,
        "ipWhitelisted": False,
        "customerId": CUSTOMER_ID,
        "orgUnitPath": "/",
        "isMailboxSetup": True,
        "isEnrolledIn2Sv": False,
        "isEnforcedIn2Sv": False,
        "includeInGlobalAddressList": True,
    }


def group_resource(group: Group) -> dict[str, Json]:
    """Return a group."""
    return {
        "kind": "admin#directory#group",
        "id": group.permission_id,
        "etag": etag(group.email, group.name, *group.members),
        "email": group.email,
        "name": group.name,
        "directMembersCount": str(len(group.members)),
        "description": "",
        "adminCreated": True,
    }


def member_resource(accounts: Accounts, group: Group, email: str) -> dict[str, Json]:
    """Return a member of a group, whom an address names; who only is one through another group has no role there."""
    user, inner = accounts.user(email), accounts.group(email)
    resource: dict[str, Json] = {"kind": "admin#directory#member", "etag": etag(group.email, email), "email": email}
    if user is not None:
        resource["id"] = account_number(user)
    elif inner is not None:
        resource["id"] = inner.permission_id
    resource |= {"role": role_of(group, email), "type": "USER" if inner is None else "GROUP"}
    return resource | {"status": "ACTIVE"} if user is not None or inner is not None else resource


def role_of(group: Group, email: str) -> str:
    """Return what a member may do with a group: OWNER, MANAGER or MEMBER."""
    if email in group.owners:
        return "OWNER"
    return "MANAGER" if email in group.managers else "MEMBER"


def etag(*parts: str) -> str:
    """Return a tag that changes with what it is made of."""
    return f'"{blake2b(repr(parts).encode(), digest_size=15).hexdigest()}"'
