"""What was spent in the last period. In: amounts and times. Out: their sum, and when there is room again."""

from collections import deque


class Window:
    """A sliding sum over `span_seconds`; what is spent within `grain_seconds` is kept as one, and leaves as one.

    Nothing leaves early: any span of that length holds at most what `spent` told.
    """

    def __init__(self, span_seconds: float, grain_seconds: float) -> None:
        self._span = span_seconds
        self._grain = grain_seconds
        self._grains: deque[list[float]] = deque()  # first moment, last moment, amount
        self._spent = 0.0

    def spent(self, now: float) -> float:
        """Sum up what was spent in the span before `now`."""
        while self._grains and self._grains[0][1] + self._span <= now:
            self._spent -= self._grains.popleft()[2]
        return self._spent

    def add(self, amount: float, now: float) -> None:
        """Spend."""
        self._spent += amount
        if self._grains and now - self._grains[-1][0] < self._grain:
            self._grains[-1][1] = max(now, self._grains[-1][1])
            self._grains[-1][2] += amount
        else:
            self._grains.append([now, now, amount])

    def seconds_until_freed(self, amount: float, now: float) -> float:
        """Say how long until `amount` of what is spent has left; until all has left, if that is less."""
        left = amount
        for _, last, held in self._grains:
            left -= held
            if left <= 0:
                return max(last + self._span - now, 0.0)
        return max(self._grains[-1][1] + self._span - now, 0.0) if self._grains else 0.0
