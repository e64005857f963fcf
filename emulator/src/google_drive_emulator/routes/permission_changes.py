"""``permissions.create``, ``update`` and ``delete`` (facts A2, A7)."""

from typing import Any

import msgspec

from google_drive_emulator.grammar import schema
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, forbidden
from google_drive_emulator.routes.access import insufficient
from google_drive_emulator.routes.bodies import json_body
from google_drive_emulator.routes.granting import Granting, PermissionBody, checked_type
from google_drive_emulator.routes.masks import requested_mask
from google_drive_emulator.routes.ownership import check_acknowledged, new_owner, sharing_refused
from google_drive_emulator.routes.permissions import (
    PATH,
    PERMISSION_DEFAULT,
    granting_on,
    permission_of,
    permission_reply,
    require_sharing,
)
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import RANK, Item, Permission, User

_NOT_WRITABLE = frozenset({"type", "emailAddress", "domain", "displayName", "photoLink", "deleted"})
_NO_ACCOUNT = (
    "You are trying to invite {}. Since there is no Google account associated with this email address, you must check"
    ' the "Notify people" box to invite this recipient.'
)


async def create(state: EmulatorState, call: Call) -> Reply:
    """``POST files/{id}/permissions``: share an item, make a member of a shared drive, or give an item away."""
    _check_request(call)
    notify = call.params.flag("sendNotificationEmail", default=True)
    to_root = call.params.flag("moveToNewOwnersRoot")
    body = await json_body(call, PermissionBody)
    checked_type(body)
    granting = granting_on(state, call)
    require_sharing(granting, call)
    if _transfers(granting, call, body):
        if not notify:
            message = "The sendNotificationEmail parameter must not be disabled for ownership transfers."
            raise forbidden("forbidden", message, "sendNotificationEmail")
        return _give_away(granting, call, state.world.user(body.email_address or ""), to_root=to_root)
    grant = granting.grant(body)
    return _share(granting, call, grant, notify=notify)


async def update(state: EmulatorState, call: Call) -> Reply:
    """``PATCH files/{id}/permissions/{id}``: another role or end, or the ownership."""
    _check_request(call)
    body = await json_body(call, PermissionBody)
    _check_writable(await call.read())
    granting = granting_on(state, call)
    held = _held(granting, call)
    if _transfers(granting, call, body):
        return _give_away(granting, call, state.world.user(held.email or ""))
    require_sharing(granting, call)
    if held.role == "owner":
        raise sharing_refused("ACL change not allowed.")
    return _change(granting, call, held, body)


async def delete(state: EmulatorState, call: Call) -> Reply:
    """``DELETE files/{id}/permissions/{id}``: by those who may share the item, and of one's own by oneself."""
    _check_request(call)
    granting = granting_on(state, call)
    held = _held(granting, call)
    if held.role == "owner":
        raise forbidden("cannotRemoveOwner", "The owner of a file cannot be removed.")
    if held.is_inherited:
        raise _inherited(granting.item)
    state.world.unshare(granting.item.id, held.id, by=call.user)
    return Reply(b"", 204)


def _held(granting: Granting, call: Call) -> Permission:
    """Return the permission that a path names: one's own, or any for those who may share. Raises ``DriveError``."""
    if call.path["permission_id"] != call.user.permission_id:
        require_sharing(granting, call)
    return permission_of(granting.item, call.path["permission_id"])


def _check_request(call: Call) -> None:
    """Refuse a bad parameter before anything changes; the deprecated ones have no effect (facts A2)."""
    requested_mask(call, schema.PERMISSION, PERMISSION_DEFAULT)
    for name in ("transferOwnership", "removeExpiration", "enforceExpansiveAccess", "enforceSingleParent"):
        call.params.flag(name)


def _check_writable(body: bytes) -> None:
    sent: dict[str, Any] = msgspec.json.decode(body or b"{}")  # any JSON: only the names count
    if not _NOT_WRITABLE.isdisjoint(sent):
        message = "The resource body includes fields which are not directly writable."
        raise forbidden("fieldNotWritable", message)


def _transfers(granting: Granting, call: Call, body: PermissionBody) -> bool:
    """Tell whether a call gives an item away; in a shared drive the owner's role is refused later."""
    if granting.item.drive_id is not None:
        return False
    check_acknowledged(acknowledged=call.params.is_true("transferOwnership"), role=body.role)
    return body.role == "owner"


def _give_away(granting: Granting, call: Call, grantee: User | None, *, to_root: bool = False) -> Reply:
    """Make someone the owner: by the owner, or by the one whom it was offered to."""
    item, world = granting.item, granting.state.world
    takes = grantee is call.user and world.viewer(call.user).is_pending_owner(item)
    if not takes and granting.role != "owner":
        raise insufficient(item.id)
    owner = new_owner(item, grantee, accepts=takes)
    given = world.transfer(item.id, owner, by=call.user, to_root=to_root)
    world.write_to(owner.email, given, "owner", by=call.user, message=call.params.text("emailMessage"))
    return permission_reply(call, given, owner.permission_id)


def _share(granting: Granting, call: Call, grant: Permission, *, notify: bool) -> Reply:
    item, world = granting.item, granting.state.world
    if item.owner is not None and grant.id == item.owner.permission_id:
        return permission_reply(call, item, grant.id)
    if not notify and _has_no_account(granting, grant):
        raise sharing_refused(_NO_ACCOUNT.format(grant.email))
    shared = world.share(item.id, grant, by=call.user)
    if notify and grant.email is not None:
        world.write_to(grant.email, shared, grant.role, by=call.user, message=call.params.text("emailMessage"))
    return permission_reply(call, shared, grant.id)


def _has_no_account(granting: Granting, grant: Permission) -> bool:
    """Tell whether an address of a domain that is at home here is nobody's; all others are accounts elsewhere."""
    accounts, address = granting.state.world.accounts, grant.email
    if address is None or accounts.user(address) is not None or accounts.group(address) is not None:
        return False
    return accounts.hosts(address.rpartition("@")[2])


def _change(granting: Granting, call: Call, held: Permission, body: PermissionBody) -> Reply:
    item, world = granting.item, granting.state.world
    role = held.role if body.role is None else body.role
    granting.check_role(role)
    above = [detail.role for detail in held.details if detail.inherited_from is not None]
    if any(RANK[role] < RANK[each] for each in above):
        raise _inherited(item)
    changed = msgspec.structs.replace(
        held, role=role, view=None, details=(), expires_ms=_end(granting, call, held, body)
    )
    offered = held.pending_owner if body.pending_owner is None else body.pending_owner
    if offered and not held.pending_owner:
        changed = granting.offered(changed)
    else:
        changed = msgspec.structs.replace(changed, pending_owner=offered and role == "writer")
    return permission_reply(call, world.share(item.id, changed, by=call.user), held.id)


def _end(granting: Granting, call: Call, held: Permission, body: PermissionBody) -> int | None:
    if call.params.is_true("removeExpiration"):
        return None
    return held.expires_ms if body.expiration_time is None else granting.expiry(held, body.expiration_time)


def _inherited(item: Item) -> DriveError:
    """403 for less than what is granted above (facts A7); Google's newer name for it is given in My Drive."""
    reason = "cannotModifyInheritedPermission" if item.drive_id is None else "cannotModifyInheritedTeamDrivePermission"
    message = (
        "Cannot modify a permission on an item to be less than the inherited access from a direct or indirect parent."
        " Leverage limited access (https://developers.google.com/workspace/drive/api/guides/limited-expansive-access)."
    )
    return forbidden(reason, message)


ROUTES = (
    Route("permissions.create", "POST", PATH, create),
    Route("permissions.update", "PATCH", PATH + "/{permission_id}", update),
    Route("permissions.delete", "DELETE", PATH + "/{permission_id}", delete),
)
