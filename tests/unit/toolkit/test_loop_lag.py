"""A loop that stands still is seen by its own lateness."""

import asyncio
from dataclasses import replace

import pytest

from clustera_toolkit.loop_lag import LATE_SECONDS, LOOK_SECONDS, watch_loop
from clustera_toolkit.timing import REAL_TIMING


class LateClock:
    """A clock whose waits take as much longer as it is told, one after the other; then nobody looks any more."""

    def __init__(self, *late: float) -> None:
        self.seconds, self._late = 100.0, list(late)

    async def sleep(self, seconds: float) -> None:
        if not self._late:
            raise asyncio.CancelledError
        self.seconds += seconds + self._late.pop(0)


async def test_lateness_is_told_and_much_of_it_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Each look tells how late it came; a line says so where that is more than a busy machine would explain."""
    clock, seen = LateClock(0.0, 0.5, LATE_SECONDS + 1.0, -LOOK_SECONDS), []
    timing = replace(REAL_TIMING, monotonic=lambda: clock.seconds, sleep=clock.sleep)
    with pytest.raises(asyncio.CancelledError):
        await watch_loop(lambda seconds: seen.append(round(seconds, 6)), timing)
    assert seen == [0.0, 0.5, LATE_SECONDS + 1.0, 0.0]
    assert [record.getMessage() for record in caplog.records] == [
        "the event loop stood still for 3.0 s: everything waited"
    ]
