"""``files.export``, and the links under which documents are exported whatever their size (facts A10)."""

import asyncio

from google_drive_emulator.downloads.refusals import (
    conversion_unsupported,
    export_forbidden,
    export_too_large,
    not_exportable,
)
from google_drive_emulator.downloads.revisions import page_at
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import required
from google_drive_emulator.rendering.exports import Page, export_type, exported, linked_type, page_of
from google_drive_emulator.rendering.formats import DEFAULT_DOWNLOADS, EXPORT_FORMATS, EXPORT_PATHS
from google_drive_emulator.routes.access import visible_item
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.capabilities import may
from google_drive_emulator.world.items import VIDEO, Item

MAX_EXPORT_BYTES = 10 * 2**20


async def export(state: EmulatorState, call: Call) -> Reply:
    """``GET files/{id}/export``: a document as a file of another type, up to 10 MB; ``Range`` does not count here."""
    wanted = call.params.text("mimeType")
    if wanted is None:
        raise required("mimeType")
    item = visible_item(state, call, gated=False)
    check_export(state, call, item)
    mime_type = export_type(item.mime_type, wanted)
    if mime_type is None:
        raise conversion_unsupported()
    page = await asyncio.to_thread(page_of, item)
    data = await _within_limit(page, mime_type)
    return Reply(data, content_type=wanted)


def check_export(state: EmulatorState, call: Call, item: Item) -> None:
    """Refuse what cannot be exported, or not by the caller. Raises ``DriveError`` (403)."""
    is_video = item.mime_type == VIDEO
    if is_video or not (item.mime_type in EXPORT_FORMATS or item.mime_type in DEFAULT_DOWNLOADS):
        raise not_exportable(is_video=is_video)
    if not may(item, state.world.viewer(call.user), "canDownload"):
        raise export_forbidden()


async def _within_limit(page: Page, mime_type: str) -> bytes:
    is_picture = mime_type.startswith("image/")
    if len(page.text) > MAX_EXPORT_BYTES and not is_picture:
        raise export_too_large()
    data = await asyncio.to_thread(exported, page, mime_type)
    if len(data) > MAX_EXPORT_BYTES:
        raise export_too_large()
    return data


async def export_link(state: EmulatorState, call: Call) -> Reply:
    """``GET https://docs.google.com/…?id=&exportFormat=``: what a file's or revision's ``exportLinks`` lead to.

    ``exportFormat`` is a name as in the links, or a MIME type.
    """
    file_id = call.params.text("id")
    if not file_id:
        raise required("id")
    item = visible_item(state, call, gated=False, file_id=file_id)
    check_export(state, call, item)
    mime_type = linked_type(item.mime_type, call.params.text("exportFormat") or "")
    if mime_type is None:
        raise conversion_unsupported()
    revision_id = call.params.text("revision")
    page = await asyncio.to_thread(page_at, state.world, item, revision_id)
    return Reply(await asyncio.to_thread(exported, page, mime_type), content_type=mime_type)


ROUTES = (
    Route(
        "files.export", "GET", ("/drive/v3/files/{file_id}/export", "/download/drive/v3/files/{file_id}/export"), export
    ),
    Route("files.export", "GET", EXPORT_PATHS, export_link),
)
