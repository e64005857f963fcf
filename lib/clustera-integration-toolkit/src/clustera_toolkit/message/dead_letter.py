"""Headers of a dead letter.

In: where a message stood and why it failed. Out: headers to add to the original ones;
its key and value stay as they were.
"""

from dataclasses import dataclass

__all__ = ["DeadLetter"]

_DETAIL_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Why a message was given up. `reason` is a stable code, `detail` is for people, times are RFC 3339."""

    reason: str
    detail: str
    topic: str
    partition: int
    offset: int
    attempts: int
    first_failed_at: str

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the `dlq.*` headers; a long detail is cut."""
        values = {
            "dlq.reason": self.reason,
            "dlq.detail": self.detail[:_DETAIL_CHARACTERS],
            "dlq.topic": self.topic,
            "dlq.partition": str(self.partition),
            "dlq.offset": str(self.offset),
            "dlq.attempts": str(self.attempts),
            "dlq.first_failed_at": self.first_failed_at,
        }
        return [(name, value.encode("utf-8", "replace")) for name, value in values.items()]
