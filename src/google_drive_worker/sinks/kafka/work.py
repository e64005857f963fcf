"""What waits for the committer, and in which order it goes out.

In: handled messages and batches. Out: as many of them as fit one transaction: handled messages first, then changes,
then everything else. Within one connection nothing overtakes.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from clustera_toolkit.kafka import OutboundMessage, Position
from google_drive_worker.client.quota import Lane
from google_drive_worker.schemas.event import Notice
from google_drive_worker.sync.batch import Batch

CONTROL, CHANGES, BULK = range(3)
URGENT_BYTES = 512 * 1024
"""How large a transaction with handled messages or changes is made by filling it up with everything else."""


@dataclass(eq=False, slots=True)
class Work:
    """Something to commit as a whole: a batch of a connection, a handled message, or both."""

    epoch: int
    """The assignment it was made under; under another one it is dropped."""
    done: asyncio.Future[None]
    connection_id: str | None = None
    batch: Batch | None = None
    messages: tuple[OutboundMessage, ...] = ()
    """What is neither record nor notice: forwarded messages, dead letters."""
    notices: tuple[Notice, ...] = ()
    handled: tuple[Position, int] | None = None
    """The offset to go on from in the partition of the message that this work handles."""
    traceparent: str | None = None
    """The trace that the notices belong to; those of the batch belong to the job's."""
    is_bulk: bool = False
    """Whether it comes of a scan or of lists: the lane that follows changes does not wait for it."""
    size_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        batch = self.batch.size_bytes if self.batch else 0
        self.size_bytes = batch + sum(message.size_bytes for message in self.messages) + 256

    def fail(self, error: Exception) -> None:
        """Tell whoever waits."""
        if not self.done.done():
            self.done.set_exception(error)
            self.done.exception()  # whoever waits sees it; nobody has to

    def succeed(self) -> None:
        """Tell whoever waits."""
        if not self.done.done():
            self.done.set_result(None)


class WorkQueue:
    """Bounded in bytes for batches; handled messages are bounded by the intake, which waits for their commits."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lanes: tuple[deque[Work], ...] = (deque(), deque(), deque())
        self._bulk_connections: Counter[str | None] = Counter()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Condition()

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes)

    @property
    def size_bytes(self) -> int:
        """What waits."""
        return self._bytes

    async def wait_for_room(self) -> None:
        """Wait until batches may be added; one that is larger than the bound still gets in, alone."""
        async with self._room:
            await self._room.wait_for(lambda: self._bytes < self._max_bytes)

    def add(self, work: Work) -> None:
        """Put it at the end of its lane."""
        lane = self._lane(work)
        self._lanes[lane].append(work)
        if lane == BULK:
            self._bulk_connections[work.connection_id] += 1
        self._bytes += work.size_bytes
        self._arrived.set()

    async def wait_for_work(self, timeout_seconds: float) -> bool:
        """Wait for something to be there."""
        if not len(self):
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout_seconds)
            except TimeoutError:
                return False
        return True

    async def take(self, max_bytes: int) -> list[Work]:
        """Take what goes into one transaction: at least one, if there is one."""
        taken: list[Work] = []
        size = 0
        for number, lane in enumerate(self._lanes):
            room = min(max_bytes, URGENT_BYTES) if number == BULK and taken else max_bytes
            while lane and (not taken or size + lane[0].size_bytes <= room):
                work = lane.popleft()
                if number == BULK:
                    self._forget_bulk(work)
                taken.append(work)
                size += work.size_bytes
            if lane:  # what comes behind may be of the same connection, and must not overtake
                break
        await self._release(taken)
        return taken

    async def clear(self) -> list[Work]:
        """Take everything."""
        everything = [work for lane in self._lanes for work in lane]
        for lane in self._lanes:
            lane.clear()
        self._bulk_connections.clear()
        await self._release(everything)
        return everything

    async def _release(self, works: Iterable[Work]) -> None:
        self._bytes -= sum(work.size_bytes for work in works)
        async with self._room:
            self._room.notify_all()

    def _lane(self, work: Work) -> int:
        if work.handled is not None or work.batch is None:
            return CONTROL
        if work.batch.lane is Lane.CHANGES and not self._bulk_connections[work.connection_id]:
            return CHANGES
        return BULK

    def _forget_bulk(self, work: Work) -> None:
        self._bulk_connections[work.connection_id] -= 1
        if not self._bulk_connections[work.connection_id]:
            del self._bulk_connections[work.connection_id]
