"""The world's clock: the machine's time in, the world's present moment out; a test may set, stop and advance it."""

from google_drive_emulator.world.timestamps import Clock, wall_clock_ms


class WorldClock:
    """A clock to call for the present moment in epoch milliseconds; it starts as another one and can leave it."""

    def __init__(self, base: Clock = wall_clock_ms) -> None:
        self._base = base
        self._ahead_ms = 0
        self._frozen_ms: int | None = None

    def __call__(self) -> int:
        """Return the present moment in epoch milliseconds."""
        return self._base() + self._ahead_ms if self._frozen_ms is None else self._frozen_ms

    @property
    def is_frozen(self) -> bool:
        """Tell whether time stands still."""
        return self._frozen_ms is not None

    def set(self, now_ms: int) -> None:
        """Make it a given moment now; time goes on from there, unless it is frozen."""
        if self._frozen_ms is None:
            self._ahead_ms = now_ms - self._base()
        else:
            self._frozen_ms = now_ms

    def advance(self, by_ms: int) -> None:
        """Let time pass at once."""
        self.set(self() + by_ms)

    def freeze(self) -> None:
        """Stop time."""
        self._frozen_ms = self()

    def unfreeze(self) -> None:
        """Let time go on from where it was stopped."""
        if self._frozen_ms is not None:
            now_ms, self._frozen_ms = self._frozen_ms, None
            self.set(now_ms)

    def reset(self) -> None:
        """Return to the base."""
        self._ahead_ms, self._frozen_ms = 0, None
