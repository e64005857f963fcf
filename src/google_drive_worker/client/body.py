"""Gathers the body of an answer. In: its chunks as sent. Out: its decoded bytes, whole, bounded and undamaged.

aiohttp's own decoding neither bounds what it inflates nor notices a gzip stream without its end, so it is done here,
by zlib-ng: half the time of zlib.
"""

from zlib_ng import zlib_ng

from google_drive_worker.client.errors import NetworkError, ResponseTooLargeError

_GZIP_WINDOW = 16 + zlib_ng.MAX_WBITS


class Body:
    """A body that arrives; `encoding` is its Content-Encoding, of which gzip alone is known.

    Raises `NetworkError` for what is damaged, cut short or encoded otherwise, and `ResponseTooLargeError` as soon as
    the decoded bytes pass `max_bytes`, having inflated one byte more than that.
    """

    def __init__(self, max_bytes: int, *, encoding: str = "", endpoint: str = "") -> None:
        self._max_bytes = max_bytes
        self._endpoint = endpoint
        self._chunks: list[bytes] = []
        self._size = 0
        self._fed = False
        self._gzip = zlib_ng.decompressobj(_GZIP_WINDOW) if encoding in {"gzip", "x-gzip"} else None
        if self._gzip is None and encoding not in {"", "identity"}:
            raise self._broken(f"an answer encoded as {encoding!r}, which was not asked for")

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk as sent."""
        self._fed = self._fed or bool(chunk)
        decoded = chunk if self._gzip is None else self._inflated(self._gzip, chunk)
        self._size += len(decoded)
        if self._size > self._max_bytes:
            raise ResponseTooLargeError(self._max_bytes, endpoint=self._endpoint)
        self._chunks.append(decoded)

    def whole(self) -> bytes:
        """Give the decoded body once all chunks are in."""
        ended = self._gzip is None or not self._fed or (self._gzip.eof and not self._gzip.unused_data)
        if not ended:
            raise self._broken("a compressed answer without its end")
        return b"".join(self._chunks)

    def _inflated(self, gzip: "zlib_ng._Decompress", chunk: bytes) -> bytes:
        try:
            return gzip.decompress(chunk, self._max_bytes + 1 - self._size)
        except zlib_ng.error:  # type: ignore[misc] # its stubs take the class for an instance
            raise self._broken("a damaged compressed answer") from None

    def _broken(self, what: str) -> NetworkError:
        return NetworkError(f"Google's answer did not arrive whole: {what}", endpoint=self._endpoint)
