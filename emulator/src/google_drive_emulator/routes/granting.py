"""What may be granted on an item: a permission from a client in, the grant it makes or Google's refusal out (facts A7).

Where Google's texts are known they are Google's; other texts are plain.
"""

import re
from dataclasses import dataclass

import msgspec

from google_drive_emulator.http.errors import DriveError, forbidden
from google_drive_emulator.routes.access import insufficient
from google_drive_emulator.routes.ownership import new_owner
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.grantees import GRANTEE_TYPES, grant_to, roles_on
from google_drive_emulator.world.items import ROLES, DriveRestrictions, Item, Permission, Role, User
from google_drive_emulator.world.timestamps import parse_rfc3339

_ADDRESS = re.compile(r"[^@\s]+@([^@\s]+)")
_DOMAIN = re.compile(r"[^@\s.]+(\.[^@\s.]+)+")
_YEAR_MS = 366 * 86_400_000
_INAPPLICABLE = "The specified {} is invalid or not applicable for the given permission type."


class PermissionBody(msgspec.Struct, frozen=True, rename="camel"):
    """What a client sends of a Permission; the rest of it is output only and passed over."""

    type: str | None = None
    role: str | None = None
    email_address: str | None = None
    domain: str | None = None
    allow_file_discovery: bool | None = None
    expiration_time: str | None = None
    pending_owner: bool | None = None
    view: str | None = None


@dataclass(frozen=True, slots=True)
class Granting:
    """Someone about to grant something on an item. ``as_admin`` is with an administrator's access to a shared drive."""

    state: EmulatorState
    user: User
    item: Item
    as_admin: bool = False

    @property
    def role(self) -> Role | None:
        """Return the role of who grants."""
        return "organizer" if self.as_admin else self.state.world.viewer(self.user).role(self.item)

    @property
    def is_root(self) -> bool:
        """Tell whether this is about the members of a shared drive."""
        return self.item.drive_id is not None and self.item.parent is None

    def check_role(self, role: Role) -> None:
        """Refuse a role that cannot be had here. Raises ``DriveError``."""
        if role not in ROLES:
            raise invalid("role", "The specified role is invalid or not supported.")
        if role not in roles_on(self.item):
            raise forbidden(*_misplaced(role, self.item))

    def grant(self, body: PermissionBody) -> Permission:
        """Return the grant that a client wants to make, for any role but the owner's. Raises ``DriveError``."""
        kind, role = checked_type(body), body.role or ""
        self.check_role(role)
        _check_grantee(kind, body)
        if body.view is not None:
            raise invalid("view", "Permissions for views cannot be made.")
        made = grant_to(
            self.state.world.accounts,
            kind,
            role,
            address=body.email_address,
            domain=None if body.domain is None else body.domain.lower(),
            is_discoverable=bool(body.allow_file_discovery),
        )
        self._check_policy(made)
        self._check_restrictions(made)
        ending = msgspec.structs.replace(made, expires_ms=self.expiry(made, body.expiration_time))
        return self.offered(ending) if body.pending_owner else ending

    def expiry(self, grant: Permission, text: str | None) -> int | None:
        """Return when a grant is to end, None for never. Raises ``DriveError``."""
        if text is None:
            return None
        try:
            moment = parse_rfc3339(text)
        except (ValueError, OverflowError):
            raise invalid("expirationTime", "Invalid Value") from None
        if grant.type not in {"user", "group"}:
            message = "Expiration dates can only be set on user and group permissions."
            raise forbidden("cannotSetExpirationOnAnyoneOrDomain", message)
        if self.is_root:
            message = "Expiration dates cannot be set on the members of a shared drive."
            raise forbidden("expirationDateNotAllowedForSharedDriveMembers", message)
        if moment <= self.state.world.clock():
            raise forbidden("expirationDatesMustBeInTheFuture", "Expiration dates must be in the future.")
        if grant.role == "owner" or moment > self.state.world.clock() + _YEAR_MS:
            raise forbidden("cannotSetExpiration", "The expiration date cannot be set on this permission.")
        return moment

    def offered(self, grant: Permission) -> Permission:
        """Return a grant that offers the ownership too, which the grantee has to take. Raises ``DriveError``."""
        if grant.type != "user" or grant.role != "writer" or self.role != "owner":
            raise insufficient(self.item.id)
        new_owner(self.item, self.state.world.user(grant.email or ""), accepts=True)
        return msgspec.structs.replace(grant, pending_owner=True)

    def _check_policy(self, grant: Permission) -> None:
        policy, domain = self.state.world.policy, _domain_of(grant)
        if domain is None and not policy.publish:
            message = "The domain administrators do not allow items to be shared with everybody."
            raise forbidden("publishOutNotPermitted", message)
        if domain not in {None, self.user.domain} and not policy.share_outside:
            message = "The domain administrators do not allow items to be shared outside the domain."
            raise forbidden("shareOutNotPermitted", message)

    def _check_restrictions(self, grant: Permission) -> None:
        """Refuse what a shared drive forbids. Raises ``DriveError``."""
        drive_id = self.item.drive_id
        if drive_id is None:
            return
        if self.is_root and grant.type in {"domain", "anyone"}:
            message = "A shared drive cannot be shared with anyone or with domains."
            raise forbidden("cannotShareTeamDriveTopFolderWithAnyoneOrDomains", message)
        drive = self.state.world.drives[drive_id]
        self._check_outsiders(grant, drive.restrictions, drive.domain)

    def _check_outsiders(self, grant: Permission, restrictions: DriveRestrictions, domain: str | None) -> None:
        if restrictions.domain_users_only and _domain_of(grant) != domain:
            message = "Sharing is restricted to users of the domain of the shared drive."
            raise forbidden("teamDriveDomainUsersOnlyRestriction", message)
        if restrictions.drive_members_only and not self.is_root and not self._is_member(grant):
            message = "Sharing is restricted to members of the shared drive."
            raise forbidden("teamDriveTeamMembersOnlyRestriction", message)

    def _is_member(self, grant: Permission) -> bool:
        world = self.state.world
        reached = [] if grant.type in {"domain", "anyone"} else list(world.accounts.reached_by(grant.id))
        return bool(reached) and all(world.viewer(user).is_member(self.item.drive_id or "") for user in reached)


def checked_type(body: PermissionBody) -> str:
    """Return the type of a permission that is to be made, which needs a role too. Raises ``DriveError``."""
    if not body.type:
        raise _required("type")
    if not body.role:
        raise _required("role")
    if body.type not in GRANTEE_TYPES:
        raise invalid("type", "The specified type is invalid or not supported.")
    return body.type


def invalid(name: str, message: str) -> DriveError:
    """400 for a field of a permission."""
    return DriveError(400, message, "invalid", f"permission.{name}", "other")


def _check_grantee(kind: str, body: PermissionBody) -> None:
    """Refuse an address or domain that is missing, malformed or out of place. Raises ``DriveError``."""
    is_person = kind in {"user", "group"}
    address, domain = body.email_address, body.domain
    if (address is not None) != is_person or (is_person and not _ADDRESS.fullmatch(address or "")):
        raise invalid("emailAddress", _INAPPLICABLE.format("emailAddress"))
    if (domain is not None) != (kind == "domain") or (kind == "domain" and not _DOMAIN.fullmatch(domain or "")):
        raise invalid("domain", _INAPPLICABLE.format("domain"))
    if is_person and body.allow_file_discovery:
        raise invalid("allowFileDiscovery", _INAPPLICABLE.format("allowFileDiscovery"))


def _domain_of(grant: Permission) -> str | None:
    """Return the domain of a grantee; None for everybody."""
    if grant.type == "anyone":
        return None
    return grant.domain or (grant.email or "").rpartition("@")[2]


def _misplaced(role: Role, item: Item) -> tuple[str, str]:
    """Return the reason and message for a role that an item of its place and kind cannot give (facts C2)."""
    if role == "owner":
        return "ownerOnTeamDriveItemNotSupported", "Items of shared drives cannot be owned by users."
    in_drive = item.drive_id is not None
    if role == "organizer":
        reason = "organizerOnNonTeamDriveNotSupported" if in_drive else "organizerOnNonTeamDriveItemNotSupported"
        return reason, "The organizer role is supported for members of shared drives only."
    if in_drive:
        return "fileOrganizerOnFoldersInSharedDriveOnly", "The fileOrganizer role is supported on folders only."
    return "fileOrganizerOnNonTeamDriveNotSupported", "The fileOrganizer role is supported in shared drives only."


def _required(name: str) -> DriveError:
    message = f"The permission {name} field is required."
    return DriveError(400, message, "required", f"permission.{name}", "other")
