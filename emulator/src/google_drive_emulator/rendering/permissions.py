"""Permissions: a grant and where it is looked at in, the JSON of Google's Permission resource out (facts A7)."""

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.world.items import Detail, Permission
from google_drive_emulator.world.timestamps import rfc3339

_OLD_NAMES = {"permissionType": "teamDrivePermissionType"}


def permission_resource(
    permission: Permission, *, in_drive: bool = False, of_root: bool = False, is_limited: bool = False
) -> dict[str, Json]:
    """Return a Permission.

    ``in_drive`` is for items of shared drives, where it is said from where a role comes; ``of_root`` for a shared drive
    itself, whose permissions are those of its members. ``is_limited`` is for items that inherit nothing.
    """
    resource: dict[str, Json] = {"kind": "drive#permission", "id": permission.id, "type": permission.type}
    resource["role"] = permission.role
    resource |= _grantee(permission)
    if permission.view is not None:
        resource["view"] = permission.view
    if permission.allow_file_discovery is not None:
        resource["allowFileDiscovery"] = permission.allow_file_discovery
    if permission.expires_ms is not None:
        resource["expirationTime"] = rfc3339(permission.expires_ms)
    if is_limited:
        resource["inheritedPermissionsDisabled"] = True
    if in_drive or permission.details:
        direct = Detail("member" if of_root else "file", permission.role)
        details = [_detail_resource(each, in_drive=in_drive) for each in permission.details or (direct,)]
        resource["permissionDetails"] = list[Json](details)
        if in_drive:
            resource["teamDrivePermissionDetails"] = list[Json](_renamed(each) for each in details)
    return resource


def _grantee(permission: Permission) -> dict[str, Json]:
    """A deleted grantee has no usable address (facts A7)."""
    resource: dict[str, Json] = {}
    if permission.email is not None and not permission.is_deleted:
        resource["emailAddress"] = permission.email
    if permission.domain is not None:
        resource["domain"] = permission.domain
    if permission.display_name is not None:
        resource["displayName"] = permission.display_name
    if permission.type in {"user", "group"}:
        resource |= {"deleted": permission.is_deleted, "pendingOwner": permission.pending_owner}
    if permission.type == "user" and not permission.is_deleted:
        resource["photoLink"] = f"https://lh3.googleusercontent.com/a/default-user={permission.id}"
    return resource


def _detail_resource(detail: Detail, *, in_drive: bool) -> dict[str, Json]:
    inherited = detail.inherited_from is not None
    resource: dict[str, Json] = {"permissionType": detail.type, "role": detail.role, "inherited": inherited}
    if inherited and in_drive:
        resource["inheritedFrom"] = detail.inherited_from
    return resource


def _renamed(detail: dict[str, Json]) -> dict[str, Json]:
    return {_OLD_NAMES.get(name, name): value for name, value in detail.items()}
