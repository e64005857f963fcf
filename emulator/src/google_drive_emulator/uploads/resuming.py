"""Resumable uploads, a request at a time: a session and a request in, how far the upload is out (facts A).

Chunks arrive in order. What is kept of one that is not the last, or whose connection was cut, are whole blocks of
256 KiB; the client is told how many bytes that makes and sends the rest again.
"""

from google_drive_emulator.http.calls import Call, Reply
from google_drive_emulator.sources.spool import BLOCK_BYTES
from google_drive_emulator.uploads.content_range import ContentRange, InvalidContentRangeError, parse_content_range
from google_drive_emulator.uploads.receiving import MAX_UPLOAD_BYTES, bad_content
from google_drive_emulator.uploads.sessions import UploadSession


async def take_chunk(session: UploadSession, call: Call) -> bool:
    """Take the bytes of a request; tell whether they are all now. Raises ``DriveError`` (400).

    A request without ``Content-Range`` carries all that is left.
    """
    sent = _sent_range(call)
    await session.spool.settle()
    if sent is None:
        return await _take_rest(session, call)
    if sent.total is not None:
        _learn_total(session, sent.total)
    if sent.start is not None and sent.stop is not None:
        await _take(session, call, sent.start, sent.stop)
    return session.spool.size == session.total


def progress(session: UploadSession) -> Reply:
    """Reply 308 with the bytes that need not be sent again; without ``Range`` there are none."""
    headers = {"X-GUploader-UploadID": session.id}
    if session.spool.size:
        headers["Range"] = f"bytes=0-{session.spool.size - 1}"
    return Reply(b"", 308, headers=headers)


def _sent_range(call: Call) -> ContentRange | None:
    header = call.headers.get("Content-Range")
    if header is None:
        return None
    try:
        return parse_content_range(header)
    except InvalidContentRangeError:
        raise bad_content("Failed to parse Content-Range header.") from None


def _learn_total(session: UploadSession, total: int) -> None:
    if session.total not in {None, total} or total > MAX_UPLOAD_BYTES:
        raise bad_content(f"The upload was to have {session.total} bytes, not {total}.")
    session.total = total


async def _take_rest(session: UploadSession, call: Call) -> bool:
    """Take the whole upload from its beginning; what is there already is not written again."""
    received = await _write(session, call, 0, MAX_UPLOAD_BYTES if session.total is None else session.total)
    if session.total not in {None, received}:
        await session.spool.settle()
        raise bad_content(f"The upload was to have {session.total} bytes, not {received}.")
    session.total = received
    return True


async def _take(session: UploadSession, call: Call, start: int, stop: int) -> None:
    """Take the bytes of a range, which may begin before the end of what is there but not behind it."""
    if start > session.spool.size:
        message = f"Invalid request. The upload goes on at byte {session.spool.size}, not at byte {start}."
        raise bad_content(message)
    is_last = stop == session.total
    if stop - start < BLOCK_BYTES and not is_last:
        raise _too_small(stop - start)
    received = await _write(session, call, start, stop)
    if received != stop - start:
        await session.spool.settle()
        raise bad_content(
            f"Invalid request. There were {received} byte(s) in the request body. There should have been"
            f" {stop - start} byte(s) (starting at offset {start} and ending at offset {stop - 1}) according to the"
            " Content-Range header."
        )
    if not is_last:
        await session.spool.settle()


async def _write(session: UploadSession, call: Call, start: int, stop: int) -> int:
    """Write what is new of a request's bytes; return how many bytes the request had."""
    place, limit = start, stop
    async for chunk in call.stream:
        known = max(0, session.spool.size - place)
        await session.spool.write(chunk[known : max(0, limit - place)])
        place += len(chunk)
    return place - start


def _too_small(size: int) -> Exception:
    return bad_content(
        f"Invalid request.  The number of bytes uploaded is required to be equal or greater than {BLOCK_BYTES}, except"
        f" for the final request (it's recommended to be the exact multiple of {BLOCK_BYTES}).  The received request"
        f" contained {size} bytes, which does not meet this requirement."
    )
