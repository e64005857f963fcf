"""Trace contexts of W3C Trace Context, as one `traceparent` header.

In: a header from a message, randomness. Out: the header for the messages that this one causes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

__all__ = ["Traceparent"]

_VERSION_0 = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")
# A later version may append fields; what comes first keeps its meaning.
_LATER = re.compile(
    r"(?!ff|00)[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?:-.*)?"
)
_SAMPLED = 0x01


@dataclass(frozen=True, slots=True)
class Traceparent:
    """A place in a trace: ids in lower-case hexadecimal, `trace_id` of 32 characters, `parent_id` of 16."""

    trace_id: str
    parent_id: str
    sampled: bool = True

    @classmethod
    def parse(cls, header: str) -> Self | None:
        """Return the header's context, or None for one that the standard says to ignore."""
        found = _VERSION_0.fullmatch(header) or _LATER.fullmatch(header)
        if found is None or not int(found["trace"], 16) or not int(found["parent"], 16):
            return None
        return cls(found["trace"], found["parent"], bool(int(found["flags"], 16) & _SAMPLED))

    @classmethod
    def start(cls, random_bytes: Callable[[int], bytes], *, sampled: bool = True) -> Self:
        """Return the context of a new trace; `random_bytes` is like `os.urandom`."""
        return cls(_nonzero_id(random_bytes(16)), _nonzero_id(random_bytes(8)), sampled)

    def child(self, random_bytes: Callable[[int], bytes]) -> Self:
        """Return the context of something that this one causes."""
        return type(self)(self.trace_id, _nonzero_id(random_bytes(8)), self.sampled)

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.parent_id}-{_SAMPLED if self.sampled else 0:02x}"


def _nonzero_id(data: bytes) -> str:
    """Return the id in hexadecimal; all zeros would mean "none"."""
    return data.hex() if any(data) else data[:-1].hex() + "01"
