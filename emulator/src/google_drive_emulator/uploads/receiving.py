"""Uploads in one request: a call in, its metadata and its bytes out (facts A).

The bytes go to a spool as they arrive, so memory stays bounded whatever their size.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.errors import DriveError, body_too_large
from google_drive_emulator.sources.spool import Spool
from google_drive_emulator.uploads.multipart import MalformedMultipartError, PartReader, boundary_of
from google_drive_emulator.writing.file_body import bare_type
from google_drive_emulator.writing.media import Media

MAX_UPLOAD_BYTES = 5_497_558_138_880
_MAX_METADATA_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Upload:
    """What a request carries: the JSON of a File, and the bytes."""

    metadata: bytes
    media: Media


async def receive_media(call: Call) -> Upload:
    """Read an upload of bytes alone (``uploadType=media``)."""
    return Upload(b"", await _spooled(call.stream, call.headers.get("Content-Type")))


async def receive_multipart(call: Call) -> Upload:
    """Read an upload of metadata and bytes (``uploadType=multipart``). Raises ``DriveError`` (400)."""
    try:
        return await _parts(PartReader(call.stream, boundary_of(call.headers.get("Content-Type", ""))))
    except MalformedMultipartError as error:
        raise bad_content(f"Malformed multipart body: {error}.") from None


async def _parts(reader: PartReader) -> Upload:
    if await reader.next_part() is None:
        raise MalformedMultipartError("there is no part")
    metadata = b""
    async for chunk in reader.body():
        metadata += chunk
        if len(metadata) > _MAX_METADATA_BYTES:
            raise body_too_large(_MAX_METADATA_BYTES)
    headers = await reader.next_part()
    if headers is None:
        raise MalformedMultipartError("there is one part only")
    media = await _spooled(reader.body(), headers.get("Content-Type"))
    if await reader.next_part() is not None:
        raise MalformedMultipartError("there are more than two parts")
    return Upload(metadata, media)


async def _spooled(stream: AsyncIterator[bytes], content_type: str | None) -> Media:
    spool = Spool()
    async for chunk in stream:
        await spool.write(chunk)
    return Media(await spool.finish(), bare_type(content_type or ""))


def declared_size(headers: Mapping[str, str]) -> int | None:
    """Return the ``X-Upload-Content-Length`` of a resumable upload, or None. Raises ``DriveError`` (400, 413)."""
    text = headers.get("X-Upload-Content-Length")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise bad_content(f"Invalid X-Upload-Content-Length: {text}.")
    if len(text) > len(str(MAX_UPLOAD_BYTES)) or int(text) > MAX_UPLOAD_BYTES:
        raise body_too_large(MAX_UPLOAD_BYTES)
    return int(text)


def bad_content(message: str) -> DriveError:
    """An upload that cannot be read: 400 ``badContent``."""
    return DriveError(400, message, "badContent")
