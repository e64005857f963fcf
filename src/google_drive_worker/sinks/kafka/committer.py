"""The committer: the one writer of records, states and offsets.

In: works of the engine and the intake. Out: transactions, one at a time, closed at a size or an age, whichever comes
first. Every transaction carries the next offset of every owned partition, also of those that did not move: that is
what lets the group refuse a member whose generation is over (KIP-447).

| outcome | then |
|---|---|
| committed | states and offsets are taken over, whoever waits is told |
| aborted, the group has moved on | everything that waits is dropped; its new owner has what was committed |
| aborted, a message was refused | the connections it belongs to are set aside, the others go on; then one by one |
| aborted, for a passing cause | again, a bounded number of times |
| uncertain | everything that waits is dropped; a new producer, then a restore (`lost_track`) |
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clustera_toolkit.kafka import (
    KafkaProducer,
    OutboundMessage,
    Position,
    TransactionAbortedError,
    TransactionUncertainError,
)
from google_drive_worker.client.errors import RetryableError
from google_drive_worker.schemas.event import ErrorRecord, Notice
from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import ConnectionState, UnreadableStateError, parse_key
from google_drive_worker.sinks.kafka.claim_check import STORED_AT, ClaimCheck
from google_drive_worker.sinks.kafka.messages import MessageBuilder, Topics
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sinks.kafka.transaction import Transaction, fold
from google_drive_worker.sinks.kafka.work import Work, WorkQueue
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.outlet import (
    BatchDroppedError,
    BatchRefusedError,
    OutcomeUnknownError,
    OutletClosedError,
)
from google_drive_worker.sync.state import incomplete

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
IDLE_SECONDS = 0.5
DEAD_LETTERS = ".dlq"


@dataclass(frozen=True, slots=True)
class CommitterSettings:
    """Bounds of a transaction and of what waits for one."""

    transaction_bytes: int = 4 * 1024 * 1024
    linger_seconds: float = 0.02
    queue_bytes: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CommitObserver:
    """What others want to know of a commit."""

    committed: Callable[[Sequence[Work]], None] = lambda _: None
    seconds: Callable[[float], None] = lambda _: None


class Committer:
    """An `Outlet` over Kafka; also takes the intake's handled messages."""

    def __init__(
        self,
        producer: KafkaProducer,
        store: StateStore,
        topics: Topics,
        claim_check: ClaimCheck,
        *,
        settings: CommitterSettings | None = None,
        observer: CommitObserver | None = None,
        now: Callable[[], str],
    ) -> None:
        self._producer = producer
        self._store = store
        self._topics = topics
        self._builder = MessageBuilder(topics)
        self._claim_check = claim_check
        self._settings = settings or CommitterSettings()
        self._observer = observer or CommitObserver()
        self._now = now
        self._queue = WorkQueue(self._settings.queue_bytes)
        self._pending: dict[str, set[Work]] = {}
        self._broken: dict[str, Exception] = {}
        self._epoch = 0
        self._open = False
        self._group: object = None
        self._offsets: dict[Position, int] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.lost_track = asyncio.Event()
        """Set when a transaction ended nobody knows how: the process must restore."""
        self.alive_at = time.monotonic()

    # The assignment's side.

    @property
    def epoch(self) -> int:
        """The number of the assignment under which work is taken."""
        return self._epoch

    @property
    def offsets(self) -> Mapping[Position, int]:
        """The next offset to handle of every owned partition, as committed."""
        return self._offsets

    def open(self, offsets: Mapping[Position, int], group: object) -> None:
        """Take work from here on, for exactly these partitions. `offsets` must not be empty."""
        if not offsets:
            raise ValueError("an assignment without partitions has nothing to commit")
        self._epoch += 1
        self._offsets = dict(offsets)
        self._group = group
        self._open = True

    async def shut(self, finish_seconds: float) -> None:
        """Take no more work, drop what waits, let the open transaction end."""
        self._open = False
        self._epoch += 1
        for work in await self._queue.clear():
            self._finish(work, OutletClosedError("the partitions are gone"))
        if not await self.is_quiet(finish_seconds):
            log.warning("the open transaction did not end in %.0f s", finish_seconds)

    async def is_quiet(self, within_seconds: float) -> bool:
        """Whether no transaction is under way, now or soon: what is read before that may be another assignment's."""
        try:
            await asyncio.wait_for(self._idle.wait(), within_seconds)
        except TimeoutError:
            return False
        return True

    async def drain(self, seconds: float) -> None:
        """Commit what waits, as far as the time allows."""
        waiting = [work.done for works in self._pending.values() for work in works]
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)

    def replace_producer(self, producer: KafkaProducer) -> None:
        """Go on with another producer, after the last one lost track."""
        self._producer = producer
        self.lost_track.clear()

    @property
    def waiting_bytes(self) -> int:
        """What waits to be committed."""
        return self._queue.size_bytes

    @property
    def waiting(self) -> int:
        """How many batches and handled messages wait to be committed."""
        return len(self._queue)

    # The engine's side.

    def state(self, connection_id: str) -> ConnectionState | None:
        """The committed state of a connection that this worker owns."""
        return self._store.get(connection_id) if self._open else None

    async def put(self, connection_id: str, batch: Batch, *, bulk: bool = False) -> None:
        """Hand a batch over; waits for room. Records too large to travel go to the object store first."""
        self._raise_broken(connection_id)
        batch = await self._claim_check.apply(batch)
        await self._queue.wait_for_room()
        self._raise_broken(connection_id)
        if not self._open:
            raise OutletClosedError("the partitions are gone")
        work = Work(self._epoch, _future(), connection_id, batch, is_bulk=bulk)
        self._pending.setdefault(connection_id, set()).add(work)
        self._queue.add(work)

    async def settle(self, connection_id: str, *, changes_only: bool = False) -> None:
        """Wait until everything handed over for the connection is committed, or has failed.

        Not what is handed over meanwhile: that may never end. With `changes_only`, not what was handed over as bulk.
        """
        pending = self._pending.get(connection_id, ())
        waited_for = [work.done for work in pending if not (changes_only and work.is_bulk)]
        if waited_for:
            await asyncio.wait(waited_for)
        self._raise_broken(connection_id)
        if not self._open:
            raise OutletClosedError("the partitions are gone")

    def _raise_broken(self, connection_id: str) -> None:
        if connection_id in self._broken and not self._pending.get(connection_id):
            raise self._broken.pop(connection_id)

    # The intake's side.

    def handle(
        self,
        position: Position,
        following: int,
        *,
        connection_id: str | None = None,
        batch: Batch | None = None,
        messages: Sequence[OutboundMessage] = (),
        notices: Sequence[Notice] = (),
        traceparent: str | None = None,
    ) -> asyncio.Future[None]:
        """Commit a handled message's offset together with what it led to; `traceparent` goes with `notices`."""
        work = Work(
            self._epoch,
            _future(),
            connection_id,
            batch,
            tuple(messages),
            tuple(notices),
            (position, following),
            traceparent,
        )
        return self._take(work)

    def tell(self, notices: Sequence[Notice]) -> asyncio.Future[None]:
        """Commit notices that belong to no batch and no message; they need not be of connections owned here."""
        return self._take(Work(self._epoch, _future(), notices=tuple(notices)))

    async def tell_alone(self, notices: Sequence[Notice]) -> None:
        """Commit such notices at the end of the process, whether any partitions are left or not.

        Raises `BatchRefusedError` (sure: nothing was written) or `OutcomeUnknownError`.
        """
        try:
            await self._producer.transact_alone([self._builder.notice(notice) for notice in notices])
        except TransactionAbortedError as error:
            raise BatchRefusedError(str(error)) from error
        except TransactionUncertainError as error:
            raise OutcomeUnknownError(str(error)) from error

    def _take(self, work: Work) -> asyncio.Future[None]:
        if self._open:
            self._queue.add(work)
        else:
            work.fail(OutletClosedError("the partitions are gone"))
        return work.done

    async def commit_offsets(self) -> None:
        """Commit the offsets as they are: a new group's start is then fixed, and a stale member is found out."""
        work = Work(self._epoch, _future())
        self._queue.add(work)
        await work.done

    # The loop.

    async def run(self) -> None:
        """Commit what comes, until cancelled."""
        while True:
            self.alive_at = time.monotonic()
            if not await self._queue.wait_for_work(IDLE_SECONDS):
                continue
            await self._linger()
            works = await self._queue.take(self._settings.transaction_bytes)
            self._idle.clear()
            try:
                await self._commit(works)
            finally:
                self._idle.set()

    async def _linger(self) -> None:
        """Wait a moment for company, unless there is enough already."""
        deadline = time.monotonic() + self._settings.linger_seconds
        while self._queue.size_bytes < self._settings.transaction_bytes:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.005))

    async def _commit(self, works: Sequence[Work], *, alone: bool = False) -> None:
        """Commit works, whatever it takes; each of them is told how it ended."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            current = self._current(works)
            if not current:
                return None
            epoch = self._epoch
            transaction = fold(current, self._offsets, self._store, self._builder, self._broken.__contains__)
            self._drop_stale(transaction)
            try:
                started = time.monotonic()
                await self._producer.transact(transaction.messages, transaction.offsets, self._group)
                self._observer.seconds(time.monotonic() - started)
            except TransactionAbortedError as error:
                self.alive_at = time.monotonic()
                if error.fenced_group:
                    log.warning("the group has moved on: %s", error)
                    return await self._give_up(transaction.works, epoch)
                if error.failures:
                    return await self._isolate(transaction, error, alone=alone)
                log.warning("transaction aborted (attempt %d): %s", attempt, error)
                await asyncio.sleep(0.05 * 2**attempt)
            except TransactionUncertainError as error:
                log.error("lost track of a transaction: %s", error)  # the cause is in the text
                return await self._lose_track(transaction.works)
            else:
                return self._accept(transaction, epoch)
        return await self._lose_track(works)

    def _current(self, works: Sequence[Work]) -> list[Work]:
        """Works of this assignment; the others are dropped."""
        for work in works:
            if work.epoch != self._epoch or not self._open:
                self._finish(work, OutletClosedError("the partitions are gone"))
        return [work for work in works if not work.done.done()]

    def _accept(self, transaction: Transaction, epoch: int) -> None:
        self.alive_at = time.monotonic()
        if epoch == self._epoch:  # else the store is another assignment's already
            for state in transaction.states.values():
                self._store.commit(state)
            self._offsets = transaction.offsets
        for work in transaction.works:
            self._finish(work)
        self._observer.committed(transaction.works)

    def _drop_stale(self, transaction: Transaction) -> None:
        for work in transaction.stale:
            if work.connection_id is not None:
                self._broken.setdefault(work.connection_id, BatchDroppedError("the state has moved on"))
            self._finish(work, BatchDroppedError("the state has moved on"))

    async def _give_up(self, works: Sequence[Work], epoch: int) -> None:
        """Drop works, and everything that waits with them unless it is of a later assignment."""
        dropped = list(works)
        if epoch == self._epoch:
            self._open = False
            dropped += await self._queue.clear()
        for work in dropped:
            self._finish(work, OutletClosedError("the partitions are gone"))

    async def _lose_track(self, works: Sequence[Work]) -> None:
        for work in works:
            self._finish(work, OutcomeUnknownError("nobody knows how the transaction ended"))
        await self._give_up((), self._epoch)
        self.lost_track.set()

    def _finish(self, work: Work, error: Exception | None = None) -> None:
        pending = self._pending.get(work.connection_id or "")
        if pending is not None:
            pending.discard(work)
            if not pending:
                del self._pending[work.connection_id or ""]
        if error is None:
            work.succeed()
        else:
            work.fail(error)

    # Refused messages.

    async def _isolate(self, transaction: Transaction, error: TransactionAbortedError, *, alone: bool) -> None:
        """Let the others go on, then commit the suspects one by one."""
        log.warning("a message was refused: %s", error)
        if alone and len(transaction.works) == 1:
            return await self._mend(transaction.works[0], error)
        suspects = _suspects(transaction.works, error)
        others = [work for work in transaction.works if work not in suspects]
        if others:
            await self._commit(others)
        for work in transaction.works:
            if work in suspects:
                await self._commit([work], alone=True)
        return None

    async def _mend(self, work: Work, error: TransactionAbortedError) -> None:
        """Replace what the cluster refuses by error records; what cannot be mended fails, alone."""
        first = error.failures[0]
        batch = work.batch
        refused = await self._refused(work, batch) if batch is not None else []
        if work.done.done():  # the search lost track of a transaction, and everything with it was given up
            return None
        reason = f"{first.topic} refused it: {first.message}"
        if batch is not None and refused:
            kept = [record for record in batch.records if record not in refused]
            errors = [self._refusal(work, reason, record) for record in refused]
            work.batch = replace(batch, patch=incomplete(batch.patch), records=kept, notices=[*batch.notices, *errors])
            await self._commit([work])
            if work.handled is None and work.connection_id is not None:
                # What follows was made believing that nothing is missing.
                self._broken.setdefault(work.connection_id, BatchDroppedError("records were refused"))
            return None
        if (stored := await self._store_dead_letters(work)) is not None:
            work.messages = stored
            return await self._commit([work])
        if work.handled is not None and (work.messages or batch is not None):
            # What the message led to cannot be written; its partition goes on, and operators are told.
            work.messages, work.batch, work.notices = (), None, (self._refusal(work, reason),)
            return await self._commit([work])
        failure = BatchRefusedError(reason)
        if work.connection_id is not None:
            self._broken[work.connection_id] = failure
        self._finish(work, failure)
        return None

    async def _store_dead_letters(self, work: Work) -> tuple[OutboundMessage, ...] | None:
        """Dead letters that are too large, by claim check; None when there are none, or they cannot be stored."""
        dead = [message for message in work.messages if message.topic.endswith(DEAD_LETTERS) and message.value]
        if not dead or any(name == STORED_AT for message in dead for name, _ in message.headers):
            return None
        try:
            return tuple([await self._claim_check.dead_letter(message) for message in dead])
        except RetryableError as error:
            log.warning("a dead letter could not be stored: %s", error)
            return None

    async def _refused(self, work: Work, batch: Batch) -> list[OutRecord]:
        """Find the records that the cluster refuses, by halves."""

        async def search(records: Sequence[OutRecord]) -> list[OutRecord]:
            messages = self._builder.records(work.connection_id or "", records, batch.records_partition, None)
            if not records or await self._producer.probe(messages):
                return []
            if len(records) == 1:
                return list(records)
            half = len(records) // 2
            return [*await search(records[:half]), *await search(records[half:])]

        try:
            return await search(batch.records)
        except TransactionUncertainError:
            await self._lose_track([work])
            return []

    def _refusal(self, work: Work, reason: str, record: OutRecord | None = None) -> ErrorRecord:
        return ErrorRecord(
            message_id=None,
            integration_connection_id=work.connection_id,
            occurred_at=self._now(),
            stage="commit",
            code="record_refused",
            retryable=False,
            message=reason,
            resource_type=record.resource_type if record else None,
            resource_id=record.resource_id if record else None,
        )


def _suspects(works: Sequence[Work], error: TransactionAbortedError) -> list[Work]:
    """The works that a refused message may belong to: by its key, which is the connection's; else all."""
    keys: set[Any] = {failure.key for failure in error.failures}
    connections = {_connection(key) for key in keys if key is not None}
    found = [
        work
        for work in works
        if work.connection_id in connections or any(message.key in keys for message in work.messages)
    ]
    return found or list(works)


def _connection(key: bytes) -> str:
    """A record's key is the connection; a state's begins with it."""
    try:
        return parse_key(key)[0]
    except UnreadableStateError:
        return key.decode(errors="replace")


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()
