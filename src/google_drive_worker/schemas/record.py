"""The record: what the platform reads from `integrations-incoming-records` (docs/contracts.md, "Record").

In: values of the normaliser. Out: what stands in a record's `data` and `source`. The envelope around them is the
toolkit's, the same for every integration.
"""

from enum import StrEnum
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Encoder

from clustera_toolkit.message import AFTER_DATA_BYTES

SCHEMA = "google-drive.record.v1"
Op = Literal["upsert", "delete"]
"""What a consumer does with a record."""

ItemType = Literal["file", "folder", "drive"]
"""What can have permissions."""
ListedType = Literal["permission", "revision", "comment"]
"""What hangs below an item in a list."""


class ResourceType(StrEnum):
    """What a record speaks of."""

    FILE = "file"
    FOLDER = "folder"
    PERMISSION_SET = "permission_set"
    PERMISSION = "permission"
    REVISION = "revision"
    COMMENT = "comment"
    DRIVE = "drive"
    MANIFEST = "manifest"
    SNAPSHOT = "snapshot"


class DeleteReason(StrEnum):
    """Why an item is gone for this connection."""

    REMOVED = "removed"
    LEFT_CORPUS = "left_corpus"
    OUT_OF_SCOPE = "out_of_scope"
    PURGED = "purged"
    """Reserved by the contract, so that consumers know it before it is sent."""


class PermissionsState(StrEnum):
    """Why `data.permissions` is not there."""

    OWN = "own"
    INHERITED = "inherited"
    PENDING = "pending"
    """Reserved by the contract, so that consumers know it before it is sent."""
    NOT_VISIBLE = "not_visible"


class SnapshotPhase(StrEnum):
    """Where a snapshot stands."""

    STARTED = "started"
    COMPLETE = "complete"
    CLOSED = "closed"


class Source(Struct, frozen=True):
    """Which log an item came from, and when the log says it changed."""

    corpus: str
    drive_id: str | None = None
    subject: str | None = None
    change_time: str | None = None


class User(Struct, gc=False, omit_defaults=True):
    """A person or service account."""

    display_name: str | UnsetType = UNSET
    email_address: str | UnsetType = UNSET
    permission_id: str | UnsetType = UNSET


class PermissionDetail(Struct, gc=False, omit_defaults=True):
    """Where a grant comes from."""

    permission_type: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    inherited: bool | UnsetType = UNSET
    inherited_from: str | UnsetType = UNSET


class Permission(Struct, gc=False, omit_defaults=True):
    """A grant. `view: metadata` is not access to content."""

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
    permission_details: list[PermissionDetail] | UnsetType = UNSET


class Viewer(Struct, omit_defaults=True, gc=False):
    """What differs by who looks."""

    owned_by_me: bool | UnsetType = UNSET
    starred: bool | UnsetType = UNSET
    viewed_by_me: bool | UnsetType = UNSET
    viewed_by_me_time: str | UnsetType = UNSET
    modified_by_me: bool | UnsetType = UNSET
    modified_by_me_time: str | UnsetType = UNSET
    shared_with_me_time: str | UnsetType = UNSET
    sharing_user: User | UnsetType = UNSET
    capabilities: dict[str, bool] | UnsetType = UNSET


class FileData(Struct, omit_defaults=True, gc=False):
    """`data` of a `file` (shortcuts too) or `folder`. Sizes in bytes, times as Drive gives them."""

    id: str
    name: str | UnsetType = UNSET
    mime_type: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    drive_id: str | UnsetType = UNSET
    parents: list[str] | UnsetType = UNSET
    version: int | UnsetType = UNSET
    size_bytes: int | UnsetType = UNSET
    quota_bytes_used: int | UnsetType = UNSET
    md5_checksum: str | UnsetType = UNSET
    sha1_checksum: str | UnsetType = UNSET
    sha256_checksum: str | UnsetType = UNSET
    head_revision_id: str | UnsetType = UNSET
    original_filename: str | UnsetType = UNSET
    file_extension: str | UnsetType = UNSET
    full_file_extension: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    modified_at: str | UnsetType = UNSET
    trashed: bool | UnsetType = UNSET
    explicitly_trashed: bool | UnsetType = UNSET
    trashed_at: str | UnsetType = UNSET
    trashing_user: User | UnsetType = UNSET
    last_modifying_user: User | UnsetType = UNSET
    owners: list[User] | UnsetType = UNSET
    shared: bool | UnsetType = UNSET
    permissions: list[Permission] | UnsetType = UNSET
    permissions_state: str | UnsetType = UNSET
    permission_ids: list[str] | UnsetType = UNSET
    has_augmented_permissions: bool | UnsetType = UNSET
    inherited_permissions_disabled: bool | UnsetType = UNSET
    writers_can_share: bool | UnsetType = UNSET
    copy_requires_writer_permission: bool | UnsetType = UNSET
    web_view_link: str | UnsetType = UNSET
    web_content_link: str | UnsetType = UNSET
    icon_link: str | UnsetType = UNSET
    has_thumbnail: bool | UnsetType = UNSET
    resource_key: str | UnsetType = UNSET
    folder_color_rgb: str | UnsetType = UNSET
    properties: dict[str, str] | UnsetType = UNSET
    app_properties: dict[str, str] | UnsetType = UNSET
    export_links: dict[str, str] | UnsetType = UNSET
    shortcut_details: dict[str, Any] | UnsetType = UNSET
    link_share_metadata: dict[str, Any] | UnsetType = UNSET
    content_restrictions: list[dict[str, Any]] | UnsetType = UNSET
    download_restrictions: dict[str, Any] | UnsetType = UNSET
    label_info: dict[str, Any] | UnsetType = UNSET
    image_media_metadata: dict[str, Any] | UnsetType = UNSET
    video_media_metadata: dict[str, Any] | UnsetType = UNSET
    client_encryption_details: dict[str, Any] | UnsetType = UNSET
    viewer: Viewer | UnsetType = UNSET


class DeletedData(Struct, frozen=True):
    """`data` of a delete."""

    id: str
    reason: str


class SnapshotData(Struct, frozen=True):
    """`data` of a `snapshot` record; `counts` by resource type."""

    snapshot_id: str
    phase: str
    counts: dict[str, int]
    complete: bool
    covers: tuple[str, ...] = ("file", "folder")
    scope: tuple[str, ...] | None = None


class OutRecord(Struct, gc=False):
    """A record ready for a sink: its key, the columns a table keeps, and its encoding."""

    resource_type: str
    resource_id: str
    op: Op
    idempotency_key: str
    version: int | None
    value: bytes
    data_bytes: int
    """The length of `data` within the value; it is not kept beside it, since records are most of what waits."""

    @property
    def data(self) -> bytes:
        """The resource as encoded; of a record that was not checked in elsewhere."""
        end = len(self.value) - AFTER_DATA_BYTES
        return self.value[end - self.data_bytes : end]


ENCODER = Encoder()
