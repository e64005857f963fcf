"""Who can be granted what: a type, an address or domain and a role in, the grant that it makes out (facts A7)."""

import msgspec

from google_drive_emulator.world.accounts import Accounts, grantee_number, group_grant, user_grant
from google_drive_emulator.world.items import ANYONE, ANYONE_WITH_LINK, Item, Permission, Role

GRANTEE_TYPES = ("user", "group", "domain", "anyone")
_PERSONAL_ROLES = frozenset({"reader", "commenter", "writer"})


def grant_to(
    accounts: Accounts,
    kind: str,
    role: Role,
    *,
    address: str | None = None,
    domain: str | None = None,
    is_discoverable: bool = False,
    expires_ms: int | None = None,
) -> Permission:
    """Return the grant of a role to a user or group (by ``address``), a domain, or anyone. Raises ``ValueError``.

    Who has an address is looked up; nobody known by it is an account elsewhere.
    """
    if kind == "anyone":
        link = ANYONE if is_discoverable else ANYONE_WITH_LINK
        return Permission(link, "anyone", role, allow_file_discovery=is_discoverable)
    if kind == "domain":
        if not domain:
            raise ValueError("a permission of type domain needs a domain")
        wide_id = accounts.domain_id(domain)
        return Permission(wide_id, "domain", role, None, domain, domain, allow_file_discovery=is_discoverable)
    if kind not in GRANTEE_TYPES:
        raise ValueError(f"type must be user, group, domain or anyone, not {kind!r}")
    if not address:
        raise ValueError(f"a permission of type {kind} needs an emailAddress")
    return _personal(accounts, kind, role, address, expires_ms)


def roles_on(item: Item) -> frozenset[Role]:
    """Return the roles that can be granted on an item; the owner's is transferred instead.

    A shared drive's root folder takes its members' roles.
    """
    if item.drive_id is None:
        return _PERSONAL_ROLES
    if item.parent is None:
        return _PERSONAL_ROLES | {"fileOrganizer", "organizer"}
    return _PERSONAL_ROLES | {"fileOrganizer"} if item.is_folder else _PERSONAL_ROLES


def _personal(accounts: Accounts, kind: str, role: Role, address: str, expires_ms: int | None) -> Permission:
    user, group = accounts.user(address), accounts.group(address)
    if user is not None:
        grant = user_grant(user, role)
    elif group is not None:
        grant = group_grant(group, role)
    else:
        email = address.lower()
        grant = Permission(grantee_number(email), kind, role, email=email, display_name=email.partition("@")[0])
    return msgspec.structs.replace(grant, expires_ms=expires_ms)
