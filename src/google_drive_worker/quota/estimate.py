"""What a limit really is. In: the limit that we were told, refusals. Out: what may be spent in a period.

Multiplicative decrease to what was spent when Drive refused, additive increase after: a step that grows by the minute,
so that a limit that was lifted is found within a quarter of an hour, and one that was not is seldom touched.
"""

DECREASE_FACTOR = 0.9
LEAST_DECREASE_FACTOR = 0.5
FLOOR_FRACTION = 0.01
STEP_FRACTION = 0.03
LEARN_EVERY_SECONDS = 20.0
_MINUTE = 60.0


class Estimate:
    """A limit, never above `limit`; lower after refusals."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._learnt = limit
        self._learnt_at = float("-inf")

    def allowed(self, now: float) -> float:
        """Say what may be spent: after n minutes the steps add up to about n²/2 of them."""
        minutes = max(now - self._learnt_at, 0.0) / _MINUTE
        return min(self._learnt * (1 + STEP_FRACTION * minutes * minutes / 2), self.limit)

    def refused(self, spent: float, now: float) -> None:
        """Learn that Drive refused when `spent` was spent in the period; what comes at once counts once.

        A refusal never takes more than half: what was spent may be little because somebody else was faster.
        """
        if now - self._learnt_at < LEARN_EVERY_SECONDS:
            return
        before = self.allowed(now)
        lowered = max(min(before, spent) * DECREASE_FACTOR, before * LEAST_DECREASE_FACTOR)
        self._learnt = max(lowered, self.limit * FLOOR_FRACTION)
        self._learnt_at = now

    def adopt(self, allowed: float, now: float) -> None:
        """Take over what all replicas together have learnt."""
        self._learnt, self._learnt_at = allowed, now
