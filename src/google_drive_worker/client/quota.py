"""The price of calls and the right to make them. In: a method's name. Out: its units, and `RateLimiter`.

Google's quota of units a minute is per user and per project (facts D).
"""

from enum import IntEnum
from typing import Protocol

READ_UNITS = 5
LIST_UNITS = 100
DOWNLOAD_UNITS = 200

UNITS: dict[str, int] = {
    "about.get": READ_UNITS,
    "changes.getStartPageToken": READ_UNITS,
    "changes.list": LIST_UNITS,
    "comments.list": LIST_UNITS,
    "drives.get": READ_UNITS,
    "drives.list": LIST_UNITS,
    "files.download": DOWNLOAD_UNITS,
    "files.export": DOWNLOAD_UNITS,
    "files.get": READ_UNITS,
    "files.list": LIST_UNITS,
    "files.media": DOWNLOAD_UNITS,
    "permissions.get": READ_UNITS,
    "permissions.list": LIST_UNITS,
    "replies.list": LIST_UNITS,
    "revisions.get": READ_UNITS,
    "revisions.list": LIST_UNITS,
}


class Lane(IntEnum):
    """What a call is for; a lower lane goes first, calls of one lane in the order in which they came."""

    CHANGES = 0
    FIRST_SCAN = 1
    PERMISSIONS = 2
    ENRICHMENT = 3
    CONTENT = 4
    AUDIT = 5


def units_of(endpoint: str) -> int:
    """Look up the units that a call costs; a method not in the table counts as a list (facts D)."""
    return UNITS.get(endpoint, LIST_UNITS)


class RateLimiter(Protocol):
    """Says when a call may be made, and learns from how it went."""

    async def acquire(self, units: int, lane: Lane) -> None:
        """Wait until a call of that price may be made. Raises `RetryableError` when too many wait already."""

    def report_rate_error(self, retry_after_seconds: float | None = None, *, user_only: bool = False) -> None:
        """Take note that Drive is called too often; `user_only` where it says that the user's limit is meant."""

    def report_success(self) -> None:
        """Take note that Drive answered."""


class UnlimitedRate:
    """A limiter that never makes anyone wait."""

    async def acquire(self, units: int, lane: Lane) -> None:
        """Return at once."""

    def report_rate_error(self, retry_after_seconds: float | None = None, *, user_only: bool = False) -> None:
        """Learn nothing."""

    def report_success(self) -> None:
        """Learn nothing."""
