"""How long to wait before the next try. In: counts, seconds, chance. Out: seconds, or None to give up.

Google recommends min(2^n + jitter, 32 or 64 s) with an end, and promises no `Retry-After` (facts C2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER_SECONDS = 86_400.0
_MAX_EXPONENT = 32  # beyond any cap, and far from overflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """A schedule with an end: after `max_attempts` calls or `max_elapsed_seconds`, whichever is first.

    Raises `ValueError` where a number makes no schedule.
    """

    base_seconds: float = 1.0
    cap_seconds: float = 64.0
    max_attempts: int = 8
    max_elapsed_seconds: float = 300.0

    def __post_init__(self) -> None:
        if self.base_seconds <= 0 or self.cap_seconds < self.base_seconds:
            raise ValueError("backoff: base_seconds must be above 0, and cap_seconds no less than base_seconds")
        if self.max_attempts < 1 or self.max_elapsed_seconds <= 0:
            raise ValueError("backoff: max_attempts must be 1 or more, and max_elapsed_seconds above 0")

    def delay(self, attempt: int, random: float) -> float:
        """Give the seconds to wait after the failed call number `attempt` (from 0); `random` is in [0, 1)."""
        return min(self.base_seconds * (2.0 ** min(attempt, _MAX_EXPONENT) + random), self.cap_seconds)

    def wait(
        self, failures: int, *, elapsed_seconds: float, retry_after_seconds: float | None, random: float
    ) -> float | None:
        """Give the seconds to wait after `failures` failed calls (from 1), or None to give up.

        What Google asks for is never undercut: a longer wait than the time left ends the tries.
        """
        if failures >= self.max_attempts:
            return None
        seconds = max(self.delay(failures - 1, random), retry_after_seconds or 0.0)
        return seconds if elapsed_seconds + seconds <= self.max_elapsed_seconds else None


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read the wait that `Retry-After` asks for, within [0, one day]; None when absent or unreadable.

    A date is measured from the answer's own `Date`, so that our clock does not matter.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    asked = lower.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return min(float(asked[:10]), MAX_RETRY_AFTER_SECONDS)
    until, since = _http_date(asked), _http_date(lower.get("date", ""))
    if until is None or since is None:
        return None
    return min(max((until - since).total_seconds(), 0.0), MAX_RETRY_AFTER_SECONDS)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
