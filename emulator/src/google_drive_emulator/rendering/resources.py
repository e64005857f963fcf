"""Drive resources: an item and who looks at it in, the JSON of each field out (facts A6, A7).

``TEXT_FIELDS`` give a field's JSON text straight away, which is what makes pages fast. ``VALUE_FIELDS`` give a key
and a function of the key that builds the value, so that values shared by many items are encoded once for each mask.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, Generic, TypeAlias, TypeVar

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.rendering.formats import EXPORT_FORMATS, export_links
from google_drive_emulator.rendering.media_metadata import (
    film_key,
    film_metadata,
    picture_key,
    picture_metadata,
)
from google_drive_emulator.rendering.permissions import permission_resource
from google_drive_emulator.world.capabilities import capabilities, copies_from, may, standing
from google_drive_emulator.world.items import (
    DOCUMENT,
    FOLDER,
    PRESENTATION,
    RANK,
    SPREADSHEET,
    Checksum,
    Detail,
    DownloadRestriction,
    Item,
    Label,
    Permission,
    Restriction,
    ShortcutTarget,
    User,
)
from google_drive_emulator.world.timestamps import rfc3339
from google_drive_emulator.world.viewer import Viewer

_DIRECT = Detail("file", "reader")
_EDITORS = {DOCUMENT: "document", SPREADSHEET: "spreadsheets", PRESENTATION: "presentation"}


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


def label_info(labels: frozenset[str]) -> ValueField[Any]:
    """Return the field ``labelInfo``, limited to some labels."""
    return ValueField(
        lambda item, _viewer: tuple(each for each in item.traits.labels if each.id in labels),
        lambda key: {"labels": [label_resource(each) for each in key]},
    )


def label_resource(label: Label) -> dict[str, Json]:
    """Return a Label with its fields."""
    fields: dict[str, Json] = {
        field_id: {"kind": "drive#labelField", "id": field_id, "valueType": kind, kind: _label_values(kind, values)}
        for field_id, kind, values in label.fields
    }
    return {"kind": "drive#label", "id": label.id, "revisionId": label.revision_id, "fields": fields}


def _label_values(kind: str, values: Sequence[str]) -> list[Json]:
    if kind != "user":
        return list(values)
    return [{"kind": "drive#user", "displayName": each.partition("@")[0], "emailAddress": each} for each in values]


def _restriction_resource(restriction: Restriction, viewer: User) -> dict[str, Json]:
    resource: dict[str, Json] = {"readOnly": restriction.read_only, "ownerRestricted": restriction.owner_restricted}
    if restriction.reason is not None:
        resource["reason"] = restriction.reason
    if restriction.user is not None:
        resource["restrictingUser"] = user_resource(restriction.user, viewer)
    return resource | {
        "restrictionTime": rfc3339(restriction.time_ms),
        "type": "globalContentRestriction",
        "systemRestricted": False,
    }


def _target_resource(target: ShortcutTarget) -> dict[str, Json]:
    resource: dict[str, Json] = {"targetId": target.id, "targetMimeType": target.mime_type}
    if target.resource_key is not None:
        resource["targetResourceKey"] = target.resource_key
    return resource


def _text(value: bool) -> str:
    return "true" if value else "false"


def _constant(text: str) -> TextField:
    return lambda _item, _viewer: text


def _parents(item: Item, viewer: Viewer) -> str | None:
    """An item shared without its folder has no parents (facts A4)."""
    if item.parent is None:
        return None
    seen = item.owner is viewer.user or viewer.sees_folder(item.parent)
    return f'["{item.parent}"]' if seen else None


def _of_my_drive(text: TextField) -> TextField:
    """Items of shared drives lack what tells of owners and sharing (facts A6)."""
    return lambda item, viewer: None if item.drive_id is not None else text(item, viewer)


def _of_drive(text: TextField) -> TextField:
    return lambda item, viewer: None if item.drive_id is None else text(item, viewer)


def _moment(epoch_ms: int | None) -> str | None:
    return None if epoch_ms is None else f'"{rfc3339(epoch_ms)}"'


def _copy_requires_writer(item: Item, viewer: Viewer) -> bool:
    """A shared drive's restriction overrides that of its files."""
    return item.traits.copy_requires_writer or viewer.restrictions(item).copy_requires_writer_permission


def _has_own_grants(item: Item) -> bool:
    """Tell whether someone has a role on an item that their membership of its drive does not give them."""
    return any(detail.type == "file" for grant in item.permissions for detail in grant.details or (_DIRECT,))


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


def _optional(value: str | None) -> str | None:
    return None if value is None else encode_basestring(value)


def _shareable(item: Item, viewer: Viewer) -> tuple[Permission, ...] | None:
    """Permissions are there only for those who may share the item (facts A6)."""
    return item.permissions if item.drive_id is None and _may_share(item, viewer) else None


def _may_share(item: Item, viewer: Viewer) -> bool:
    """Tell whether a viewer may share an item; an owner always may, which saves working the rest out."""
    return (item.owner is viewer.user and item.parent is not None) or may(item, viewer, "canShare")


def _link_share(item: Item, _viewer: Viewer) -> bool | None:
    return False if any(each.type == "anyone" for each in item.permissions) else None


def _download_restrictions(item: Item, viewer: Viewer) -> tuple[DownloadRestriction, DownloadRestriction] | None:
    """Return what was set on a file and what holds for it."""
    if item.is_folder or item.is_shortcut:
        return None
    weakest = RANK[copies_from(item, viewer)]
    effective = DownloadRestriction(weakest > RANK["reader"], weakest > RANK["writer"])
    return item.traits.downloads, effective


def _download_restrictions_resource(key: tuple[DownloadRestriction, DownloadRestriction]) -> dict[str, Json]:
    item, effective = (
        {"restrictedForReaders": each.restricted_for_readers, "restrictedForWriters": each.restricted_for_writers}
        for each in key
    )
    return {"itemDownloadRestriction": dict(item), "effectiveDownloadRestrictionWithContext": dict(effective)}


TEXT_FIELDS: Mapping[str, TextField] = {
    "kind": _constant('"drive#file"'),
    "id": lambda item, _viewer: f'"{item.id}"',
    "name": lambda item, _viewer: encode_basestring(item.name),
    "mimeType": lambda item, _viewer: f'"{item.mime_type}"',
    "description": lambda item, _viewer: _optional(item.description),
    "starred": lambda item, viewer: _text(viewer.is_starred(item)),
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
    "viewedByMe": lambda item, viewer: _text(viewer.viewed_ms(item) is not None),
    "viewedByMeTime": lambda item, viewer: _moment(viewer.viewed_ms(item)),
    "createdTime": lambda item, _viewer: f'"{rfc3339(item.created_ms)}"',
    "modifiedTime": lambda item, _viewer: f'"{rfc3339(item.modified_ms)}"',
    "modifiedByMe": lambda item, viewer: _text(item.modifier is viewer.user),
    "modifiedByMeTime": lambda item, viewer: _moment(item.modified_ms if item.modifier is viewer.user else None),
    "sharedWithMeTime": lambda item, viewer: _moment(viewer.shared_ms(item)),
    "shared": _of_my_drive(lambda item, _viewer: _text(len(item.permissions) > 1)),
    "ownedByMe": _of_my_drive(lambda item, viewer: _text(item.is_owned_by(viewer.user))),
    "driveId": _of_drive(lambda item, _viewer: f'"{item.drive_id}"'),
    "teamDriveId": _of_drive(lambda item, _viewer: f'"{item.drive_id}"'),
    "hasAugmentedPermissions": _of_drive(lambda item, _viewer: _text(_has_own_grants(item))),
    "trashedTime": _of_drive(lambda item, _viewer: _moment(item.traits.trashed_ms)),
    "viewersCanCopyContent": lambda item, viewer: _text(not _copy_requires_writer(item, viewer)),
    "copyRequiresWriterPermission": lambda item, viewer: _text(_copy_requires_writer(item, viewer)),
    "writersCanShare": _of_my_drive(lambda item, _viewer: _text(item.traits.writers_can_share)),
    "resourceKey": lambda item, _viewer: _optional(item.traits.resource_key),
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
    "inheritedPermissionsDisabled": lambda item, _viewer: _text(item.traits.is_limited),
    "folderColorRgb": lambda item, _viewer: (
        f'"{item.traits.folder_color or "#8f8f8f"}"' if item.mime_type == FOLDER else None
    ),
}

VALUE_FIELDS: Mapping[str, ValueField[Any]] = {
    "owners": ValueField(
        lambda item, viewer: None if item.owner is None else (item.owner, viewer.user),
        lambda key: [user_resource(key[0], key[1])],
    ),
    "lastModifyingUser": ValueField(
        lambda item, viewer: (item.modifier, viewer.user), lambda key: user_resource(key[0], key[1])
    ),
    "sharingUser": ValueField(
        lambda item, viewer: None if viewer.shared_ms(item) is None or not item.owner else (item.owner, viewer.user),
        lambda key: user_resource(key[0], key[1]),
    ),
    "trashingUser": ValueField(
        lambda item, viewer: (item.traits.trasher, viewer.user) if item.drive_id and item.traits.trasher else None,
        lambda key: user_resource(key[0], key[1]),
    ),
    "capabilities": ValueField(standing, lambda key: dict(capabilities(key))),
    "properties": ValueField(lambda item, _viewer: item.traits.properties or None, dict),
    "appProperties": ValueField(lambda item, _viewer: item.traits.app_properties or None, dict),
    "contentRestrictions": ValueField(
        lambda item, viewer: (item.traits.restrictions, viewer.user) if item.traits.restrictions else None,
        lambda key: [_restriction_resource(each, key[1]) for each in key[0]],
    ),
    "permissions": ValueField(_shareable, lambda key: [permission_resource(each) for each in key]),
    "permissionIds": ValueField(
        lambda item, viewer: item.permissions if _may_share(item, viewer) else None,
        lambda key: [each.id for each in key],
    ),
    "shortcutDetails": ValueField(lambda item, _viewer: item.target, _target_resource),
    "imageMediaMetadata": ValueField(lambda item, _viewer: picture_key(item), picture_metadata),
    "videoMediaMetadata": ValueField(lambda item, _viewer: film_key(item), film_metadata),
    "exportLinks": ValueField(
        lambda item, _viewer: (item.mime_type, item.id) if item.mime_type in EXPORT_FORMATS else None,
        lambda key: dict(export_links(*key)),
    ),
    "linkShareMetadata": ValueField(
        _link_share, lambda key: {"securityUpdateEligible": key, "securityUpdateEnabled": True}
    ),
    "downloadRestrictions": ValueField(_download_restrictions, _download_restrictions_resource),
}
