"""Objects and their names.

In: bytes, keys. Out: SHA-256 digests, the key that a digest gives, and the description of what was stored.
"""

import asyncio
import hashlib
import re
from dataclasses import dataclass

from clustera_toolkit.storage.errors import InvalidKeyError

__all__ = ["StoredObject", "addressed_key", "check_key", "sha256_hex"]

# Hashing holds the loop about 1 ms a MiB; above this a thread is worth its start.
_INLINE_HASH_BYTES = 1024 * 1024
_KEY = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._=@+-]+(?:/[A-Za-z0-9._=@+-]+)*")
_MAX_KEY_CHARACTERS = 900


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What was stored: its URL, the SHA-256 of its bytes in hexadecimal, its size."""

    url: str
    sha256: str
    size_bytes: int


def addressed_key(sha256: str) -> str:
    """Return the key of the object with this digest: `sha256/ab/cdef...`."""
    return f"sha256/{sha256[:2]}/{sha256[2:]}"


def check_key(key: str) -> str:
    """Return the key; raises `InvalidKeyError` unless it means the same in every store and in a URL."""
    if len(key) > _MAX_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise InvalidKeyError(
            f"{key[:100]!r} is not a key: use letters, digits and ._=@+- between single slashes, "
            f"at most {_MAX_KEY_CHARACTERS} characters"
        )
    return key


async def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal, without holding the event loop for long."""
    if len(data) <= _INLINE_HASH_BYTES:
        return _digest(data)
    return await asyncio.to_thread(_digest, data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
