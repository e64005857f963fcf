"""One call at a time. In: a call that many want at once. Out: one run of it, whose outcome they share."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Runs at most one call at a time; who comes meanwhile shares its outcome, failure included.

    A caller that is cancelled does not cancel the call for the others.
    """

    def __init__(self) -> None:
        self._running: asyncio.Task[T] | None = None

    async def run(self, call: Callable[[], Coroutine[object, object, T]]) -> T:
        """Share the outcome of the running call, or of `call` if none is running."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(call())
            self._running.add_done_callback(_seen)
        return await asyncio.shield(self._running)


def _seen(task: asyncio.Task[T]) -> None:
    """Take note of a failure that no caller stayed for, or the event loop would report it as lost."""
    if not task.cancelled():
        task.exception()
