"""Requests one at a time, in an order that the seed decides: so that a seed leads to the same course each time.

In: requests of an engine, of which many wait at once. Out: their answers, some of them late: an answer may lie there
while others are asked for and come in before it, as on a real network.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from google_drive_worker.client.transport import HttpTransport, Response

BeforeBody = Callable[[], Awaitable[None]]
SETTLING = 12
"""Rounds of the loop after which everybody who can come forward has done so."""
LATE = 0.4


class Turns:
    """Lets one go at a time, chosen by chance among those who wait."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._waiting: list[asyncio.Future[None]] = []
        self._is_taken = False
        self._choosing: asyncio.Task[None] | None = None

    async def take(self) -> None:
        """Wait for a turn; `give_back` ends it."""
        ticket = asyncio.get_running_loop().create_future()
        self._waiting.append(ticket)
        self._go_on()
        try:
            await ticket
        except asyncio.CancelledError:
            self._withdraw(ticket)
            raise

    def give_back(self) -> None:
        """Let somebody else go."""
        self._is_taken = False
        self._go_on()

    def _withdraw(self, ticket: "asyncio.Future[None]") -> None:
        """Whoever is cancelled waits no more, and has no use for a turn that was just given."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        else:
            self.give_back()

    def _go_on(self) -> None:
        if self._waiting and not self._is_taken:
            self._is_taken = True
            self._choosing = asyncio.create_task(self._choose())

    async def _choose(self) -> None:
        for _ in range(SETTLING):
            await asyncio.sleep(0)
        waiting = [ticket for ticket in self._waiting if not ticket.done()]
        if not waiting:
            self._is_taken = False
            return
        chosen = self._chance.choice(waiting)
        self._waiting.remove(chosen)
        chosen.set_result(None)


@dataclass
class _Turn:
    """One request's turn, which it may give back for a while."""

    turns: Turns
    is_held: bool = False

    async def take(self) -> None:
        await self.turns.take()
        self.is_held = True

    def give_back(self) -> None:
        if self.is_held:
            self.is_held = False
            self.turns.give_back()

    async def lend(self, until: Awaitable[None]) -> None:
        """Let others go until something has happened that only they can bring about."""
        self.give_back()
        await until
        await self.take()


class OrderedTransport(HttpTransport):
    """HTTP as it is, in turns."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._turns = Turns(chance)

    async def request(self, *args: Any, before_body: BeforeBody | None = None, **kwargs: Any) -> Response:
        """Send a request when it is its turn; its answer may have to wait for another one."""
        turn = _Turn(self._turns)

        async def lent() -> None:
            if before_body is not None:
                await turn.lend(before_body())

        await turn.take()
        try:
            answer = await super().request(*args, before_body=lent, **kwargs)
        finally:
            turn.give_back()
        if self._chance.random() < LATE:
            await self._turns.take()
            self._turns.give_back()
        return answer
