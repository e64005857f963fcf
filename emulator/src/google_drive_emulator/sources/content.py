"""Contents of blobs: a description in, bytes and checksums out.

A synthetic content is a body shared with other files, followed by a short trailer of its own. So checksums are true for
the bytes served, every content is different, and yet only a few hundred bodies are ever hashed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from google_drive_emulator.world.items import Checksum

_ALGORITHMS: tuple[Checksum, ...] = ("md5", "sha1", "sha256")
_BODIES = 256
_BLOCK_BYTES = 4096
_READ_BYTES = 1 << 20


class BytesContent:
    """A content held in memory, such as one that a client wrote; ``checksums`` are computed when they are not given."""

    __slots__ = ("_checksums", "_data")

    def __init__(self, data: bytes, checksums: Mapping[Checksum, str] | None = None) -> None:
        self._data = data
        self._checksums = checksums or {name: _hasher(name, data).hexdigest() for name in _ALGORITHMS}

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return len(self._data)

    @property
    def is_hashed(self) -> bool:
        """Tell that checksums are at hand."""
        return True

    def checksum(self, algorithm: Checksum) -> str:
        """Return a checksum in lower-case hexadecimal."""
        return self._checksums[algorithm]

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` up to ``stop``."""
        return self._data[start:stop]


class SyntheticContent:
    """A content made from a seed of at least 8 bytes: body number ``seed[0]`` and a trailer of 16 to 79 bytes."""

    __slots__ = ("_seed",)

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return body_bytes(self._seed[0]) + 16 + self._seed[1] % 64

    @property
    def is_hashed(self) -> bool:
        """Tell that checksums are at hand."""
        return True  # a body is at most 4 MiB and hashed once

    def checksum(self, algorithm: Checksum) -> str:
        """Return a checksum: that of the body, hashed once for all, continued over the trailer."""
        hasher = _body_hasher(self._seed[0], algorithm).copy()
        hasher.update(self._trailer())
        return hasher.hexdigest()

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` up to ``stop``."""
        body_size = body_bytes(self._seed[0])
        body = _body_slice(self._seed[0], start, min(stop, body_size))
        trailer = self._trailer()[max(0, start - body_size) : max(0, stop - body_size)]
        return body + trailer

    def _trailer(self) -> bytes:
        length = 16 + self._seed[1] % 64
        return (self._seed * (length // len(self._seed) + 1))[:length]


class FileContent:
    """The content of a real file, hashed when first asked and kept.

    ``size`` is that of the moment the tree was read; a file changed since then is served as it is now.
    """

    __slots__ = ("_checksums", "_path", "_size")

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._checksums: Mapping[Checksum, str] | None = None

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return self._size

    @property
    def is_hashed(self) -> bool:
        """Tell whether the checksums are known."""
        return self._checksums is not None

    def checksum(self, algorithm: Checksum) -> str | None:
        """Return a checksum; the first time the file is read. None when it cannot be."""
        if self._checksums is None:
            self._checksums = _hash_file(self._path)
        return self._checksums.get(algorithm)

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` up to ``stop``."""
        with self._path.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)


def body_bytes(number: int) -> int:
    """Return the length of a synthetic body: spread evenly over the magnitudes from 64 bytes to 4 MiB."""
    return int(64 * 2 ** (16 * (number * 37 % _BODIES) / _BODIES))


@lru_cache(maxsize=_BODIES)
def _body_block(number: int) -> bytes:
    return hashlib.shake_128(b"body %d" % number).digest(_BLOCK_BYTES)


def _body_slice(number: int, start: int, stop: int) -> bytes:
    if start >= stop:
        return b""
    first = start // _BLOCK_BYTES
    blocks = _body_block(number) * (stop // _BLOCK_BYTES - first + 1)
    return blocks[start - first * _BLOCK_BYTES : stop - first * _BLOCK_BYTES]


@lru_cache(maxsize=_BODIES * len(_ALGORITHMS))
def _body_hasher(number: int, algorithm: Checksum) -> "hashlib._Hash":
    return _hasher(algorithm, _body_slice(number, 0, body_bytes(number)))


def _hasher(algorithm: Checksum, data: bytes = b"") -> "hashlib._Hash":
    return hashlib.new(algorithm, data, usedforsecurity=False)


def new_hashers() -> Mapping[Checksum, "hashlib._Hash"]:
    """Return a hasher of nothing yet for each checksum that Drive gives."""
    return {name: _hasher(name) for name in _ALGORITHMS}


def _hash_file(path: Path) -> Mapping[Checksum, str]:
    """Return the checksums of a file; none when it cannot be read."""
    hashers = new_hashers()
    try:
        with path.open("rb") as file:
            while block := file.read(_READ_BYTES):
                for hasher in hashers.values():
                    hasher.update(block)
    except OSError:
        return {}
    return {name: hasher.hexdigest() for name, hasher in hashers.items()}


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a content: ``start`` up to but not including ``stop``."""

    start: int
    stop: int


class UnsatisfiableRangeError(ValueError):
    """A Range header asks for nothing that the content has."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Read a ``Range`` header of one range; None means the whole. Raises ``UnsatisfiableRangeError`` (facts A10)."""
    if header is None or not header.startswith("bytes=") or "," in header:
        return None
    first, separator, last = header.removeprefix("bytes=").strip().partition("-")
    if not separator or not (first + last).isascii() or not (first + last).isdigit():
        return None
    if not first:
        found = ByteRange(max(0, size - int(last)), size)
    else:
        found = ByteRange(int(first), min(size, int(last) + 1) if last else size)
    if found.start >= found.stop:
        raise UnsatisfiableRangeError(header)
    return found
