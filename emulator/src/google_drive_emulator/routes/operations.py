"""``files.download`` and ``operations.get``: downloads that are made ready first (facts A10)."""

import asyncio

from google_drive_emulator.downloads.operations import PERMISSION_DENIED, Failure, Operation
from google_drive_emulator.downloads.refusals import (
    download_forbidden,
    invalid_argument,
    not_downloadable,
    operation_not_found,
)
from google_drive_emulator.downloads.revisions import content_at, page_at
from google_drive_emulator.grammar import schema
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.rendering.exports import download_type, exported
from google_drive_emulator.rendering.formats import DEFAULT_DOWNLOADS
from google_drive_emulator.routes.access import visible_item
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.routes.media import check_download, content_reply
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.capabilities import may
from google_drive_emulator.world.items import DOCUMENT, SPREADSHEET, Content, Item

_WITH_REVISIONS = frozenset({DOCUMENT, SPREADSHEET})


async def download(state: EmulatorState, call: Call) -> Reply:
    """``POST files/{id}/download``: begin to make a file ready; the answer is an Operation."""
    requested_mask(call, schema.OPERATION, "*")
    item = visible_item(state, call, gated=False)
    if item.content is not None:
        return _told(state, call, _begin_blob(state, call, item, item.content))
    if item.mime_type not in DEFAULT_DOWNLOADS:
        raise not_downloadable()
    return _told(state, call, await _begin_document(state, call, item))


def _begin_blob(state: EmulatorState, call: Call, item: Item, content: Content) -> Operation:
    if call.params.text("mimeType") is not None:
        raise invalid_argument("The mimeType can only be set for Google Workspace documents.")
    revision_id = call.params.text("revisionId")
    if revision_id is not None:
        content = content_at(state.world, item, revision_id)
    if not may(item, state.world.viewer(call.user), "canDownload"):
        raise download_forbidden()
    return state.operations.begin(
        call.user,
        item.mime_type,
        content=content,
        failure=_failure(state, call, item),
        resource_key=item.traits.resource_key,
    )


def _failure(state: EmulatorState, call: Call, item: Item) -> Failure | None:
    """Return why a download that may begin comes to nothing."""
    try:
        check_download(state, call, item)
    except DriveError as error:
        return Failure(PERMISSION_DENIED, error.message)
    return None


async def _begin_document(state: EmulatorState, call: Call, item: Item) -> Operation:
    revision_id, wanted = call.params.text("revisionId"), call.params.text("mimeType")
    mime_type = download_type(item.mime_type, wanted)
    if mime_type is None:
        raise invalid_argument("The requested conversion is not supported.")
    if revision_id is not None and item.mime_type not in _WITH_REVISIONS:
        raise invalid_argument("Downloading a specific revision of this file is not supported.")
    if not may(item, state.world.viewer(call.user), "canDownload"):
        raise download_forbidden()
    page = await asyncio.to_thread(page_at, state.world, item, revision_id)
    return state.operations.begin(
        call.user,
        mime_type,
        page=page,
        resource_key=item.traits.resource_key,
        redirects=item.mime_type in _WITH_REVISIONS,
    )


async def get(state: EmulatorState, call: Call) -> Reply:
    """``GET operations/{name}``: how an operation is getting on."""
    return _told(state, call, state.operations.find(call.path["name"], call.user))


def _told(state: EmulatorState, call: Call, operation: Operation) -> Reply:
    mask = requested_mask(call, schema.OPERATION, "*")
    return masked_reply(state.operations.told(operation, _address(call, operation)), mask)


def _address(call: Call, operation: Operation) -> str:
    return f"{call.base_url}/download/drive/v3/operations/{operation.name}"


async def read(state: EmulatorState, call: Call) -> Reply:
    """``GET /download/…/operations/{name}``: the bytes of an operation that is done.

    For Docs and Sheets the answer leads elsewhere first, where they are.
    """
    operation = state.operations.find(call.path["name"], call.user)
    if not state.operations.is_done(operation) or operation.failure is not None:
        raise operation_not_found(operation.name)
    if operation.redirects and call.params.text("ready") is None:
        return Reply(
            b"", 302, headers={"Location": f"{call.base_url}/download/drive/v3/operations/{operation.name}?ready=true"}
        )
    if operation.content is not None:
        return content_reply(call, operation.content, operation.mime_type)
    if operation.page is None:
        raise operation_not_found(operation.name)
    data = await asyncio.to_thread(exported, operation.page, operation.mime_type)
    return Reply(data, content_type=operation.mime_type)


ROUTES = (
    Route("files.download", "POST", "/drive/v3/files/{file_id}/download", download),
    Route("operations.get", "GET", "/drive/v3/operations/{name}", get),
    Route("files.export", "GET", "/download/drive/v3/operations/{name}", read),
)
