"""`data` of what hangs below an item, and of shared drives (docs/contracts.md, "Record").

In: values of the normaliser. Out: as in `record`. Ids of permissions, revisions and comments are unique within their
item only, so each names its item.
"""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from google_drive_worker.schemas.record import ItemType, ListedType, Permission, PermissionsState, User


class PermissionSetData(Struct, omit_defaults=True, gc=False):
    """`data` of a `permission_set`: who has access to a file, folder or drive, read by a call of its own.

    Without `permissions`, `permissions_state` says why, as in a file's data; `complete` is false then, and where one of
    the grants could not be understood.
    """

    item_id: str
    item_type: ItemType
    complete: bool
    permissions: list[Permission] | UnsetType = UNSET
    permissions_state: PermissionsState | UnsetType = UNSET
    inherited_permissions_disabled: bool | UnsetType = UNSET
    """Reserved: the item's own record says it."""


class PermissionData(Permission, kw_only=True, omit_defaults=True, gc=False):
    """`data` of a `permission`: one grant of an item. `id` is unique within the item only."""

    item_id: str
    item_type: ItemType


class RevisionData(Struct, omit_defaults=True, gc=False):
    """`data` of a `revision`. `id` is unique within the file only. Size in bytes, times as Drive gives them."""

    file_id: str
    id: str
    mime_type: str | UnsetType = UNSET
    modified_at: str | UnsetType = UNSET
    size_bytes: int | UnsetType = UNSET
    keep_forever: bool | UnsetType = UNSET
    published: bool | UnsetType = UNSET
    published_link: str | UnsetType = UNSET
    publish_auto: bool | UnsetType = UNSET
    published_outside_domain: bool | UnsetType = UNSET
    original_filename: str | UnsetType = UNSET
    md5_checksum: str | UnsetType = UNSET
    export_links: dict[str, str] | UnsetType = UNSET
    last_modifying_user: User | UnsetType = UNSET


class Author(Struct, omit_defaults=True, gc=False):
    """Who said something. Drive gives neither address nor permission id of them."""

    display_name: str | UnsetType = UNSET
    photo_link: str | UnsetType = UNSET


class QuotedContent(Struct, omit_defaults=True, gc=False):
    """The part of the file that a comment is about."""

    mime_type: str | UnsetType = UNSET
    value: str | UnsetType = UNSET


class Reply(Struct, omit_defaults=True, gc=False):
    """A reply to a comment. A deleted one has lost its content; `action` resolves or reopens the comment."""

    id: str
    content: str | UnsetType = UNSET
    html_content: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    modified_at: str | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    assignee_email_address: str | UnsetType = UNSET
    mentioned_email_addresses: list[str] | UnsetType = UNSET
    author: Author | UnsetType = UNSET
    action: str | UnsetType = UNSET


class CommentData(Struct, omit_defaults=True, gc=False):
    """`data` of a `comment`, with its replies. `id` is unique within the file only. A deleted one has no content."""

    file_id: str
    id: str
    content: str | UnsetType = UNSET
    html_content: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    modified_at: str | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET
    assignee_email_address: str | UnsetType = UNSET
    mentioned_email_addresses: list[str] | UnsetType = UNSET
    author: Author | UnsetType = UNSET
    resolved: bool | UnsetType = UNSET
    anchor: str | UnsetType = UNSET
    quoted_file_content: QuotedContent | UnsetType = UNSET
    replies: list[Reply] | UnsetType = UNSET


class DriveViewer(Struct, omit_defaults=True, gc=False):
    """What differs by who looks at a drive."""

    hidden: bool | UnsetType = UNSET
    capabilities: dict[str, Any] | UnsetType = UNSET


class DriveData(Struct, omit_defaults=True, gc=False):
    """`data` of a `drive`: a shared drive, whose id is its root folder's too."""

    id: str
    name: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    org_unit_id: str | UnsetType = UNSET
    color_rgb: str | UnsetType = UNSET
    theme_id: str | UnsetType = UNSET
    background_image_link: str | UnsetType = UNSET
    restrictions: dict[str, Any] | UnsetType = UNSET
    viewer: DriveViewer | UnsetType = UNSET


class ManifestData(Struct, frozen=True):
    """`data` of a `manifest`: what a list below an item held. With `complete`, what is not in `ids` is gone.

    `of` is the type of what is listed; its resource ids are `{file_id}:{id}`, one for each of `ids`.
    """

    file_id: str
    of: ListedType
    ids: list[str]
    complete: bool
    observed_at: str
