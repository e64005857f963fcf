"""What a user may do with an item: its kind and the user's role in, Drive's ``capabilities`` out (facts A6).

Capabilities, not roles, are the authority: routes ask them too, so what is shown and what is allowed never differ.
"""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from google_drive_emulator.world.items import RANK, WRITERS, DownloadRestriction, DriveRestrictions, Item, Role
from google_drive_emulator.world.viewer import Viewer


class Standing(msgspec.Struct, frozen=True):
    """All that a user's capabilities on an item depend on. ``kind`` is folder, shortcut, document or blob.

    ``copies_from`` is the weakest role that may download and copy, ``shares_from`` the weakest that may share.
    """

    kind: str
    role: Role | None
    in_drive: bool
    is_root: bool = False
    trashed: bool = False
    is_limited: bool = False
    is_locked: bool = False
    is_pending_owner: bool = False
    copies_from: Role = "reader"
    shares_from: Role = "writer"

    def at_least(self, role: Role) -> bool:
        """Tell whether the user's role is this one or a stronger one."""
        return self.role is not None and RANK[self.role] >= RANK[role]


def standing(item: Item, viewer: Viewer) -> Standing:
    """Return what decides a user's capabilities on an item."""
    traits = item.traits
    return Standing(
        kind_of(item),
        viewer.role(item),
        item.drive_id is not None,
        item.parent is None,
        item.trashed,
        traits.is_limited,
        any(restriction.read_only for restriction in traits.restrictions),
        viewer.is_pending_owner(item),
        copies_from(item, viewer),
        _shares_from(item, viewer.restrictions(item)),
    )


def copies_from(item: Item, viewer: Viewer) -> Role:
    """Return the weakest role that may download and copy an item."""
    own = item.traits
    return _copies_from(viewer.restrictions(item), own.downloads, requires_writer=own.copy_requires_writer)


def _copies_from(restrictions: DriveRestrictions, own: DownloadRestriction, *, requires_writer: bool) -> Role:
    """Who manages a drive or owns an item may always download (facts A6)."""
    downloads = restrictions.download_restriction
    if downloads.restricted_for_writers or own.restricted_for_writers:
        return "organizer"
    is_for_writers = requires_writer or restrictions.copy_requires_writer_permission
    is_not_for_readers = downloads.restricted_for_readers or own.restricted_for_readers
    return "writer" if is_for_writers or is_not_for_readers else "reader"


def _shares_from(item: Item, restrictions: DriveRestrictions) -> Role:
    if item.drive_id is None:
        return "writer" if item.traits.writers_can_share and item.parent is not None else "owner"
    if item.parent is None:
        return "organizer"
    if not item.is_folder:
        return "writer"
    return "organizer" if restrictions.sharing_folders_requires_organizer_permission else "fileOrganizer"


def kind_of(item: Item) -> str:
    """Return whether an item is a folder, shortcut, document or blob."""
    if item.content is not None:
        return "blob"
    if item.is_folder:
        return "folder"
    return "shortcut" if item.is_shortcut else "document"


def may(item: Item, viewer: Viewer, capability: str) -> bool:
    """Tell whether a user has a capability on an item."""
    return capabilities(standing(item, viewer)).get(capability, False)


@lru_cache(maxsize=4096)
def capabilities(who: Standing) -> Mapping[str, bool]:
    """Return all capabilities by their names."""
    common = {**_content(who), **_sharing(who), **_moving(who)}
    if who.kind == "folder":
        common |= _children(who)
    if who.in_drive:
        common |= _in_drive(who)
    return dict(sorted(common.items()))


def _content(who: Standing) -> dict[str, bool]:
    has_content = who.kind in {"blob", "document"}
    writes, is_file = who.at_least("writer"), who.kind != "folder"
    copies = has_content and who.at_least(who.copies_from)
    return {
        "canComment": has_content and who.at_least("commenter") and not who.is_locked,
        "canCopy": copies,
        "canDownload": copies,
        "canEdit": writes and not who.is_locked,
        "canModifyContent": writes and not who.is_locked,
        "canModifyContentRestriction": writes and has_content,
        "canModifyEditorContentRestriction": writes and has_content,
        "canModifyLabels": writes and is_file,
        "canModifyOwnerContentRestriction": _rules(who) and has_content,
        "canReadLabels": who.role is not None and is_file,
        "canReadRevisions": writes and has_content,
        "canRemoveContentRestriction": writes and who.is_locked,
        "canRename": writes and not who.is_locked and (not who.is_root or who.role == "organizer"),
        "canListChildren": who.kind == "folder" and who.role is not None,
    }


def _rules(who: Standing) -> bool:
    """Tell whether a user has the last word on an item."""
    return who.role in {"owner", "organizer"}


def _sharing(who: Standing) -> dict[str, bool]:
    has_content = who.kind in {"blob", "document"}
    shares = who.at_least(who.shares_from) and (who.in_drive or not who.is_root)
    limits = not who.is_root and (_rules(who) or (not who.in_drive and shares))
    return {
        "canAcceptOwnership": who.is_pending_owner,
        "canChangeCopyRequiresWriterPermission": shares and has_content,
        "canChangeItemDownloadRestriction": shares and has_content,
        "canChangeSecurityUpdateEnabled": False,
        "canChangeViewersCanCopyContent": shares and has_content,
        "canDisableInheritedPermissions": limits and not who.is_limited,
        "canEnableInheritedPermissions": limits and who.is_limited,
        "canShare": shares,
        "canStartApproval": False,
    }


def _moving(who: Standing) -> dict[str, bool]:
    if who.in_drive:
        moves, trashes, deletes = who.at_least("fileOrganizer"), who.at_least("fileOrganizer"), who.role == "organizer"
    else:
        moves, trashes, deletes = who.at_least("writer"), who.role == "owner", who.role == "owner"
    free = not who.is_root
    return {
        "canAddMyDriveParent": False,
        "canDelete": deletes and free,
        "canMoveItemIntoTeamDrive": deletes and free,
        "canMoveItemOutOfDrive": deletes and free and who.in_drive,
        "canMoveItemWithinDrive": moves and free,
        "canRemoveMyDriveParent": who.role == "owner" and free,
        "canTrash": trashes and free and not who.trashed,
        "canUntrash": trashes and free and who.trashed,
    }


def _children(who: Standing) -> dict[str, bool]:
    writes, manages = who.at_least("writer"), who.at_least("fileOrganizer")
    moves = manages if who.in_drive else writes
    return {
        "canAddChildren": writes,
        "canMoveChildrenWithinDrive": moves,
        "canRemoveChildren": moves,
    }


def _in_drive(who: Standing) -> dict[str, bool]:
    folder, manages = who.kind == "folder", who.at_least("fileOrganizer")
    extra = {
        "canMoveItemOutOfTeamDrive": who.role == "organizer" and not who.is_root,
        "canMoveItemWithinTeamDrive": manages and not who.is_root,
        "canReadDrive": who.role is not None,
        "canReadTeamDrive": who.role is not None,
    }
    if folder:
        extra |= {
            "canAddFolderFromAnotherDrive": manages,
            "canDeleteChildren": who.role == "organizer",
            "canMoveChildrenOutOfDrive": who.role == "organizer",
            "canMoveChildrenOutOfTeamDrive": who.role == "organizer",
            "canMoveChildrenWithinTeamDrive": manages,
            "canTrashChildren": manages,
        }
    return extra


def drive_capabilities(
    role: Role | None, restrictions: DriveRestrictions, *, is_admin: bool = False
) -> dict[str, bool]:
    """Return what a member of a shared drive may do with it; ``is_admin`` of one who uses an administrator's access."""
    who = Standing("folder", "organizer" if is_admin else role, in_drive=True, is_root=True)
    writes, manages, rules = who.role in WRITERS, who.at_least("fileOrganizer"), who.role == "organizer"
    restricts = is_admin or (rules and not restrictions.admin_managed_restrictions)
    copies = who.at_least(_copies_from(restrictions, DownloadRestriction(), requires_writer=False))
    return {
        "canAddChildren": writes,
        "canChangeCopyRequiresWriterPermissionRestriction": restricts,
        "canChangeDomainUsersOnlyRestriction": restricts,
        "canChangeDownloadRestriction": restricts,
        "canChangeDriveBackground": rules,
        "canChangeDriveMembersOnlyRestriction": restricts,
        "canChangeSharingFoldersRequiresOrganizerPermissionRestriction": restricts,
        "canComment": who.at_least("commenter"),
        "canCopy": copies,
        "canDeleteChildren": rules,
        "canDeleteDrive": rules,
        "canDownload": copies,
        "canEdit": writes,
        "canListChildren": who.role is not None,
        "canManageMembers": rules,
        "canReadRevisions": writes,
        "canRename": writes,
        "canRenameDrive": rules,
        "canResetDriveRestrictions": restricts,
        "canShare": writes,
        "canTrashChildren": manages,
    }
