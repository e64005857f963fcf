"""Which connections are this worker's, and since when.

In: assignments of the consumer group. Out: a restored state store, an open committer, running jobs; and all of that
ended before partitions go. The order of a restore is what no promise survives without (ARCHITECTURE.md, "Restore"):

1. the end of this worker's own last transaction: a group that has moved on refuses it, however late;
2. committed offsets, once no transaction on them is pending;
3. the true ends of the state partitions, open transactions included;
4. the states, read until those ends;
5. only then: work, and messages.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from clustera_toolkit.kafka import (
    Assignment,
    DeadlineError,
    InboundMessage,
    KafkaAdmin,
    KafkaClientError,
    KafkaConsumer,
    Position,
)
from google_drive_worker.sinks.kafka.committer import Committer
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sync.outlet import OutletClosedError

log = logging.getLogger(__name__)

FINISH_SECONDS = 5.0
LOST_SECONDS = 0.1
RETRY_SECONDS = 1.0
MAX_RESTORES = 20


class Jobs(Protocol):
    """Who runs the jobs of the connections that are owned."""

    def wake(self, connection_id: str) -> None:
        """There may be work."""
        ...

    async def stop(self) -> None:
        """Stop all jobs."""
        ...


@dataclass(frozen=True, slots=True)
class Partitions:
    """What of the cluster an ownership is about."""

    trigger_topic: str
    state_topic: str
    shards: int


class Ownership:
    """The listener of the consumer's assignments."""

    def __init__(
        self,
        consumer: Callable[[], KafkaConsumer],
        admin: KafkaAdmin,
        committer: Committer,
        store: StateStore,
        jobs: Jobs,
        partitions: Partitions,
        read_to_end: Callable[[dict[Position, int]], AsyncIterator[list[InboundMessage]]],
        *,
        deadline_seconds: float,
        ready: asyncio.Event,
    ) -> None:
        self._consumer = consumer
        self._admin = admin
        self._committer = committer
        self._store = store
        self._jobs = jobs
        self._partitions = partitions
        self._read_to_end = read_to_end
        self._deadline_seconds = deadline_seconds
        self._assignment: Assignment | None = None
        self._shards: frozenset[int] = frozenset()
        self._restoring: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        """One change of ownership at a time: a recovery may meet a rebalance."""
        self.starts_at_latest = False
        """Whether partitions without a committed offset start at their end: once, in a new group that asks for it."""
        self.ready = ready
        """Set while states are restored and messages flow."""
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails when a restore cannot be done: the process must end."""

    @property
    def partitions(self) -> int:
        """How many partitions this worker has."""
        return len(self._assignment.partitions) if self._assignment else 0

    def owns(self, shard: int) -> bool:
        """Whether the connections of a shard are this worker's."""
        return shard in self._shards

    async def assigned(self, assignment: Assignment) -> None:
        """Take over; the restore runs in the background."""
        log.info("assigned %d partitions", len(assignment.partitions))
        async with self._turn:
            self._assignment = assignment
            await self._start_restore(assignment)

    async def restore_again(self) -> None:
        """Begin anew from what is committed, after the producer lost track."""
        async with self._turn:
            await self._end(FINISH_SECONDS)
            if self._assignment is not None:
                await self._start_restore(self._assignment)

    async def revoked(self, partitions: Sequence[Position]) -> None:
        """Let the open transaction end, and nothing else begin."""
        log.info("revoked %d partitions", len(partitions))
        async with self._turn:
            await self._end(FINISH_SECONDS)
            self._assignment = None

    async def lost(self, partitions: Sequence[Position]) -> None:
        """Drop everything; the group refuses what is still on its way."""
        log.warning("lost %d partitions", len(partitions))
        async with self._turn:
            await self._end(LOST_SECONDS)
            self._assignment = None

    async def _end(self, finish_seconds: float) -> None:
        self.ready.clear()
        if self._restoring is not None:
            self._restoring.cancel()
            await asyncio.gather(self._restoring, return_exceptions=True)
            self._restoring = None
        shut = asyncio.create_task(self._committer.shut(finish_seconds))
        await self._jobs.stop()
        await shut
        self._shards = frozenset()
        self._store.clear()

    async def _start_restore(self, assignment: Assignment) -> None:
        if assignment.partitions:
            self._restoring = asyncio.create_task(self._restore_until_done(assignment), name="restore")
        else:
            self.ready.set()  # more workers than partitions: a healthy spare

    async def _restore_until_done(self, assignment: Assignment) -> None:
        for attempt in range(1, MAX_RESTORES + 1):
            try:
                return await self._restore(assignment)
            except (KafkaClientError, OutletClosedError) as error:
                log.warning("restore failed (attempt %d): %s", attempt, error)
                if attempt == MAX_RESTORES:
                    self._fail(error)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception as error:  # a worker that owns partitions and restores nothing would look healthy for ever
                self._fail(error)
                raise
        return None

    def _fail(self, error: Exception) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)

    async def _restore(self, assignment: Assignment) -> None:
        if not await self._committer.is_quiet(self._deadline_seconds):
            raise DeadlineError(f"the last transaction did not end within {self._deadline_seconds:.0f} s")
        await self._refresh_metadata(assignment)
        offsets = await self._start_offsets(assignment.partitions)
        shards = [
            place.partition
            for place in assignment.partitions
            if place.topic == self._partitions.trigger_topic and place.partition < self._partitions.shards
        ]
        await self._read_states(shards)
        self._committer.open(offsets, assignment.group)
        self._shards = frozenset(shards)
        await self._committer.commit_offsets()
        if not await self._consumer().start_at(assignment, offsets):
            return
        log.info("restored %d connections in %d shards", len(self._store), len(shards))
        self.ready.set()
        for state in list(self._store):
            self._jobs.wake(state.connection_id)

    async def _refresh_metadata(self, assignment: Assignment) -> None:
        """Have the admin client ask for partitions and leaders: by itself it does so every few minutes only.

        Until then it finds no leader for a partition that has just been added, and asks a restarted broker with an
        epoch that is over.
        """
        for topic in sorted({self._partitions.state_topic, *(place.topic for place in assignment.partitions)}):
            await self._admin.partitions(topic)

    async def _start_offsets(self, partitions: Sequence[Position]) -> dict[Position, int]:
        """Where to go on in each partition: never undefined, since all of them are sent in every transaction."""
        committed = await self._consumer().committed(partitions, self._deadline_seconds)
        missing = [place for place, offset in committed.items() if offset is None]
        latest, self.starts_at_latest = self.starts_at_latest, False
        first = await (self._admin.ends(missing) if latest else self._admin.starts(missing))
        known = {place: offset for place, offset in committed.items() if offset is not None}
        starts = await self._admin.starts(list(known))
        # Retention may have passed a committed offset by; messages are then gone, and the first there is comes next.
        return {**first, **{place: max(offset, starts[place]) for place, offset in known.items()}}

    async def _read_states(self, shards: Iterable[int]) -> None:
        self._store.clear()
        ends = await self._admin.ends(Position(self._partitions.state_topic, shard) for shard in shards)
        async for messages in self._read_to_end(ends):
            for message in messages:
                self._store.restore(message)
