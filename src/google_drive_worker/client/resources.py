"""Drive's own JSON, as this worker asks for it and decodes it (facts A5 to A7).

In: bytes of `files.list`, `files.get` and `changes.list` answers, or the raw JSON of a permission or a shared
drive. Out: structs with Drive's values under Python names. The masks below and the structs say the same thing twice on
purpose, one for the wire and one for the reader; a test keeps them equal.

int64 values are JSON strings in Drive; the decoders here run with ``strict=False``, which turns them into numbers.
An absent value stays `UNSET`: absence carries meaning (a folder has no size, a shared-drive item no owners).
"""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from msgspec.json import Decoder

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"

USER_FIELDS = "displayName,emailAddress,permissionId"
PERMISSION_FIELDS = (
    "id,type,role,emailAddress,domain,displayName,allowFileDiscovery,expirationTime,deleted,pendingOwner,view,"
    "inheritedPermissionsDisabled,permissionDetails(permissionType,role,inherited,inheritedFrom)"
)
CAPABILITY_FIELDS = (
    "canEdit,canComment,canShare,canCopy,canDownload,canListChildren,canReadRevisions,canRename,canTrash,canDelete"
)
FILE_FIELDS = (
    "id,name,mimeType,description,driveId,parents,version,size,quotaBytesUsed,md5Checksum,sha1Checksum,"
    "sha256Checksum,headRevisionId,originalFilename,fileExtension,fullFileExtension,createdTime,modifiedTime,"
    "trashed,explicitlyTrashed,trashedTime,shared,writersCanShare,copyRequiresWriterPermission,"
    "hasAugmentedPermissions,inheritedPermissionsDisabled,webViewLink,webContentLink,iconLink,hasThumbnail,"
    "resourceKey,folderColorRgb,permissionIds,starred,viewedByMe,viewedByMeTime,modifiedByMe,"
    "modifiedByMeTime,sharedWithMeTime,ownedByMe,properties,appProperties,exportLinks,"
    "shortcutDetails,linkShareMetadata,contentRestrictions,downloadRestrictions,labelInfo,imageMediaMetadata,"
    "videoMediaMetadata,clientEncryptionDetails,"
    f"trashingUser({USER_FIELDS}),lastModifyingUser({USER_FIELDS}),sharingUser({USER_FIELDS}),owners({USER_FIELDS}),"
    f"permissions({PERMISSION_FIELDS}),capabilities({CAPABILITY_FIELDS})"
)
FILE_LIST_FIELDS = f"nextPageToken,incompleteSearch,files({FILE_FIELDS})"
DRIVE_FIELDS = "id,name,hidden,createdTime,orgUnitId,colorRgb,themeId,backgroundImageLink,restrictions,capabilities"
FOLDER_LIST_FIELDS = "nextPageToken,incompleteSearch,files(id,parents,driveId)"
CHANGE_LIST_FIELDS = (
    "nextPageToken,newStartPageToken,"
    f"changes(changeType,time,removed,fileId,driveId,file({FILE_FIELDS}),drive({DRIVE_FIELDS}))"
)

Json = dict[str, Any]


class DriveUser(Struct, rename="camel", gc=False):
    """Who did or owns something. A deleted account has no address."""

    display_name: str | UnsetType = UNSET
    email_address: str | UnsetType = UNSET
    permission_id: str | UnsetType = UNSET


class DrivePermissionDetail(Struct, rename="camel", gc=False):
    """Where a grant on a shared-drive item comes from."""

    permission_type: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    inherited: bool | UnsetType = UNSET
    inherited_from: str | UnsetType = UNSET


class DrivePermission(Struct, rename="camel", gc=False):
    """One grant (facts A7)."""

    id: str
    type: str
    role: str
    email_address: str | UnsetType = UNSET
    domain: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    allow_file_discovery: bool | UnsetType = UNSET
    expiration_time: str | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    pending_owner: bool | UnsetType = UNSET
    view: str | UnsetType = UNSET
    inherited_permissions_disabled: bool | UnsetType = UNSET
    permission_details: list[DrivePermissionDetail] | UnsetType = UNSET


def holds(shape: Any) -> Meta:
    """Mark JSON that stays as it came until it is converted, and say what it is."""
    return Meta(extra={"holds": shape})


# A drive has few people and few sets of grants beside its files, so these parts recur byte by byte; the normaliser
# converts each of them once. They are kept undecoded for it.
RawUser = Annotated[Raw, holds(DriveUser)]
RawOwners = Annotated[Raw, holds(list[DriveUser])]
RawPermissions = Annotated[Raw, holds(list[DrivePermission])]
RawJson = Annotated[Raw, holds(Json)]
RawTexts = Annotated[Raw, holds(list[str])]
RawCapabilities = Annotated[Raw, holds(dict[str, bool])]


class DriveFile(Struct, rename="camel", gc=False):
    """A file, folder or shortcut (facts A6). What is rare and nested stays a plain dictionary."""

    id: str
    name: str | UnsetType = UNSET
    mime_type: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    drive_id: str | UnsetType = UNSET
    parents: RawTexts | UnsetType = UNSET
    version: int | UnsetType = UNSET
    size: int | UnsetType = UNSET
    quota_bytes_used: int | UnsetType = UNSET
    md5_checksum: str | UnsetType = UNSET
    sha1_checksum: str | UnsetType = UNSET
    sha256_checksum: str | UnsetType = UNSET
    head_revision_id: str | UnsetType = UNSET
    original_filename: str | UnsetType = UNSET
    file_extension: str | UnsetType = UNSET
    full_file_extension: str | UnsetType = UNSET
    created_time: str | UnsetType = UNSET
    modified_time: str | UnsetType = UNSET
    trashed: bool | UnsetType = UNSET
    explicitly_trashed: bool | UnsetType = UNSET
    trashed_time: str | UnsetType = UNSET
    shared: bool | UnsetType = UNSET
    writers_can_share: bool | UnsetType = UNSET
    copy_requires_writer_permission: bool | UnsetType = UNSET
    has_augmented_permissions: bool | UnsetType = UNSET
    inherited_permissions_disabled: bool | UnsetType = UNSET
    web_view_link: str | UnsetType = UNSET
    web_content_link: str | UnsetType = UNSET
    icon_link: str | UnsetType = UNSET
    has_thumbnail: bool | UnsetType = UNSET
    resource_key: str | UnsetType = UNSET
    folder_color_rgb: str | UnsetType = UNSET
    permission_ids: RawTexts | UnsetType = UNSET
    starred: bool | UnsetType = UNSET
    viewed_by_me: bool | UnsetType = UNSET
    viewed_by_me_time: str | UnsetType = UNSET
    modified_by_me: bool | UnsetType = UNSET
    modified_by_me_time: str | UnsetType = UNSET
    shared_with_me_time: str | UnsetType = UNSET
    owned_by_me: bool | UnsetType = UNSET
    properties: dict[str, str] | UnsetType = UNSET
    app_properties: dict[str, str] | UnsetType = UNSET
    export_links: dict[str, str] | UnsetType = UNSET
    shortcut_details: Json | UnsetType = UNSET
    link_share_metadata: RawJson | UnsetType = UNSET
    content_restrictions: list[Json] | UnsetType = UNSET
    download_restrictions: RawJson | UnsetType = UNSET
    label_info: Json | UnsetType = UNSET
    image_media_metadata: Json | UnsetType = UNSET
    video_media_metadata: Json | UnsetType = UNSET
    client_encryption_details: Json | UnsetType = UNSET
    trashing_user: RawUser | UnsetType = UNSET
    last_modifying_user: RawUser | UnsetType = UNSET
    sharing_user: RawUser | UnsetType = UNSET
    owners: RawOwners | UnsetType = UNSET
    permissions: RawPermissions | UnsetType = UNSET
    capabilities: RawCapabilities | UnsetType = UNSET


class SharedDrive(Struct, rename="camel", gc=False):
    """A shared drive (facts A2). `hidden` and `capabilities` are those of the account that asks."""

    id: str
    name: str | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    created_time: str | UnsetType = UNSET
    org_unit_id: str | UnsetType = UNSET
    color_rgb: str | UnsetType = UNSET
    theme_id: str | UnsetType = UNSET
    background_image_link: str | UnsetType = UNSET
    restrictions: Json | UnsetType = UNSET
    capabilities: Json | UnsetType = UNSET


class DriveChange(Struct, rename="camel", gc=False):
    """One entry of a change log. `file` is absent when the item is gone for this viewer (facts A5)."""

    change_type: str | UnsetType = UNSET
    time: str | UnsetType = UNSET
    removed: bool = False
    file_id: str | UnsetType = UNSET
    drive_id: str | UnsetType = UNSET
    file: DriveFile | UnsetType = UNSET
    drive: Annotated[Raw, holds(SharedDrive)] | UnsetType = UNSET


class FileList(Struct, rename="camel"):
    """A page of `files.list`."""

    files: list[DriveFile] = []
    next_page_token: str | None = None
    incomplete_search: bool = False


class ChangeList(Struct, rename="camel"):
    """A page of `changes.list`; `new_start_page_token` stands on the last page only."""

    changes: list[DriveChange] = []
    next_page_token: str | None = None
    new_start_page_token: str | None = None


class RawFileList(Struct, rename="camel"):
    """A page whose items are decoded one by one, for the page that holds an item Drive should not have sent."""

    files: list[Raw] = []
    next_page_token: str | None = None
    incomplete_search: bool = False


class RawChangeList(Struct, rename="camel"):
    """As `RawFileList`, for changes."""

    changes: list[Raw] = []
    next_page_token: str | None = None
    new_start_page_token: str | None = None


FILE_LIST = Decoder(FileList, strict=False)
CHANGE_LIST = Decoder(ChangeList, strict=False)
RAW_FILE_LIST = Decoder(RawFileList, strict=False)
RAW_CHANGE_LIST = Decoder(RawChangeList, strict=False)
FILE = Decoder(DriveFile, strict=False)
CHANGE = Decoder(DriveChange, strict=False)
PERMISSION = Decoder(DrivePermission)
SHARED_DRIVE = Decoder(SharedDrive)
