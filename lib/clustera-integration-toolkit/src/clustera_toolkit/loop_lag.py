"""Whether the event loop goes round: a loop that stands still serves nobody, and says nothing of itself.

In: a running loop. Out: how late it is, a few times a second, and a line in the log when that is much.
"""

import logging
from collections.abc import Callable
from typing import NoReturn

from clustera_toolkit.timing import REAL_TIMING, Timing

__all__ = ["watch_loop"]

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
LATE_SECONDS = 2.0
"""More than garbage collection, a large page or a busy machine would explain."""


async def watch_loop(seen: Callable[[float], None] = lambda _: None, timing: Timing = REAL_TIMING) -> NoReturn:
    """Tell `seen` how many seconds late each look comes, until cancelled; a late one is logged."""
    while True:
        asleep = timing.monotonic()
        await timing.sleep(LOOK_SECONDS)
        late = max(0.0, timing.monotonic() - asleep - LOOK_SECONDS)
        seen(late)
        if late >= LATE_SECONDS:
            log.warning("the event loop stood still for %.1f s: everything waited", late)
