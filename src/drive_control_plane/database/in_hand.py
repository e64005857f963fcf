"""Rows in somebody's hand, within a process: on SQLite what a locked row is on PostgreSQL.

In: ids. Out: one holder of each at a time, and the ids that are held, for whoever passes over them. SQLite has one
process, and one writer at a time, which must not wait for anything outside; who holds an id keeps nobody from writing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


class InHandError(Exception):
    """Somebody else has it, and takes long."""


@dataclass
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    people: int = 0
    """Whoever has it or waits for it."""


class InHand:
    """What is held; one of it a process."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    @property
    def ids(self) -> list[str]:
        """What is held or about to be."""
        return list(self._turns)

    @asynccontextmanager
    async def holding(self, row_id: str, seconds: float) -> AsyncIterator[None]:
        """Hold an id until the block ends. Raises `InHandError` when others take longer than that."""
        turn = self._turns.setdefault(row_id, _Turn())
        turn.people += 1
        try:
            await _taken(turn.lock, seconds)
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            turn.people -= 1
            if turn.people == 0:
                del self._turns[row_id]


async def _taken(lock: asyncio.Lock, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await lock.acquire()
    except TimeoutError:
        raise InHandError from None
