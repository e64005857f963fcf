"""A value that is kept until it is stale or refused. In: how to obtain it. Out: it, obtained once for all who ask."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Generic, TypeVar

from clustera_toolkit.timing import Timing

__all__ = ["Held"]

T = TypeVar("T")


class Held(Generic[T]):
    """One value. Who asks while it is obtained shares the outcome, failure included; none of them can cancel it."""

    def __init__(self, obtain: Callable[[], Coroutine[Any, Any, tuple[T, datetime]]], timing: Timing) -> None:
        self._obtain = obtain
        self._timing = timing
        self._held: tuple[T, datetime] | None = None
        self._flight: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The value held, or a new one when there is none or it is stale."""
        if self._held is not None and self._timing.now() < self._held[1]:
            return self._held[0]
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._renew())
            self._flight.add_done_callback(_seen)
        return await asyncio.shield(self._flight)

    def drop(self, value: T) -> None:
        """Forget a value; a newer one that another caller got meanwhile stays."""
        if self._held is not None and self._held[0] == value:
            self._held = None

    async def end(self) -> None:
        """Give up what is under way."""
        if self._flight is not None:
            self._flight.cancel()
            await asyncio.gather(self._flight, return_exceptions=True)

    async def _renew(self) -> T:
        self._held = await self._obtain()
        return self._held[0]


def _seen(task: asyncio.Task[Any]) -> None:
    """Take note of a failure that no caller stayed for, or the event loop would report it as lost."""
    if not task.cancelled():
        task.exception()
