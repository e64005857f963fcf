"""What is arbitrary in a synthetic world: a key and a position in, always the same bytes, numbers and ids out."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from binascii import b2a_base64
from hashlib import blake2b

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_DIGEST_BYTES = 40
_ID_BYTES = 24


class Noise:
    """A keyed hash. An id carries its position, masked, so that an item is found by its id without an index."""

    def __init__(self, key: str) -> None:
        self.key = blake2b(key.encode(), digest_size=16).digest()
        self._salt = int.from_bytes(self.key[:8])

    def mix(self, number: int) -> int:
        """Return 24 bits for a number, much faster than a digest."""
        return ((number ^ self._salt) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 40

    def digest(self, position: int) -> bytes:
        """Return 40 bytes for a position."""
        return blake2b(position.to_bytes(5), digest_size=_DIGEST_BYTES, key=self.key).digest()

    def item_id(self, position: int) -> str:
        """Return the id of the item at a position."""
        return pack_id(position, self.digest(position))

    def position(self, item_id: str, size: int) -> int | None:
        """Read the position out of an id; None when none of ``size`` items has it."""
        try:
            packed = urlsafe_b64decode(item_id[1:])
        except (Base64Error, ValueError):
            return None
        if len(packed) != _ID_BYTES or item_id[0] != "1":
            return None
        position = int.from_bytes(packed[:5]) ^ int.from_bytes(packed[5:10])
        if position >= size or self.item_id(position) != item_id:
            return None
        return position

    def name(self, text: str, size: int) -> str:
        """Return URL-safe characters for a text: four for every three bytes of ``size``."""
        return urlsafe_b64encode(blake2b(text.encode(), digest_size=size, key=self.key).digest()).decode()


def pack_id(position: int, digest: bytes) -> str:
    """Return the id of an item whose digest is known."""
    masked = position ^ int.from_bytes(digest[:5])
    packed = b2a_base64(masked.to_bytes(5) + digest[:19], newline=False)
    return "1" + packed.translate(_URL_SAFE).decode()
