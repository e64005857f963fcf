"""Drive resources: an item and who looks at it in, the JSON of each field out (facts A6, A7).

``TEXT_FIELDS`` give a field's JSON text straight away, which is what makes pages fast. ``VALUE_FIELDS`` give a key
and a function of the key that builds the value, so that values shared by many items are encoded once for each mask.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, Generic, TypeAlias, TypeVar

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.world.items import (
    DOCUMENT,
    FOLDER,
    PRESENTATION,
    SHORTCUT,
    SPREADSHEET,
    Checksum,
    Drive,
    Item,
    Permission,
    User,
)
from google_drive_emulator.world.timestamps import rfc3339

WRITERS = frozenset({"owner", "organizer", "fileOrganizer", "writer"})

EXPORT_TYPES: Mapping[str, tuple[str, ...]] = {
    DOCUMENT: (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument.text",
        "application/rtf",
        "application/pdf",
        "text/plain",
        "application/zip",
        "application/epub+zip",
        "text/markdown",
    ),
    SPREADSHEET: (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/x-vnd.oasis.opendocument.spreadsheet",
        "application/pdf",
        "application/zip",
        "text/csv",
        "text/tab-separated-values",
    ),
    PRESENTATION: (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.presentation",
        "application/pdf",
        "text/plain",
    ),
}

_EDITORS = {DOCUMENT: "document", SPREADSHEET: "spreadsheets", PRESENTATION: "presentation"}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose eyes an item is seen with, and whether those see a folder."""

    user: User
    sees_folder: Callable[[str], bool]


TextField: TypeAlias = Callable[[Item, Viewer], str | None]
KeyT = TypeVar("KeyT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ValueField(Generic[KeyT]):
    """A field whose value depends on a small key; a key of None means that the item lacks the field."""

    key: Callable[[Item, Viewer], KeyT | None]
    build: Callable[[KeyT], Json]


def user_resource(user: User, viewer: User) -> dict[str, Json]:
    """Return a User."""
    return {
        "kind": "drive#user",
        "displayName": user.display_name,
        "photoLink": f"https://lh3.googleusercontent.com/a/default-user={user.permission_id}",
        "me": user.email == viewer.email,
        "permissionId": user.permission_id,
        "emailAddress": user.email,
    }


def permission_resource(permission: Permission) -> dict[str, Json]:
    """Return a Permission (facts A7)."""
    resource: dict[str, Json] = {"kind": "drive#permission", "id": permission.id, "type": permission.type}
    if permission.email is not None:
        resource["emailAddress"] = permission.email
    if permission.domain is not None:
        resource["domain"] = permission.domain
    resource["role"] = permission.role
    if permission.display_name is not None:
        resource["displayName"] = permission.display_name
    if permission.allow_file_discovery is not None:
        resource["allowFileDiscovery"] = permission.allow_file_discovery
    if permission.type in {"user", "group"}:
        resource |= {"deleted": False, "pendingOwner": False}
    return resource


def drive_resource(drive: Drive) -> dict[str, Json]:
    """Return a shared drive."""
    return {
        "kind": "drive#drive",
        "id": drive.id,
        "name": drive.name,
        "colorRgb": "#5c6bc0",
        "createdTime": rfc3339(drive.created_ms),
        "hidden": False,
    }


def capabilities(kind: str, role: str | None, trashed: bool) -> dict[str, Json]:
    """Return what a role may do with a folder, shortcut, document or blob (facts A6)."""
    folder, owns, writes = kind == "folder", role == "owner", role in WRITERS
    blob_or_document = kind in {"blob", "document"}
    return {
        "canAcceptOwnership": False,
        "canAddChildren": folder and writes,
        "canAddMyDriveParent": False,
        "canChangeCopyRequiresWriterPermission": writes and blob_or_document,
        "canChangeSecurityUpdateEnabled": False,
        "canChangeViewersCanCopyContent": writes and blob_or_document,
        "canComment": writes and not folder,
        "canCopy": blob_or_document,
        "canDelete": owns,
        "canDisableInheritedPermissions": folder and owns,
        "canDownload": blob_or_document,
        "canEdit": writes,
        "canEnableInheritedPermissions": folder and owns,
        "canListChildren": folder,
        "canModifyContent": writes,
        "canModifyContentRestriction": writes and blob_or_document,
        "canModifyLabels": False,
        "canMoveChildrenWithinDrive": folder and writes,
        "canMoveItemIntoTeamDrive": owns,
        "canMoveItemOutOfDrive": False,
        "canMoveItemWithinDrive": writes,
        "canReadLabels": False,
        "canReadRevisions": writes and blob_or_document,
        "canRemoveChildren": folder and writes,
        "canRemoveMyDriveParent": owns,
        "canRename": writes,
        "canShare": writes,
        "canTrash": owns and not trashed,
        "canUntrash": owns and trashed,
    }


def _kind(item: Item) -> str:
    if item.content is not None:
        return "blob"
    if item.mime_type == FOLDER:
        return "folder"
    return "shortcut" if item.mime_type == SHORTCUT else "document"


def _text(value: bool) -> str:
    return "true" if value else "false"


def _constant(text: str) -> TextField:
    return lambda _item, _viewer: text


def _parents(item: Item, viewer: Viewer) -> str | None:
    """An item shared without its folder has no parents (facts A4)."""
    if item.parent is None:
        return None
    mine = item.owner.email == viewer.user.email
    return f'["{item.parent}"]' if mine or viewer.sees_folder(item.parent) else None


def _of_blob(text: Callable[[Item], str]) -> TextField:
    return lambda item, _viewer: None if item.content is None else text(item)


def _extension(item: Item) -> str:
    return encode_basestring(item.name.rpartition(".")[2] if "." in item.name else "")


def _full_extension(item: Item) -> str:
    stem, dot, last = item.name.rpartition(".")
    if stem.endswith(".tar"):
        last = "tar." + last
    return encode_basestring(last if dot else "")


def _checksum(algorithm: Checksum) -> TextField:
    def text(item: Item, _viewer: Viewer) -> str | None:
        checksum = None if item.content is None else item.content.checksum(algorithm)
        return None if checksum is None else f'"{checksum}"'

    return text


def _web_view_link(item: Item, _viewer: Viewer) -> str:
    if item.mime_type == FOLDER:
        return f'"https://drive.google.com/drive/folders/{item.id}"'
    editor = _EDITORS.get(item.mime_type)
    if editor is not None:
        return f'"https://docs.google.com/{editor}/d/{item.id}/edit?usp=drivesdk"'
    return f'"https://drive.google.com/file/d/{item.id}/view?usp=drivesdk"'


def _shared_with_me_time(item: Item, viewer: Viewer) -> str | None:
    return None if item.owner.email == viewer.user.email else f'"{rfc3339(item.created_ms)}"'


def _modified_by_me_time(item: Item, viewer: Viewer) -> str | None:
    return f'"{rfc3339(item.modified_ms)}"' if item.modifier.email == viewer.user.email else None


def _optional(value: str | None) -> str | None:
    return None if value is None else encode_basestring(value)


def _shareable(item: Item, viewer: Viewer) -> tuple[Permission, ...] | None:
    """Permissions are there only for those who may share the item (facts A6)."""
    return item.permissions if item.role_of(viewer.user) in WRITERS else None


def _link_share(item: Item, _viewer: Viewer) -> bool | None:
    return False if any(each.type == "anyone" for each in item.permissions) else None


TEXT_FIELDS: Mapping[str, TextField] = {
    "kind": _constant('"drive#file"'),
    "id": lambda item, _viewer: f'"{item.id}"',
    "name": lambda item, _viewer: encode_basestring(item.name),
    "mimeType": lambda item, _viewer: f'"{item.mime_type}"',
    "description": lambda item, _viewer: _optional(item.description),
    "starred": lambda item, _viewer: _text(item.starred),
    "trashed": lambda item, _viewer: _text(item.trashed),
    "explicitlyTrashed": lambda item, _viewer: _text(item.explicitly_trashed),
    "parents": _parents,
    "spaces": _constant('["drive"]'),
    "version": lambda item, _viewer: f'"{item.version}"',
    "webContentLink": _of_blob(lambda item: f'"https://drive.google.com/uc?id={item.id}&export=download"'),
    "webViewLink": _web_view_link,
    "iconLink": lambda item, _viewer: f'"https://drive-thirdparty.googleusercontent.com/16/type/{item.mime_type}"',
    "hasThumbnail": lambda item, _viewer: _text(item.mime_type.startswith(("image/", "video/"))),
    "thumbnailVersion": lambda item, _viewer: '"1"' if item.mime_type.startswith(("image/", "video/")) else '"0"',
    "viewedByMe": lambda item, viewer: _text(item.modifier.email == viewer.user.email),
    "viewedByMeTime": _modified_by_me_time,
    "createdTime": lambda item, _viewer: f'"{rfc3339(item.created_ms)}"',
    "modifiedTime": lambda item, _viewer: f'"{rfc3339(item.modified_ms)}"',
    "modifiedByMe": lambda item, viewer: _text(item.modifier.email == viewer.user.email),
    "modifiedByMeTime": _modified_by_me_time,
    "sharedWithMeTime": _shared_with_me_time,
    "shared": lambda item, _viewer: _text(len(item.permissions) > 1),
    "ownedByMe": lambda item, viewer: _text(item.owner.email == viewer.user.email),
    "viewersCanCopyContent": _constant("true"),
    "copyRequiresWriterPermission": _constant("false"),
    "writersCanShare": _constant("true"),
    "originalFilename": lambda item, _viewer: _optional(item.original_name),
    "fullFileExtension": _of_blob(_full_extension),
    "fileExtension": _of_blob(_extension),
    "md5Checksum": _checksum("md5"),
    "sha1Checksum": _checksum("sha1"),
    "sha256Checksum": _checksum("sha256"),
    "size": lambda item, _viewer: None if item.size is None else f'"{item.size}"',
    "quotaBytesUsed": lambda item, _viewer: f'"{item.size or 0}"',
    "headRevisionId": lambda item, _viewer: _optional(item.head_revision),
    "isAppAuthorized": _constant("true"),
    "inheritedPermissionsDisabled": _constant("false"),
    "folderColorRgb": lambda item, _viewer: '"#8f8f8f"' if item.mime_type == FOLDER else None,
}

VALUE_FIELDS: Mapping[str, ValueField[Any]] = {
    "owners": ValueField(lambda item, viewer: (item.owner, viewer.user), lambda key: [user_resource(key[0], key[1])]),
    "lastModifyingUser": ValueField(
        lambda item, viewer: (item.modifier, viewer.user), lambda key: user_resource(key[0], key[1])
    ),
    "sharingUser": ValueField(
        lambda item, viewer: (item.owner, viewer.user) if item.owner.email != viewer.user.email else None,
        lambda key: user_resource(key[0], key[1]),
    ),
    "capabilities": ValueField(
        lambda item, viewer: (_kind(item), item.role_of(viewer.user), item.trashed),
        lambda key: capabilities(*key),
    ),
    "permissions": ValueField(_shareable, lambda key: [permission_resource(each) for each in key]),
    "permissionIds": ValueField(_shareable, lambda key: [each.id for each in key]),
    "shortcutDetails": ValueField(
        lambda item, _viewer: item.target,
        lambda key: {"targetId": key.id, "targetMimeType": key.mime_type},
    ),
    "exportLinks": ValueField(
        lambda item, _viewer: (item.id, item.mime_type) if item.mime_type in EXPORT_TYPES else None,
        lambda key: {
            mime: f"https://docs.google.com/feeds/download/documents/export/Export?id={key[0]}&exportFormat={mime}"
            for mime in EXPORT_TYPES[key[1]]
        },
    ),
    "linkShareMetadata": ValueField(
        _link_share, lambda key: {"securityUpdateEligible": key, "securityUpdateEnabled": True}
    ),
    "downloadRestrictions": ValueField(
        lambda item, _viewer: True if item.content is not None else None,
        lambda _key: {
            "itemDownloadRestriction": {"restrictedForReaders": False, "restrictedForWriters": False},
            "effectiveDownloadRestrictionWithContext": {
                "restrictedForReaders": False,
                "restrictedForWriters": False,
            },
        },
    ),
}
