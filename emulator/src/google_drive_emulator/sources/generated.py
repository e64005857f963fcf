"""Contents of any size that take no memory: a size and a seed in, bytes made as they are read out."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache

from google_drive_emulator.sources.content import new_hashers
from google_drive_emulator.world.items import Checksum

MOST_HASHED_BYTES = 256 * 2**20
"""Above this size a content has no checksums: hashing terabytes would never end."""

_BLOCK_BYTES = 4096
_NUMBER_BYTES = 8
_READ_BYTES = 1 << 20


class GeneratedContent:
    """Blocks of 4 KiB that begin with their number and are otherwise alike."""

    __slots__ = ("_checksums", "_seed", "_size")

    def __init__(self, size: int, seed: str) -> None:
        self._size = size
        self._seed = seed
        self._checksums: Mapping[Checksum, str] | None = None if size <= MOST_HASHED_BYTES else {}

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return self._size

    @property
    def is_hashed(self) -> bool:
        """Tell whether the checksums are known, or never will be."""
        return self._checksums is not None

    def checksum(self, algorithm: Checksum) -> str | None:
        """Return a checksum, the first time by reading everything; None for contents that are too large for that."""
        if self._checksums is None:
            self._checksums = self._hash()
        return self._checksums.get(algorithm)

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` up to ``stop``."""
        stop = min(stop, self._size)
        if start >= stop:
            return b""
        first, rest = start // _BLOCK_BYTES, _rest(self._seed)
        blocks = (number.to_bytes(_NUMBER_BYTES) + rest for number in range(first, (stop - 1) // _BLOCK_BYTES + 1))
        return b"".join(blocks)[start - first * _BLOCK_BYTES : stop - first * _BLOCK_BYTES]

    def _hash(self) -> Mapping[Checksum, str]:
        hashers = new_hashers()
        for start in range(0, self._size, _READ_BYTES):
            block = self.read(start, start + _READ_BYTES)
            for hasher in hashers.values():
                hasher.update(block)
        return {name: hasher.hexdigest() for name, hasher in hashers.items()}


@lru_cache(maxsize=64)
def _rest(seed: str) -> bytes:
    return hashlib.shake_128(seed.encode()).digest(_BLOCK_BYTES - _NUMBER_BYTES)
