"""One time for everybody in a trial: the emulated Google, the engine and its waits.

In: sleeps, and steps of a history. Out: clocks. Nothing waits in truth: whoever sleeps moves time on.
"""

import asyncio
import random
from datetime import UTC, datetime, timedelta

from clustera_toolkit.timing import Timing

START = datetime(2027, 1, 1, tzinfo=UTC)
"""Later than anything in a world that the emulator makes up."""


class TrialTime:
    """Stands still unless somebody sleeps or `advance` is called; the chance in backoffs follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.seconds = 0.0
        self.timing = Timing(
            monotonic=lambda: self.seconds, now=self.now, sleep=self.sleep, random=random.Random(seed).random
        )

    def now(self) -> datetime:
        """The moment it is, for everybody."""
        return START + timedelta(seconds=self.seconds)

    def epoch_ms(self) -> int:
        """The same for the emulator's clock."""
        return round(self.now().timestamp() * 1000)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait as the engine does: others run meanwhile."""
        await asyncio.sleep(0)
        self.seconds += seconds
