"""The body of a request: chunks as they come from a socket in, the whole or a stream out.

Nothing is read before a handler asks, so that an upload of any size is held only as far as its handler wants it.
"""

from collections.abc import AsyncIterator

from google_drive_emulator.http.errors import body_too_large

MAX_WHOLE_BYTES = 64 * 2**20


class Body:
    """The bytes of one request. What was read whole can be read again; what was streamed cannot."""

    __slots__ = ("_chunks", "_whole")

    def __init__(self, content: bytes | AsyncIterator[bytes] = b"") -> None:
        self._whole = content if isinstance(content, bytes) else None
        self._chunks = None if isinstance(content, bytes) else content

    async def read(self) -> bytes:
        """Return all of it. Raises ``DriveError`` (413) above 64 MiB."""
        if self._whole is None:
            self._whole = await _joined(self.stream())
        return self._whole

    async def stream(self) -> AsyncIterator[bytes]:
        """Give the bytes in chunks of any size, as they arrive."""
        if self._whole:
            yield self._whole
        elif self._chunks is not None:
            async for chunk in self._chunks:
                yield chunk


async def _joined(chunks: AsyncIterator[bytes]) -> bytes:
    parts, size = [], 0
    async for chunk in chunks:
        size += len(chunk)
        if size > MAX_WHOLE_BYTES:
            raise body_too_large(MAX_WHOLE_BYTES)
        parts.append(chunk)
    return b"".join(parts)
