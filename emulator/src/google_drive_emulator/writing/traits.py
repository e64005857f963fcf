"""The rarer fields of a file: what it has and what a body wants in, what it has from then on out (facts A6)."""

from typing import Any

from msgspec.structs import replace

from google_drive_emulator.http.errors import bad_request
from google_drive_emulator.rendering.formats import closest_color
from google_drive_emulator.world.items import Restriction, Traits, User
from google_drive_emulator.writing.file_body import FileBody, Properties, RestrictionBody
from google_drive_emulator.writing.refusals import too_many_properties

MAX_PROPERTIES = 100
MAX_PROPERTIES_OF_A_KIND = 30
MAX_PROPERTY_BYTES = 124


def with_traits(held: Traits, body: FileBody, actor: User, now_ms: int, *, is_folder: bool) -> Traits:
    """Return the traits that a file has after a write. Raises ``DriveError`` (400)."""
    wanted = _policies(body) | _texts(body)
    if body.properties is not None:
        wanted["properties"] = merged_properties(held.properties, body.properties)
    if body.app_properties is not None:
        wanted["app_properties"] = merged_properties(held.app_properties, body.app_properties)
    if body.folder_color_rgb is not None and is_folder:
        wanted["folder_color"] = closest_color(body.folder_color_rgb)
    if body.content_restrictions is not None:
        wanted["restrictions"] = restrictions(body.content_restrictions, actor, now_ms)
    traits = replace(held, **wanted) if wanted else held
    if len(traits.properties) + len(traits.app_properties) > MAX_PROPERTIES:
        raise too_many_properties(f"A file can have at most {MAX_PROPERTIES} properties.")
    return traits


def _policies(body: FileBody) -> dict[str, Any]:  # Traits' fields
    wanted: dict[str, Any] = {}  # as above
    if body.viewers_can_copy_content is not None:
        wanted["copy_requires_writer"] = not body.viewers_can_copy_content
    if body.copy_requires_writer_permission is not None:
        wanted["copy_requires_writer"] = body.copy_requires_writer_permission
    if body.writers_can_share is not None:
        wanted["writers_can_share"] = body.writers_can_share
    if body.inherited_permissions_disabled is not None:
        wanted["is_limited"] = body.inherited_permissions_disabled
    if body.download_restrictions is not None and body.download_restrictions.item_download_restriction is not None:
        wanted["downloads"] = body.download_restrictions.item_download_restriction
    return wanted


def _texts(body: FileBody) -> dict[str, Any]:  # Traits' fields
    if body.content_hints is None or body.content_hints.indexable_text is None:
        return {}
    return {"indexable_text": body.content_hints.indexable_text}


def merged_properties(held: tuple[tuple[str, str], ...], wanted: Properties) -> tuple[tuple[str, str], ...]:
    """Return properties with new values; those that are None are gone. Raises ``DriveError`` (400) for too much."""
    merged = dict(held)
    for key, value in wanted.items():
        if value is None:
            merged.pop(key, None)
            continue
        if not key or len((key + value).encode()) > MAX_PROPERTY_BYTES:
            raise too_many_properties(f"A property's key and value can have at most {MAX_PROPERTY_BYTES} bytes.")
        merged[key] = value
    if len(merged) > MAX_PROPERTIES_OF_A_KIND:
        raise too_many_properties(f"A file can have at most {MAX_PROPERTIES_OF_A_KIND} properties of a kind.")
    return tuple(merged.items())


def restrictions(bodies: tuple[RestrictionBody, ...], actor: User, now_ms: int) -> tuple[Restriction, ...]:
    """Return the lock that a client wants, or none. Raises ``DriveError`` (400)."""
    if len(bodies) > 1:
        raise bad_request("A file can have at most one content restriction.")
    if any(each.reason is not None and not each.read_only for each in bodies):
        raise bad_request("The reason of a content restriction can only be set together with readOnly.")
    return tuple(
        Restriction(True, each.reason, each.owner_restricted, actor, now_ms) for each in bodies if each.read_only
    )
