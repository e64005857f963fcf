"""The time of a simulation: it stands still while anybody works, and jumps once all of them sleep.

In: how many loops live in it. Out: a clock for them. Those who are to wake at one moment wake together, and compete.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from drive_control_plane.clock import Clock


class SharedTime:
    """Time from `start` to `end`; after that nobody wakes any more, and `over` is set."""

    def __init__(self, start: datetime, end: datetime, loops: int) -> None:
        self.now, self._end, self._loops = start, end, loops
        self._sleepers: dict[asyncio.Future[None], datetime] = {}
        self._look_again = False
        self.over = asyncio.Event()
        self.clock = Clock(now=lambda: self.now, sleep=self._sleep)

    def leave(self) -> None:
        """One loop is no more: the others wait for it no longer, and look again before time moves on.

        Without that a whole rest of the simulation, which is long, would lie between its death and what they do.
        """
        self._loops -= 1
        self._look_again = True
        self._jump()

    def extend(self, end: datetime) -> None:
        """Go on to a later end."""
        self._end = end
        self.over.clear()
        self._jump()

    async def _sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers[sleeper] = self.now + timedelta(seconds=seconds)
        self._jump()
        try:
            await sleeper
        finally:
            self._sleepers.pop(sleeper, None)

    def _jump(self) -> None:
        if len(self._sleepers) < self._loops:
            return
        moment = min(self._sleepers.values())
        if self._look_again and moment > self.now:
            self._look_again = False
            self._wake(datetime.max.replace(tzinfo=UTC))
            return
        if moment > self._end:
            self.over.set()
            return
        self.now = moment
        self._wake(moment)

    def _wake(self, moment: datetime) -> None:
        """Wake all that are to wake until then."""
        for sleeper in [each for each, wakes_at in self._sleepers.items() if wakes_at <= moment]:
            del self._sleepers[sleeper]
            sleeper.set_result(None)
