"""Bytes of files: ``alt=media`` of ``files.get`` and of revisions (facts A10)."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from google_drive_emulator.downloads.refusals import (
    download_forbidden,
    downloads_exceeded,
    is_abusive,
    not_downloadable,
)
from google_drive_emulator.http.calls import Call, Reply
from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.sources.content import ByteRange, UnsatisfiableRangeError, parse_range
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.capabilities import may
from google_drive_emulator.world.items import Content, Item

_CHUNK_BYTES = 256 * 1024
_ACKNOWLEDGING = frozenset({"owner", "organizer"})


def download(state: EmulatorState, call: Call, item: Item) -> Reply:
    """Reply with a file's bytes, or the part that ``Range`` asks for. Raises ``DriveError``."""
    if item.content is None:
        raise not_downloadable()
    check_download(state, call, item)
    return content_reply(call, item.content, item.mime_type)


def check_download(state: EmulatorState, call: Call, item: Item) -> None:
    """Refuse the bytes of a file to who may not have them, or nobody may now. Raises ``DriveError`` (403).

    Malware is for who owns it, or manages its shared drive, and says ``acknowledgeAbuse``.
    """
    viewer, acknowledges = state.world.viewer(call.user), call.params.is_true("acknowledgeAbuse")
    if not may(item, viewer, "canDownload"):
        raise download_forbidden()
    if item.traits.is_abusive and not (acknowledges and viewer.role(item) in _ACKNOWLEDGING):
        raise is_abusive()
    if item.traits.downloads_exceeded:
        raise downloads_exceeded()


def content_reply(call: Call, content: Content, mime_type: str) -> Reply:
    """Reply with bytes, or the part of them that ``Range`` asks for. Raises ``DriveError`` (416)."""
    try:
        part = parse_range(call.headers.get("Range"), content.size)
    except UnsatisfiableRangeError:
        raise DriveError(
            416,
            "Request range not satisfiable",
            "requestedRangeNotSatisfiable",
            "Range",
            "header",
            headers={"Content-Range": f"bytes */{content.size}"},
        ) from None
    sent = part or ByteRange(0, content.size)
    headers = {"Content-Length": str(sent.stop - sent.start), "Accept-Ranges": "bytes"}
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{content.size}"
    return Reply(_chunks(content, sent), 200 if part is None else 206, mime_type, headers)


async def _chunks(content: Content, part: ByteRange) -> AsyncIterator[bytes]:
    for start in _steps(part):
        yield await asyncio.to_thread(content.read, start, min(part.stop, start + _CHUNK_BYTES))


def _steps(part: ByteRange) -> Iterable[int]:
    return range(part.start, part.stop, _CHUNK_BYTES)
