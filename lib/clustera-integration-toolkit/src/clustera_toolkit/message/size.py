"""When a message is too large to travel inline.

In: an encoded value. Out: whether it goes by claim check, that is, as an object whose address travels instead.
"""

from dataclasses import dataclass

__all__ = ["CLAIM_CHECK_THRESHOLD_BYTES", "SizeGuard"]

CLAIM_CHECK_THRESHOLD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class SizeGuard:
    """A threshold in bytes of the encoded value; a value of exactly that size is still inline."""

    threshold_bytes: int = CLAIM_CHECK_THRESHOLD_BYTES

    def __post_init__(self) -> None:
        if self.threshold_bytes < 1:
            raise ValueError(f"threshold_bytes must be at least 1, not {self.threshold_bytes}")

    def exceeds(self, value: bytes) -> bool:
        """Whether the value must go by claim check."""
        return len(value) > self.threshold_bytes
