"""Revisions: a file's revision and who looks at it in, the JSON of Google's Revision out (facts A8)."""

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.rendering.formats import EXPORT_FORMATS, export_links
from google_drive_emulator.rendering.resources import user_resource
from google_drive_emulator.world.items import DOCUMENT, PRESENTATION, SPREADSHEET, Item, User
from google_drive_emulator.world.revisions import Revision
from google_drive_emulator.world.timestamps import rfc3339

_EDITORS = {DOCUMENT: "document", SPREADSHEET: "spreadsheets", PRESENTATION: "presentation"}


def revision_resource(item: Item, revision: Revision, viewer: User, *, hashed: bool) -> dict[str, Json]:
    """Return a revision of a file; the checksum only if it is wanted (``hashed``), for it may take reading the file."""
    resource: dict[str, Json] = {
        "kind": "drive#revision",
        "id": revision.id,
        "mimeType": revision.mime_type,
        "modifiedTime": rfc3339(revision.modified_ms),
        "lastModifyingUser": user_resource(revision.modifier, viewer),
    }
    return resource | (_of_document(item, revision) if revision.content is None else _of_blob(revision, hashed=hashed))


def _of_blob(revision: Revision, *, hashed: bool) -> dict[str, Json]:
    resource: dict[str, Json] = {"keepForever": revision.settings.keep_forever, "size": str(revision.size or 0)}
    if revision.original_name is not None:
        resource["originalFilename"] = revision.original_name
    checksum = revision.content.checksum("md5") if hashed and revision.content is not None else None
    return resource if checksum is None else resource | {"md5Checksum": checksum}


def _of_document(item: Item, revision: Revision) -> dict[str, Json]:
    settings = revision.settings
    resource: dict[str, Json] = {
        "published": settings.published,
        "publishAuto": settings.publish_auto,
        "publishedOutsideDomain": settings.published_outside_domain,
    }
    editor = _EDITORS.get(item.mime_type)
    if settings.published and editor is not None:
        resource["publishedLink"] = f"https://docs.google.com/{editor}/d/{item.id}/pub"
    if item.mime_type in EXPORT_FORMATS:
        resource["exportLinks"] = dict[str, Json](export_links(item.mime_type, item.id, revision.id))
    return resource
