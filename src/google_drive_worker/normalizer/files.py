"""Files and folders: the hot path.

In: a decoded file. Out: `FileData`, with the worker's names: snake_case, sizes in bytes, what differs by viewer set
apart. Pure, but for what recurs from file to file, which is converted once.
"""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET, Raw, UnsetType
from msgspec.json import Decoder

from google_drive_worker.client.resources import (
    FOLDER,
    DriveFile,
    DrivePermission,
    DrivePermissionDetail,
    DriveUser,
)
from google_drive_worker.normalizer.names import nested, rename_keys, snake_case
from google_drive_worker.schemas.record import (
    ENCODER,
    FileData,
    Permission,
    PermissionDetail,
    PermissionsState,
    ResourceType,
    User,
    Viewer,
)

MIB = 1024 * 1024
ENTRY_BYTES = 250
"""What an entry of a dictionary, its key and its value cost beside their content."""
FILE_TYPE, FOLDER_TYPE = ResourceType.FILE, ResourceType.FOLDER  # to look them up in the enum costs a call

as_it_came: Callable[[Raw], bytes] = ENCODER.encode
"""The bytes of a part that was not decoded: in half the time of `bytes`, ten times a file."""


def resource_type(file: DriveFile) -> ResourceType:
    """Tell folders from everything else; shortcuts and Google documents are files."""
    return FOLDER_TYPE if file.mime_type == FOLDER else FILE_TYPE


def file_data(file: DriveFile) -> FileData:
    """Turn a file, folder or shortcut into its record's `data`.

    By position, in the order of `FileData`'s fields (a test compares them): half the cost of keywords, on the hottest
    line of the worker. The parts that recur stand in it encoded already, which msgspec passes on as they are. Raises
    `msgspec.ValidationError` when one of them is not of its shape.
    """
    return FileData(
        file.id,
        file.name,
        file.mime_type,
        file.description,
        file.drive_id,
        UNSET if file.parents is UNSET else TEXTS[as_it_came(file.parents)],
        file.version,
        file.size,
        file.quota_bytes_used,
        file.md5_checksum,
        file.sha1_checksum,
        file.sha256_checksum,
        file.head_revision_id,
        file.original_filename,
        file.file_extension,
        file.full_file_extension,
        file.created_time,
        file.modified_time,
        file.trashed,
        file.explicitly_trashed,
        file.trashed_time,
        UNSET if file.trashing_user is UNSET else USERS[as_it_came(file.trashing_user)],
        UNSET if file.last_modifying_user is UNSET else USERS[as_it_came(file.last_modifying_user)],
        UNSET if file.owners is UNSET else OWNERS[as_it_came(file.owners)],
        file.shared,
        UNSET if file.permissions is UNSET else PERMISSIONS[as_it_came(file.permissions)],
        permissions_state(file),
        UNSET if file.permission_ids is UNSET else TEXTS[as_it_came(file.permission_ids)],
        file.has_augmented_permissions,
        file.inherited_permissions_disabled,
        file.writers_can_share,
        file.copy_requires_writer_permission,
        file.web_view_link,
        file.web_content_link,
        file.icon_link,
        file.has_thumbnail,
        file.resource_key,
        file.folder_color_rgb,
        file.properties,
        file.app_properties,
        file.export_links,
        UNSET if file.shortcut_details is UNSET else nested(file.shortcut_details),
        UNSET if file.link_share_metadata is UNSET else PARTS[as_it_came(file.link_share_metadata)],
        UNSET if file.content_restrictions is UNSET else nested(file.content_restrictions),
        UNSET if file.download_restrictions is UNSET else PARTS[as_it_came(file.download_restrictions)],
        UNSET if file.label_info is UNSET else nested(file.label_info),
        UNSET if file.image_media_metadata is UNSET else nested(file.image_media_metadata),
        UNSET if file.video_media_metadata is UNSET else video(file.video_media_metadata),
        UNSET if file.client_encryption_details is UNSET else nested(file.client_encryption_details),
        viewer(file),
    )


def viewer(file: DriveFile) -> Viewer:
    """Set apart what Drive answers about the account that asks."""
    return Viewer(
        file.owned_by_me,
        file.starred,
        file.viewed_by_me,
        file.viewed_by_me_time,
        file.modified_by_me,
        file.modified_by_me_time,
        file.shared_with_me_time,
        UNSET if file.sharing_user is UNSET else USERS[as_it_came(file.sharing_user)],
        UNSET if file.capabilities is UNSET else CAPABILITIES[as_it_came(file.capabilities)],
    )


def permissions_state(file: DriveFile) -> PermissionsState | UnsetType:
    """Say why permissions are missing, never show them as empty (facts A6: never inline for shared-drive items).

    Of a shared drive's items, those with grants of their own and those that limit what they inherit have a
    `permission_set`; all others have what their parents have.
    """
    if file.permissions is not UNSET:
        return UNSET
    if not file.drive_id:
        return PermissionsState.NOT_VISIBLE
    if file.has_augmented_permissions is True or file.inherited_permissions_disabled is True:
        return PermissionsState.OWN
    return PermissionsState.INHERITED


class Recurring(dict[bytes, Any]):
    """JSON that comes again and again, converted once: from the bytes of a part to the part as it is encoded.

    People, sets of grants, parents and capabilities recur byte by byte from file to file. A dictionary, because a look
    into one costs a third of a call, eight times a file. Bounded in bytes: when full, it starts anew; what is too
    large to recur is not kept.
    """

    def __init__(self, convert: Callable[[bytes], object], max_bytes: int = 4 * MIB) -> None:
        super().__init__()
        self._convert = convert
        self._max_bytes = max_bytes
        self._bytes = 0

    def __missing__(self, part: bytes) -> Raw:
        """Convert a new part. Raises `msgspec.ValidationError` for what is not of its shape."""
        converted = Raw(ENCODER.encode(self._convert(part)))
        size = 2 * len(part) + ENTRY_BYTES
        if size > self._max_bytes // 64:
            return converted
        if self._bytes + size > self._max_bytes:
            self.clear()
            self._bytes = 0
        self[part] = converted
        self._bytes += size
        return converted


def user(person: DriveUser) -> User:
    """Convert one person."""
    return User(person.display_name, person.email_address, person.permission_id)


def permission(grant: DrivePermission) -> Permission:
    """Convert one grant."""
    return Permission(
        grant.id,
        grant.type,
        grant.role,
        grant.email_address,
        grant.domain,
        grant.display_name,
        grant.allow_file_discovery,
        grant.expiration_time,
        grant.deleted,
        grant.pending_owner,
        grant.view,
        grant.inherited_permissions_disabled,
        permission_details(grant.permission_details),
    )


def permissions(grants: list[Raw]) -> list[Raw]:
    """Convert who has access. Sets of grants recur, since what lies in a folder takes on its grants; grants more so."""
    return [GRANTS[as_it_came(grant)] for grant in grants]


def permission_details(details: list[DrivePermissionDetail] | UnsetType) -> list[PermissionDetail] | UnsetType:
    """Convert where a grant comes from."""
    if isinstance(details, UnsetType):
        return UNSET
    return [PermissionDetail(d.permission_type, d.role, d.inherited, d.inherited_from) for d in details]


def capabilities(flags: dict[str, bool]) -> dict[str, bool]:
    """Rename capabilities."""
    return {snake_case(name): flag for name, flag in flags.items()}


_USER, _OWNERS, _TEXTS = Decoder(DriveUser), Decoder(list[DriveUser]), Decoder(list[str])
_PERMISSION, _GRANTS = Decoder(DrivePermission), Decoder(list[Raw])
_CAPABILITIES, _JSON = Decoder(dict[str, bool]), Decoder(dict[str, Any])

USERS = Recurring(lambda part: user(_USER.decode(part)))
OWNERS = Recurring(lambda part: [user(person) for person in _OWNERS.decode(part)])
GRANTS = Recurring(lambda part: permission(_PERMISSION.decode(part)))
PERMISSIONS = Recurring(lambda part: permissions(_GRANTS.decode(part)))
CAPABILITIES = Recurring(lambda part: capabilities(_CAPABILITIES.decode(part)))
TEXTS = Recurring(_TEXTS.decode)
PARTS = Recurring(lambda part: rename_keys(_JSON.decode(part)))


def video(details: dict[str, Any] | UnsetType) -> dict[str, Any] | UnsetType:
    """Rename, and turn the one int64 of the rare nested parts into a number."""
    renamed = nested(details)
    if not isinstance(renamed, UnsetType) and str(renamed.get("duration_millis", "")).isdecimal():
        renamed["duration_millis"] = int(renamed["duration_millis"])
    return renamed
