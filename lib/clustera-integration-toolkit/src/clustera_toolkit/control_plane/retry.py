"""Repeats a call until it succeeds or its schedule ends. In: a call, a `Schedule`. Out: its result or last error."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from clustera_toolkit.control_plane.errors import ControlPlaneUnavailableError
from clustera_toolkit.timing import Timing

__all__ = ["Schedule", "retrying"]

T = TypeVar("T")

log = logging.getLogger(__name__)

FAILURES_WORTH_A_LINE = 3
"""One or two pass by themselves; after that an operator wants to know what is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Waits that double, with an end: `attempts` calls or `elapsed_seconds`, whichever is first."""

    base_seconds: float = 0.5
    cap_seconds: float = 10.0
    attempts: int = 5
    elapsed_seconds: float = 60.0

    def wait(self, failures: int, elapsed: float, retry_after: float | None, random: float) -> float | None:
        """Seconds to wait after `failures` failed calls (from 1), or None to give up.

        Half of a wait is chance, so that callers do not come back together. What the server asks for is never
        undercut: a wait beyond the time that is left ends the attempts.
        """
        if failures >= self.attempts:
            return None
        longest = min(self.base_seconds * 2.0 ** (failures - 1), self.cap_seconds)
        seconds = max(longest * (0.5 + random / 2), retry_after or 0.0)
        return seconds if elapsed + seconds <= self.elapsed_seconds else None


async def retrying(call: Callable[[], Awaitable[T]], schedule: Schedule, timing: Timing) -> T:
    """Repeat `call` on `ControlPlaneUnavailableError` alone; the last one is raised."""
    started, failures = timing.monotonic(), 0
    while True:
        try:
            return await call()
        except ControlPlaneUnavailableError as error:
            failures += 1
            elapsed = timing.monotonic() - started
            seconds = schedule.wait(failures, elapsed, error.retry_after_seconds, timing.random())
            if seconds is None:
                raise
            if failures >= FAILURES_WORTH_A_LINE:
                log.warning("the control plane failed %d times (%s): again in %.1f s", failures, error, seconds)
        await timing.sleep(seconds)
