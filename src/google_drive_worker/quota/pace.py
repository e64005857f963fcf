"""An even flow. In: amounts, a rate, times. Out: how long to wait. A token bucket of a few seconds.

Evenness is what lets a call of a better lane in at once: nobody spends a minute's allowance in its first second.
"""

BURST_SECONDS = 3.0
_EPSILON = 1e-6  # units; keeps rounding from asking for waits that no clock can measure


class Pace:
    """What may flow now, in units; it starts with a full burst."""

    def __init__(self, per_second: float, now: float) -> None:
        self._level = per_second * BURST_SECONDS
        self._at = now

    def wait_seconds(self, units: float, per_second: float, now: float) -> float:
        """Give the seconds until `units` may flow; more than a burst waits for a full one, and is owed for after."""
        burst = per_second * BURST_SECONDS
        self._level = min(self._level + max(now - self._at, 0.0) * per_second, burst)
        self._at = max(now, self._at)
        missing = min(units, burst) - self._level
        return missing / per_second if missing > _EPSILON else 0.0

    def spend(self, units: float) -> None:
        """Let `units` flow."""
        self._level -= units
