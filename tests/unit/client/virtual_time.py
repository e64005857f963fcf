"""Time for tests: it passes only when somebody sleeps, and then at once."""

import asyncio
from datetime import UTC, datetime, timedelta

from clustera_toolkit.timing import Timing

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class VirtualTime:
    """A clock that stands still; `slept` lists every wait in seconds."""

    def __init__(self, chance: float = 0.0) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        self.timing = Timing(monotonic=lambda: self.seconds, now=self.now, sleep=self.sleep, random=lambda: chance)

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)  # others run while we sleep, as they would
        self.seconds += seconds
