"""Silence after a refusal. In: refusals, calls, successes. Out: how long to be silent.

After a pause one call a second is let through as a probe; a success ends the trouble, a refusal doubles the pause.
"""

FIRST_SECONDS = 2.0
LONGEST_SECONDS = 16.0
PROBE_SECONDS = 1.0
_SAME_PAUSE_SECONDS = 0.1  # one's own pause comes back from the others a moment older


class Pause:
    """Whether calls pause, in seconds."""

    def __init__(self) -> None:
        self._seconds = 0.0  # 0 while there is no trouble
        self._until = float("-inf")
        self._probing = False

    @property
    def in_trouble(self) -> bool:
        """Whether a refusal was not followed by a success yet."""
        return self._seconds > 0

    def wait_seconds(self, now: float) -> float:
        """Give the seconds until a call may be made."""
        return max(self._until - now, 0.0)

    def called(self, now: float) -> None:
        """Count a call; in trouble it is a probe, and the next waits for what becomes of it, but not for ever."""
        if self.in_trouble:
            self._probing = True
            self._until = now + PROBE_SECONDS

    def refused(self, retry_after_seconds: float, now: float) -> None:
        """Pause, for what Drive asks for at least; calls that were under way together fail together, and count once."""
        if not self.in_trouble or self._probing:
            self._seconds = min(max(self._seconds * 2, FIRST_SECONDS), LONGEST_SECONDS)
            self._until = now + self._seconds
            self._probing = False
        self._until = max(self._until, now + retry_after_seconds)

    def adopt(self, seconds: float, now: float) -> None:
        """Pause as long as another replica has to, and try again as carefully."""
        if seconds > 0 and now + seconds > self._until + _SAME_PAUSE_SECONDS:
            self._seconds = max(self._seconds, FIRST_SECONDS)
            self._until = now + seconds
            self._probing = False

    def succeeded(self) -> bool:
        """Say whether this success ended the trouble; one that was under way before the pause does not."""
        if not self._probing:
            return False
        self._seconds, self._until, self._probing = 0.0, float("-inf"), False
        return True
