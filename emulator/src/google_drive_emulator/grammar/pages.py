"""Page tokens and page sizes: where a listing stopped in, an opaque text out, and back (facts A4).

A token says where its listing stopped and which listing that was; given to another one it is invalid. It holds nothing
that a change of the world could spoil.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import blake2b

import msgspec

_PREFIX = "~!!~"
_SEAL_BYTES = 8


class InvalidPageTokenError(ValueError):
    """The text is not a token of this listing."""


class PageToken(msgspec.Struct, frozen=True, array_like=True):
    """Where a listing stopped: the last position given, and for a sorted one the position of that item in the order.

    ``key`` holds the last item's sort values, so that the listing goes on behind it even if the item changes.
    ``issued_ms`` is when the token was given; ``after_empty`` says that its page held nothing.
    """

    position: int
    key: tuple[str | int, ...] = ()
    issued_ms: int = 0
    after_empty: bool = False


_decoder = msgspec.json.Decoder(PageToken)


def write_token(token: PageToken, listing: str) -> str:
    """Write a token that is good for one listing; ``listing`` names it (its query, order, corpus and user)."""
    packed = msgspec.json.encode(token)
    return _PREFIX + urlsafe_b64encode(_seal(packed, listing) + packed).decode()


def read_token(text: str, listing: str) -> PageToken:
    """Read a token back. Raises ``InvalidPageTokenError``."""
    try:
        sealed = urlsafe_b64decode(text.removeprefix(_PREFIX))
        seal, packed = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
        if not text.startswith(_PREFIX) or seal != _seal(packed, listing):
            raise InvalidPageTokenError
        return _decoder.decode(packed)
    except (Base64Error, ValueError):
        raise InvalidPageTokenError("the page token belongs to another listing, or is none") from None


def _seal(packed: bytes, listing: str) -> bytes:
    return blake2b(packed, digest_size=_SEAL_BYTES, key=blake2b(listing.encode()).digest()).digest()


class PageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many items a page really holds. Drive gives fewer than asked for once some fields are in the mask (facts A4).

    ``cap_with_parents`` and ``cap_with_permissions`` are the largest page with such a mask (Drive: about 460 and 100);
    ``short_pages`` makes pages of any smaller size, down to one item. ``token_hours`` is how long a page token is good
    for ("several hours", says Google).
    """

    cap_with_parents: int | None = None
    cap_with_permissions: int | None = None
    short_pages: bool = False
    token_hours: float = 6.0

    def page_size(self, asked: int, *, parents: bool, permissions: bool, position: int) -> int:
        """Return how many items the page after a position holds at most."""
        caps = [asked]
        if parents and self.cap_with_parents is not None:
            caps.append(self.cap_with_parents)
        if permissions and self.cap_with_permissions is not None:
            caps.append(self.cap_with_permissions)
        size = min(caps)
        return 1 + (position * 2_654_435_761 >> 7) % size if self.short_pages else size
