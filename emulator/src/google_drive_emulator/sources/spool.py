"""Uploads on their way in: bytes as they arrive in, a content with its checksums out.

Bytes are hashed and kept in blocks of 256 KiB, in a thread. Up to 4 MiB they are in memory, beyond that in a temporary
file, which is gone with the content that was made of it.
"""

import asyncio
import os
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path

from google_drive_emulator.sources.content import BytesContent, new_hashers
from google_drive_emulator.world.items import Checksum, Content

BLOCK_BYTES = 256 * 1024
MEMORY_BYTES = 4 * 2**20
_SMALL_BYTES = 64 * 1024


class _Scratch:
    """A temporary file that is removed when nothing refers to it any more, or when the program ends."""

    __slots__ = ("__weakref__", "path")

    def __init__(self) -> None:
        descriptor, name = tempfile.mkstemp(prefix="google-drive-emulator-")
        os.close(descriptor)
        self.path = Path(name)
        weakref.finalize(self, self.path.unlink, missing_ok=True)


class SpooledContent:
    """A content too large for memory."""

    __slots__ = ("_checksums", "_scratch", "_size")

    def __init__(self, scratch: _Scratch, size: int, checksums: Mapping[Checksum, str]) -> None:
        self._scratch = scratch
        self._size = size
        self._checksums = checksums

    @property
    def size(self) -> int:
        """Return the length in bytes."""
        return self._size

    @property
    def is_hashed(self) -> bool:
        """Tell that checksums are at hand."""
        return True

    def checksum(self, algorithm: Checksum) -> str:
        """Return a checksum in lower-case hexadecimal."""
        return self._checksums[algorithm]

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from ``start`` up to ``stop``."""
        with self._scratch.path.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)


class Spool:
    """Bytes written one after the other. One task uses it at a time; one that was cancelled leaves it in order."""

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self._memory_bytes = memory_bytes
        self._hashers = new_hashers()
        self._tail = bytearray()
        self._memory = bytearray()
        self._scratch: _Scratch | None = None
        self._work: asyncio.Future[None] | None = None
        self._stored = 0

    @property
    def size(self) -> int:
        """Return how many bytes were written."""
        return self._stored + len(self._tail)

    async def write(self, data: bytes) -> None:
        """Add bytes; whole blocks are stored at once. Raises ``OSError``."""
        self._tail += data
        whole = len(self._tail) // BLOCK_BYTES * BLOCK_BYTES
        if whole:
            blocks = bytes(self._tail[:whole])
            del self._tail[:whole]
            await self._store(blocks)

    async def settle(self) -> None:
        """Wait until all that was written before is stored, and forget what is less than a block."""
        if self._work is not None:
            await asyncio.shield(self._work)
        self._tail.clear()

    async def finish(self) -> Content:
        """Return all that was written as a content. Nothing can be written afterwards. Raises ``OSError``."""
        if len(self._tail) <= _SMALL_BYTES:
            self._keep(bytes(self._tail))
        else:
            await self._store(bytes(self._tail))
        self._tail.clear()
        checksums = {name: hasher.hexdigest() for name, hasher in self._hashers.items()}
        if self._scratch is not None:
            return SpooledContent(self._scratch, self._stored, checksums)
        data, self._memory = bytes(self._memory), bytearray()
        return BytesContent(data, checksums)

    async def _store(self, data: bytes) -> None:
        """Store bytes in a thread, which goes on when the task that waits for it is cancelled."""
        self._work = asyncio.ensure_future(asyncio.to_thread(self._keep, data))
        await asyncio.shield(self._work)

    def _keep(self, data: bytes) -> None:
        for hasher in self._hashers.values():
            hasher.update(data)
        if self._scratch is None and len(self._memory) + len(data) <= self._memory_bytes:
            self._memory += data
        else:
            self._append(data)
        self._stored += len(data)

    def _append(self, data: bytes) -> None:
        """Write to the file, first of all what was in memory until now."""
        if self._scratch is None:
            self._scratch = _Scratch()
            data = bytes(self._memory) + data
            self._memory = bytearray()
        with self._scratch.path.open("ab") as file:
            file.write(data)
