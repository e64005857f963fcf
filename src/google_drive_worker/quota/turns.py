"""Who is next. In: calls that wait. Out: the order in which they are asked: lanes first, connections by turns in each.

Within a connection's lane, who came first goes first.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from google_drive_worker.client.quota import Lane


@dataclass(eq=False, slots=True)
class Waiter:
    """A call that waits since a moment in seconds; `granted` is done when it may be made."""

    user: str
    connection: str
    units: int
    lane: Lane
    since: float
    granted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Turns:
    """All that wait."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, OrderedDict[str, deque[Waiter]]] = {lane: OrderedDict() for lane in Lane}
        self._waiting = dict.fromkeys(Lane, 0)

    @property
    def waiting(self) -> dict[Lane, int]:
        """How many wait, by lane."""
        return dict(self._waiting)

    def count(self, lane: Lane) -> int:
        """Say how many wait in a lane."""
        return self._waiting[lane]

    def add(self, waiter: Waiter) -> None:
        """Let a call wait."""
        self._lanes[waiter.lane].setdefault(waiter.connection, deque()).append(waiter)
        self._waiting[waiter.lane] += 1

    def first_of_each(self) -> Iterator[Waiter]:
        """Go through the first call of every connection, in the order of turns."""
        for lane in self._lanes.values():
            for queue in lane.values():
                yield queue[0]

    def take(self, waiter: Waiter) -> None:
        """End a call's wait; its connection goes to the end of its lane."""
        if self.leave(waiter) and waiter.connection in self._lanes[waiter.lane]:
            self._lanes[waiter.lane].move_to_end(waiter.connection)

    def leave(self, waiter: Waiter) -> bool:
        """Take a call out that gives up; say whether it waited still."""
        lane = self._lanes[waiter.lane]
        queue = lane.get(waiter.connection, deque())
        if waiter not in queue:
            return False
        queue.remove(waiter)
        self._waiting[waiter.lane] -= 1
        if not queue:
            del lane[waiter.connection]
        return True
