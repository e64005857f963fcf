"""Multipart bodies as they arrive: a stream in, one part after the other out, none of them held whole.

Lines may end in CRLF, as MIME wants it, or in a mere LF, as Google's Python client writes them.
"""

import base64
import binascii
from collections.abc import AsyncIterator
from email.message import Message
from email.parser import HeaderParser

MAX_HEADER_BYTES = 16 * 1024
_BLANKS = b" \t\r\n"


class MalformedMultipartError(ValueError):
    """The body does not consist of parts between boundaries."""


def boundary_of(content_type: str) -> bytes:
    """Return what divides the parts of a body. Raises ``MalformedMultipartError``."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if not content_type.lower().startswith("multipart/") or not boundary:
        raise MalformedMultipartError("there is no boundary")
    return boundary.encode("utf-8", "replace")


class PartReader:
    """Reads parts in turn: ``next_part`` goes to the next one and gives its headers, ``body`` gives its bytes.

    A part's body must be read to its end before the next part. Both raise ``MalformedMultipartError``.
    """

    def __init__(self, stream: AsyncIterator[bytes], boundary: bytes) -> None:
        self._stream = stream
        self._dashes = b"--" + boundary
        self._newline = b"\r\n"
        self._buffer = bytearray()
        self._is_first = True
        self._is_base64 = False

    async def next_part(self) -> Message | None:
        """Return the headers of the next part, with names that may be looked up in any case; None after the last."""
        if self._is_first:
            await self._find_first()
        while len(self._buffer) < 2 and await self._more():
            pass
        if self._buffer.startswith(b"--"):
            return None
        await self._skip_line()
        text = await self._headers()
        headers = HeaderParser().parsestr(text.decode("utf-8", "replace"), headersonly=True)
        self._is_base64 = headers.get("Content-Transfer-Encoding", "").strip().lower() == "base64"
        return headers

    async def body(self) -> AsyncIterator[bytes]:
        """Give the bytes of the part, decoded."""
        if not self._is_base64:
            async for chunk in self._raw_body():
                yield chunk
            return
        rest = b""
        async for chunk in self._raw_body():
            text = rest + chunk.translate(None, _BLANKS)
            whole = len(text) // 4 * 4
            rest = text[whole:]
            yield _decoded(text[:whole])
        yield _decoded(rest)

    async def _find_first(self) -> None:
        """Go behind the first boundary, and see from its line how lines end."""
        self._is_first = False
        while (start := self._buffer.find(self._dashes)) < 0:
            if len(self._buffer) > MAX_HEADER_BYTES or not await self._more():
                raise MalformedMultipartError("there is no boundary in the body")
        del self._buffer[: start + len(self._dashes)]
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_HEADER_BYTES or not await self._more():
                raise MalformedMultipartError("there is no part in the body")
        if not self._buffer[:end].endswith(b"\r"):
            self._newline = b"\n"

    async def _skip_line(self) -> None:
        """Go behind the rest of a boundary's line, but not behind what ends it."""
        await self._need(self._newline)
        end = self._buffer.find(self._newline)
        if self._buffer[:end].strip():
            raise MalformedMultipartError("a boundary is followed by something")
        del self._buffer[:end]

    async def _headers(self) -> bytes:
        """Take a part's headers, up to the end of their last line; what is left begins with an empty one's."""
        blank = self._newline * 2
        await self._need(blank)
        end = self._buffer.find(blank)
        headers = bytes(self._buffer[: end + len(self._newline)])
        del self._buffer[: end + len(self._newline)]
        return headers.removeprefix(self._newline)

    async def _need(self, what: bytes) -> None:
        while what not in self._buffer:
            if len(self._buffer) > MAX_HEADER_BYTES or not await self._more():
                raise MalformedMultipartError("a part has no end of its headers")

    async def _raw_body(self) -> AsyncIterator[bytes]:
        """Give the bytes before the next boundary; the line end that is left of the headers is none of them."""
        end = self._newline + self._dashes
        skipped = len(self._newline)
        while (found := self._buffer.find(end)) < 0:
            safe = len(self._buffer) - len(end)
            if safe > skipped:
                yield bytes(self._buffer[skipped:safe])
                del self._buffer[:safe]
                skipped = 0
            if not await self._more():
                raise MalformedMultipartError("the last part has no end")
        yield bytes(self._buffer[skipped:found])
        del self._buffer[: found + len(end)]

    async def _more(self) -> bool:
        chunk = await anext(self._stream, None)
        self._buffer += chunk or b""
        return chunk is not None


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise MalformedMultipartError("a part is no base64") from error
