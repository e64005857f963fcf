"""The arithmetic of an adaptive rate. In: a state, the time. Out: the next state; nothing waits here.

A token bucket whose rate grows by a constant while calls succeed and is halved when Drive says "too often".
"""

from dataclasses import dataclass, replace

BURST_SECONDS = 1.0
DECREASE_FACTOR = 0.5
INCREASE_PER_SECOND = 0.01
FLOOR_FRACTION = 0.01
COOLDOWN_SECONDS = 2.0
_EPSILON = 1e-6  # units; keeps rounding from asking for waits that no clock can measure


@dataclass(frozen=True, slots=True)
class RateState:
    """A token bucket at a moment.

    `level` units may be spent at `at` (monotonic seconds), `rate` units a second flow in; `ceiling` is the
    best rate. In any span of t seconds, at most `capacity + ceiling * t` units and one call are granted.
    """

    ceiling: float
    rate: float
    level: float
    at: float
    slowed_at: float = float("-inf")
    raised_at: float = float("-inf")

    @classmethod
    def full(cls, units_per_minute: float, now: float) -> "RateState":
        """Make a full bucket at the best rate. Raises `ValueError` unless `units_per_minute` is above 0."""
        if units_per_minute <= 0:
            raise ValueError("units_per_minute must be above 0")
        per_second = units_per_minute / 60
        return cls(per_second, per_second, per_second * BURST_SECONDS, now, raised_at=now)

    @property
    def capacity(self) -> float:
        """The most units that can be saved up."""
        return self.ceiling * BURST_SECONDS

    def advanced(self, now: float) -> "RateState":
        """Let the time until `now` flow in; a clock that stands or steps back adds nothing."""
        passed = max(now - self.at, 0.0)
        return replace(self, level=min(self.level + passed * self.rate, self.capacity), at=max(now, self.at))

    def wait_seconds(self, units: int) -> float:
        """Give the seconds until `units` may be spent; a call dearer than a full bucket waits for that."""
        missing = min(units, self.capacity) - self.level
        return missing / self.rate if missing > _EPSILON else 0.0

    def taken(self, units: int) -> "RateState":
        """Spend `units`; the bucket may owe some after a call dearer than itself."""
        return replace(self, level=self.level - units)

    def slowed(self, now: float) -> "RateState":
        """Halve the rate and drop what is saved up, once in `COOLDOWN_SECONDS`: calls under way fail together."""
        if now - self.slowed_at < COOLDOWN_SECONDS:
            return self
        rate = max(self.rate * DECREASE_FACTOR, self.ceiling * FLOOR_FRACTION)
        return replace(self, rate=rate, level=min(self.level, 0.0), slowed_at=now, raised_at=now)

    def raised(self, now: float) -> "RateState":
        """Raise the rate by 1 % of the ceiling a second since the last raise, for one second at most."""
        passed = min(max(now - self.raised_at, 0.0), 1.0)
        rate = min(self.rate + self.ceiling * INCREASE_PER_SECOND * passed, self.ceiling)
        return replace(self, rate=rate, raised_at=max(now, self.raised_at))
