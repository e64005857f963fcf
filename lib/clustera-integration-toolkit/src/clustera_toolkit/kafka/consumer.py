"""Messages in: a member of a consumer group that commits nothing by itself.

In: topics. Out: messages, and news of the assignment (the `AssignmentListener`), both on the event loop.

librdkafka calls back from inside `poll`, in the consumer's own thread. Newly assigned partitions are paused there:
nothing of them is handed out until the listener has restored what belongs to them and says where to start
(`start_at`). Revocation waits for the listener, since what it still has open must end before the partitions go.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from clustera_toolkit.kafka.errors import ConsumerFailedError, DeadlineError, FencedError, error_of
from clustera_toolkit.kafka.messages import InboundMessage, Position, client_log

Result = TypeVar("Result")

log = logging.getLogger(__name__)

COMMITTED_TIMEOUT_SECONDS = 5.0
COMMITTED_RETRY_SECONDS = 0.1
ANSWER_MILLISECONDS = 20_000
"""How long a broker may take for an answer before it is asked again, on another connection.

librdkafka's default is a minute: so long nothing would be read when a broker's machine is gone without a word.
"""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Partitions given to this member, and the group metadata of exactly this generation."""

    partitions: tuple[Position, ...]
    group: object
    number: int
    """Counts this consumer's assignments."""


class AssignmentListener(Protocol):
    """Told of rebalances, on the event loop, while the consumer waits (bounded by `revoke_timeout_seconds`)."""

    async def assigned(self, assignment: Assignment) -> None:
        """Partitions have come; all are paused. To return quickly: restore in the background."""
        ...

    async def revoked(self, partitions: Sequence[Position]) -> None:
        """Partitions go once this returns: end the open transaction, start nothing."""
        ...

    async def lost(self, partitions: Sequence[Position]) -> None:
        """Partitions are gone already, and somebody else may own them: nothing may be committed for them."""
        ...


class KafkaConsumer:
    """An async group member. All calls into librdkafka happen in one thread."""

    def __init__(
        self,
        bootstrap_servers: str,
        group_id: str,
        listener: AssignmentListener,
        *,
        group_instance_id: str | None = None,
        session_timeout_ms: int = 10_000,
        max_poll_interval_ms: int = 300_000,
        revoke_timeout_seconds: float = 8.0,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self._settings: dict[str, Any] = {
            "bootstrap.servers": bootstrap_servers,
            "group.id": group_id,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "socket.timeout.ms": ANSWER_MILLISECONDS,
            "partition.assignment.strategy": "range",
            "session.timeout.ms": session_timeout_ms,
            "heartbeat.interval.ms": max(100, session_timeout_ms // 4),
            "max.poll.interval.ms": max(max_poll_interval_ms, session_timeout_ms),
            "queued.max.messages.kbytes": 8192,
            "topic.metadata.refresh.interval.ms": 10_000,
            "auto.offset.reset": "earliest",
            **(config or {}),
        }
        if group_instance_id is not None:
            self._settings["group.instance.id"] = group_instance_id
        self._listener = listener
        self._revoke_timeout_seconds = revoke_timeout_seconds
        self._assignments = 0
        self._consumer: Consumer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kafka-consumer")

    async def start(self) -> None:
        """Connect, without joining the group yet: `committed` works from here on."""
        self._loop = asyncio.get_running_loop()
        self._consumer = await self._run(lambda: Consumer(self._settings, logger=client_log))

    async def join(self, topics: Sequence[str]) -> None:
        """Join the group; the first assignment arrives in a later `poll`."""
        await self._run(
            lambda: self._live.subscribe(
                list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
            )
        )

    async def poll(self, max_messages: int, timeout_seconds: float) -> list[InboundMessage]:
        """Messages that are there, up to a number; waits for the first. Raises `FencedError`, `ConsumerFailedError`.

        Rebalances happen in here, so it must be called often.
        """
        return await self._run(lambda: self._poll(max_messages, timeout_seconds))

    async def committed(self, partitions: Sequence[Position], deadline_seconds: float) -> dict[Position, int | None]:
        """The group's committed offsets (None: never committed), once no transaction on them is pending.

        A predecessor's open transaction makes them unstable until it ends; its coordinator may be moving. Asks again
        until they are stable. Raises `DeadlineError`.
        """
        asked = [TopicPartition(place.topic, place.partition) for place in partitions]
        deadline = time.monotonic() + deadline_seconds
        while True:
            try:
                return await asyncio.to_thread(self._committed, asked)
            except KafkaException as exception:
                if time.monotonic() > deadline:
                    reason = error_of(exception).str()
                    raise DeadlineError(f"committed offsets were not stable in time: {reason}") from exception
                await asyncio.sleep(COMMITTED_RETRY_SECONDS)

    async def lag(self, offsets: Mapping[Position, int]) -> int:
        """How many messages lie between these offsets and the ends that the last fetches saw."""
        return await self._run(lambda: sum(self._behind(place, offset) for place, offset in offsets.items()))

    async def start_at(self, assignment: Assignment, positions: Mapping[Position, int]) -> bool:
        """Begin (again) to hand out messages of an assignment, from these offsets on; False when it is over."""
        places = [TopicPartition(place.topic, place.partition, offset) for place, offset in positions.items()]
        return await self._run(lambda: self._start_at(assignment, places))

    async def close(self) -> None:
        """Leave the group and end the thread."""
        if self._consumer is not None:
            await self._run(self._live.close)
            self._consumer = None
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _committed(self, asked: list[TopicPartition]) -> dict[Position, int | None]:
        found: dict[Position, int | None] = {}
        for answer in self._live.committed(asked, COMMITTED_TIMEOUT_SECONDS):
            if answer.error is not None:
                raise KafkaException(answer.error)
            found[Position(answer.topic, answer.partition)] = answer.offset if answer.offset >= 0 else None
        return found

    # What follows runs in the consumer's thread.

    @property
    def _live(self) -> Consumer:
        if self._consumer is None:
            raise ConsumerFailedError("the consumer is not started, or closed already")
        return self._consumer

    def _poll(self, max_messages: int, timeout_seconds: float) -> list[InboundMessage]:
        try:
            messages = self._there(max_messages, timeout_seconds)
        except KafkaException as exception:
            raise _failure(error_of(exception)) from exception
        return [inbound(message) for message in messages if not _is_event(message)]

    def _there(self, max_messages: int, timeout_seconds: float) -> list[Message]:
        """Wait for the first message and take what came with it: `consume` alone waits for all, or the whole time."""
        first = self._live.poll(timeout_seconds)
        if first is None:
            return []
        return [first, *self._live.consume(max_messages - 1, 0)] if max_messages > 1 else [first]

    def _behind(self, place: Position, offset: int) -> int:
        at = TopicPartition(place.topic, place.partition)
        _, end = self._live.get_watermark_offsets(at, timeout=1.0, cached=True)
        return max(0, end - offset)

    def _start_at(self, assignment: Assignment, places: list[TopicPartition]) -> bool:
        if assignment.number != self._assignments:
            return False
        self._live.assign(places)
        self._live.resume(places)
        return True

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign(partitions)
        consumer.pause(partitions)
        self._assignments += 1
        assignment = Assignment(_places(partitions), consumer.consumer_group_metadata(), self._assignments)
        self._tell(self._listener.assigned(assignment))

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assignments += 1
        self._tell(self._listener.revoked(_places(partitions)))
        consumer.unassign()

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assignments += 1
        self._tell(self._listener.lost(_places(partitions)))
        consumer.unassign()

    def _tell(self, news: Any) -> None:
        """Run the listener on the loop and wait for it, but not for ever: the group waits for us meanwhile."""
        if self._loop is None or self._loop.is_closed():
            news.close()
            return
        future = asyncio.run_coroutine_threadsafe(news, self._loop)
        try:
            future.result(self._revoke_timeout_seconds)
        except TimeoutError:
            future.cancel()
            log.warning("the assignment listener did not end in time")


def _places(partitions: Sequence[TopicPartition]) -> tuple[Position, ...]:
    return tuple(Position(partition.topic, partition.partition) for partition in partitions)


def _is_event(message: Message) -> bool:
    """Errors arrive between messages. Those that librdkafka mends by itself are logged, the others raised."""
    error = message.error()
    if error is None:
        return False
    if error.fatal() or error.code() in {KafkaError.FENCED_INSTANCE_ID, KafkaError._FATAL}:
        raise _failure(error)
    if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        raise _failure(error)
    log.info("kafka: %s", error.str())
    return True


def _failure(error: KafkaError) -> FencedError | ConsumerFailedError:
    if error.code() == KafkaError.FENCED_INSTANCE_ID or "fenced" in error.str().lower():
        return FencedError(
            "another process has joined the group with this replica's id (WORKER_REPLICA_ID): one of the two must stop"
        )
    return ConsumerFailedError(f"{error.name()}: {error.str()}")


def inbound(message: Message) -> InboundMessage:
    """Take a message out of librdkafka's hands."""
    kind, timestamp = message.timestamp()
    headers = message.headers()
    return InboundMessage(
        message.topic() or "",
        _number(message.partition()),
        _number(message.offset()),
        message.key(),
        message.value(),
        tuple((name, _bytes(data)) for name, data in headers) if isinstance(headers, list) else (),
        timestamp if kind else None,
    )


def _bytes(data: str | bytes | None) -> bytes:
    return data.encode() if isinstance(data, str) else data or b""


def _number(value: int | None) -> int:
    """Narrow the place of a message, which every consumed one has."""
    return -1 if value is None else value
