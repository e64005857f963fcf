"""Uploads: ``files.create`` and ``files.update`` with content, in one request or resumable (facts A, A2).

The address of a resumable upload is its credential: what is sent there by PUT needs no token.
"""

import asyncio
from urllib.parse import quote

from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import bad_request, required
from google_drive_emulator.routes.access import visible_item
from google_drive_emulator.routes.files import file_reply
from google_drive_emulator.routes.files_write import check_params
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.uploads.receiving import (
    Upload,
    declared_size,
    receive_media,
    receive_multipart,
)
from google_drive_emulator.uploads.resuming import progress, take_chunk
from google_drive_emulator.uploads.sessions import UploadSession
from google_drive_emulator.world.items import Item
from google_drive_emulator.writing.creating import check_new, create_file
from google_drive_emulator.writing.file_body import bare_type, read_change, read_new
from google_drive_emulator.writing.media import Media
from google_drive_emulator.writing.updating import check_change, update_file


async def upload(state: EmulatorState, call: Call) -> Reply:
    """``POST /upload/…/files``, ``PATCH /upload/…/files/{id}``: an upload in one request, or the start of one."""
    if "upload_id" in call.params:
        return await send_chunk(state, call)
    check_params(call)
    match _upload_type(call):
        case "media":
            return await _write(state, call, await receive_media(call))
        case "multipart":
            return await _write(state, call, await receive_multipart(call))
        case "resumable":
            return await _start(state, call)
        case other:
            raise bad_request(f"Invalid upload type: {other}.")


async def send_chunk(state: EmulatorState, call: Call) -> Reply:
    """``PUT`` (or ``POST``) to the address of a resumable upload: bytes of it, or the question how many there are."""
    upload_id = call.params.text("upload_id")
    if not upload_id:
        raise required("upload_id")
    session = state.uploads.find(upload_id)
    session.interrupt()
    async with session.turn:
        if session.outcome is None:
            if not await session.receive(take_chunk(session, call)):
                return progress(session)
            session.conclude(_made(state, session))
    return await _finished(state, session)


def _upload_type(call: Call) -> str:
    """Return the protocol of an upload; without ``uploadType`` it follows from the type of the body."""
    is_multipart = call.headers.get("Content-Type", "").lower().startswith("multipart/")
    return call.params.text("uploadType") or ("multipart" if is_multipart else "media")


async def _start(state: EmulatorState, call: Call) -> Reply:
    """Check what can be checked before the bytes come, and tell where to send them."""
    metadata, size = await call.read(), declared_size(call.headers)
    if "file_id" in call.path:
        check_change(state, call, read_change(metadata))
    else:
        check_new(state, call, read_new(metadata))
    state.daily_uploads.check(call.user, size or 0, state.limits.daily_upload_bytes)
    session = state.uploads.begin(call, bare_type(call.headers.get("X-Upload-Content-Type", "")), size)
    path = f"/upload/drive/v3/files{'/' + quote(call.path['file_id'], safe='') if 'file_id' in call.path else ''}"
    location = f"{call.base_url}{path}?uploadType=resumable&upload_id={session.id}"
    return Reply(b"", headers={"Location": location, "X-GUploader-UploadID": session.id})


async def _made(state: EmulatorState, session: UploadSession) -> str:
    """Make the file of an upload that is complete and return its id."""
    media = Media(await session.spool.finish(), session.mime_type)
    item = await _written(state, session.call, Upload(await session.call.read(), media))
    return item.id


async def _finished(state: EmulatorState, session: UploadSession) -> Reply:
    """Reply with the file of an upload, also to a client that missed it. Raises ``DriveError`` if it was not made."""
    if session.outcome is None:
        return progress(session)
    file_id = await asyncio.shield(session.outcome)
    return await file_reply(state, session.call, visible_item(state, session.call, file_id=file_id))


async def _write(state: EmulatorState, call: Call, upload: Upload) -> Reply:
    return await file_reply(state, call, await _written(state, call, upload))


async def _written(state: EmulatorState, call: Call, upload: Upload) -> Item:
    """Make or change the file that an upload is for, and count its bytes."""
    size = upload.media.content.size
    state.daily_uploads.check(call.user, size, state.limits.daily_upload_bytes)
    if "file_id" in call.path:
        item = await update_file(state, call, read_change(upload.metadata), upload.media)
    else:
        item = await create_file(state, call, read_new(upload.metadata), upload.media)
    state.daily_uploads.add(call.user, size)
    return item


_NEW = ("/upload/drive/v3/files", "/resumable/upload/drive/v3/files")
_CHANGED = tuple(f"{path}/{{file_id}}" for path in _NEW)

ROUTES = (
    Route("files.create", "POST", _NEW, upload),
    Route("files.create", "PUT", _NEW, send_chunk, needs_user=False),
    Route("files.update", "PATCH", _CHANGED, upload),
    Route("files.update", "POST", _CHANGED, send_chunk),
    Route("files.update", "PUT", _CHANGED, send_chunk, needs_user=False),
)
