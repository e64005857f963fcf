"""Drive JSON to record data.

In: one page's bytes, or one decoded resource. Out: `FileData`, with the worker's names: snake_case, sizes in bytes,
what differs by viewer set apart. Pure: no clock, no I/O, no state. What Drive left out stays out (facts A6): a
default would turn "not visible to this account" into "empty".
"""

from functools import lru_cache
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from google_drive_worker.client.resources import (
    FOLDER,
    DriveFile,
    DrivePermission,
    DrivePermissionDetail,
    DriveUser,
)
from google_drive_worker.schemas.record import (
    FileData,
    Permission,
    PermissionDetail,
    PermissionsState,
    ResourceType,
    User,
    Viewer,
)

Shape = TypeVar("Shape")


def resource_type(file: DriveFile) -> ResourceType:
    """Tell folders from everything else; shortcuts and Google documents are files."""
    return ResourceType.FOLDER if file.mime_type == FOLDER else ResourceType.FILE


def file_data(file: DriveFile) -> FileData:
    """Turn a file, folder or shortcut into its record's `data`."""
    return FileData(
        id=file.id,
        name=file.name,
        mime_type=file.mime_type,
        description=file.description,
        drive_id=file.drive_id,
        parents=file.parents,
        version=file.version,
        size_bytes=file.size,
        quota_bytes_used=file.quota_bytes_used,
        md5_checksum=file.md5_checksum,
        sha1_checksum=file.sha1_checksum,
        sha256_checksum=file.sha256_checksum,
        head_revision_id=file.head_revision_id,
        original_filename=file.original_filename,
        file_extension=file.file_extension,
        full_file_extension=file.full_file_extension,
        created_at=file.created_time,
        modified_at=file.modified_time,
        trashed=file.trashed,
        explicitly_trashed=file.explicitly_trashed,
        trashed_at=file.trashed_time,
        trashing_user=user(file.trashing_user),
        last_modifying_user=user(file.last_modifying_user),
        owners=users(file.owners),
        shared=file.shared,
        permissions=permissions(file.permissions),
        permissions_state=permissions_state(file),
        permission_ids=file.permission_ids,
        has_augmented_permissions=file.has_augmented_permissions,
        inherited_permissions_disabled=file.inherited_permissions_disabled,
        writers_can_share=file.writers_can_share,
        copy_requires_writer_permission=file.copy_requires_writer_permission,
        web_view_link=file.web_view_link,
        web_content_link=file.web_content_link,
        icon_link=file.icon_link,
        has_thumbnail=file.has_thumbnail,
        resource_key=file.resource_key,
        folder_color_rgb=file.folder_color_rgb,
        spaces=file.spaces,
        properties=file.properties,
        app_properties=file.app_properties,
        export_links=file.export_links,
        shortcut_details=nested(file.shortcut_details),
        link_share_metadata=nested(file.link_share_metadata),
        content_restrictions=nested(file.content_restrictions),
        download_restrictions=nested(file.download_restrictions),
        label_info=nested(file.label_info),
        image_media_metadata=nested(file.image_media_metadata),
        video_media_metadata=video(file.video_media_metadata),
        client_encryption_details=nested(file.client_encryption_details),
        viewer=viewer(file),
    )


def viewer(file: DriveFile) -> Viewer:
    """Set apart what Drive answers about the account that asks."""
    return Viewer(
        owned_by_me=file.owned_by_me,
        starred=file.starred,
        viewed_by_me=file.viewed_by_me,
        viewed_by_me_time=file.viewed_by_me_time,
        modified_by_me=file.modified_by_me,
        modified_by_me_time=file.modified_by_me_time,
        shared_with_me_time=file.shared_with_me_time,
        sharing_user=user(file.sharing_user),
        is_app_authorized=file.is_app_authorized,
        capabilities=capabilities(file.capabilities),
    )


def permissions_state(file: DriveFile) -> PermissionsState | UnsetType:
    """Say why permissions are missing, never show them as empty (facts A6: never inline for shared-drive items)."""
    if file.permissions is not UNSET:
        return UNSET
    if not file.drive_id:
        return PermissionsState.NOT_VISIBLE
    return PermissionsState.PENDING if file.has_augmented_permissions is True else PermissionsState.INHERITED


def user(person: DriveUser | UnsetType) -> User | UnsetType:
    """Convert one person."""
    if isinstance(person, UnsetType):
        return UNSET
    return User(person.display_name, person.email_address, person.permission_id)


def users(people: list[DriveUser] | UnsetType) -> list[User] | UnsetType:
    """Convert owners."""
    if isinstance(people, UnsetType):
        return UNSET
    return [User(person.display_name, person.email_address, person.permission_id) for person in people]


def permissions(grants: list[DrivePermission] | UnsetType) -> list[Permission] | UnsetType:
    """Convert inline grants, in Drive's order."""
    return UNSET if isinstance(grants, UnsetType) else [permission(grant) for grant in grants]


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


def permission_details(details: list[DrivePermissionDetail] | UnsetType) -> list[PermissionDetail] | UnsetType:
    """Convert where a grant comes from."""
    if isinstance(details, UnsetType):
        return UNSET
    return [PermissionDetail(d.permission_type, d.role, d.inherited, d.inherited_from) for d in details]


def capabilities(flags: dict[str, bool] | UnsetType) -> dict[str, bool] | UnsetType:
    """Rename capabilities; their names are Drive's, so few and cached."""
    return UNSET if isinstance(flags, UnsetType) else {snake_case(name): flag for name, flag in flags.items()}


def video(details: dict[str, Any] | UnsetType) -> dict[str, Any] | UnsetType:
    """Rename, and turn the one int64 of the rare nested parts into a number."""
    renamed = nested(details)
    if not isinstance(renamed, UnsetType) and str(renamed.get("duration_millis", "")).isdecimal():
        renamed["duration_millis"] = int(renamed["duration_millis"])
    return renamed


def nested(value: Shape) -> Shape:
    """Rename keys all the way down in the parts that are rare enough not to have a struct."""
    if isinstance(value, UnsetType):
        return value
    renamed: Shape = rename_keys(value)
    return renamed


def rename_keys(value: Any) -> Any:
    """Give every key of nested JSON its snake_case name; the keys of a label's `fields` are ids and stay."""
    if isinstance(value, dict):
        return {
            snake_case(key): rename_fields(item) if key == "fields" else rename_keys(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [rename_keys(item) for item in value]
    return value


def rename_fields(value: Any) -> Any:
    """Rename below a map whose own keys are ids."""
    return {key: rename_keys(item) for key, item in value.items()} if isinstance(value, dict) else rename_keys(value)


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """`canReadRevisions` to `can_read_revisions`; names that are not camelCase (label ids) stay."""
    if not name.isalnum() or not name[:1].islower():
        return name
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
