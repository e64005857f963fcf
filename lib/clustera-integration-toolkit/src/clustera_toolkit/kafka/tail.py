"""The end of a partition, read backwards: what came last, without reading all that came before.

In: a place, what is looked for. Out: the newest messages that fit, oldest first, and how many were looked at for them.

Offsets are no count of messages: ends of transactions, what was aborted and what was compacted away have offsets too.
So a window before the end is read forwards, then, unless enough was found, a larger one before it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from threading import Event
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from clustera_toolkit.kafka.consumer import inbound
from clustera_toolkit.kafka.errors import ConsumerFailedError, DeadlineError, TopicError, error_of
from clustera_toolkit.kafka.messages import InboundMessage, Position, client_log

Found = TypeVar("Found")
Result = TypeVar("Result")

FIRST_WINDOW, LARGEST_WINDOW, LEAST_WINDOW = 1_000, 8_000, 100
STEP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Tail(Generic[Found]):
    """What stood at the end of a partition."""

    found: tuple[Found, ...]
    """Oldest first."""
    read: int
    """How many messages were looked at, taken or not."""
    is_whole: bool
    """Whether that is all that the partition has."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """When to stop looking further back."""

    enough: int
    """So many were found; whatever a window holds beyond them is given too."""
    most: int = 5_000
    """Messages looked at, or some more: `LEAST_WINDOW` at most."""
    most_bytes: int = 16 * 1024 * 1024
    """Keys and values of what is found; of more than that the newest are kept."""
    open_seconds: float = 0.3
    """How long open transactions are waited for: who hears of one by another topic may come before its end is here.
    With 0 an empty partition costs no fetch."""


class TailReader:
    """Reads tails until its deadline, all calls into librdkafka in one thread. An async context manager.

    Every method raises `TopicError` (there is no such topic, or this client may not read it), `DeadlineError`,
    `ConsumerFailedError`.
    """

    def __init__(
        self, bootstrap_servers: str, *, deadline_seconds: float, config: Mapping[str, Any] | None = None
    ) -> None:
        self._settings: dict[str, Any] = {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "tail-reader",  # of which it never becomes a member
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 8192,
            "fetch.wait.max.ms": 20,
            "reconnect.backoff.ms": 500,  # each attempt that fails is a line in the log
            **(config or {}),
        }
        self._deadline_seconds = deadline_seconds
        self._deadline = 0.0
        self._ending = Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kafka-tail")
        self._consumer: Consumer | None = None

    async def __aenter__(self) -> Self:
        self._deadline = time.monotonic() + self._deadline_seconds
        self._consumer = await self._run(lambda: Consumer(self._settings, logger=client_log))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close in the thread, after what it is at; whoever waits for the block need not wait for that."""
        self._ending.set()
        self._thread.submit(self._live.close)
        self._thread.shutdown(wait=False)

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has; at least 1."""
        return await self._run(lambda: self._partitions(topic))

    async def read(
        self, place: Position, take: Callable[[InboundMessage], Found | None], bounds: Bounds
    ) -> Tail[Found]:
        """What `take` makes of the newest messages. It is called in another thread; None: that is not looked for.

        When the deadline comes while an older window is read, the newer ones are given, and `is_whole` is false.
        """
        return await self._run(lambda: self._read(place, take, bounds))

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # What follows runs in the reader's thread.

    @property
    def _live(self) -> Consumer:
        if self._consumer is None:
            raise ConsumerFailedError("the reader of tails was not entered")
        return self._consumer

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0 or self._ending.is_set():
            raise DeadlineError(f"Kafka did not answer within {self._deadline_seconds:g} s")
        return left

    def _partitions(self, topic: str) -> int:
        try:
            found = self._live.list_topics(topic, timeout=self._left()).topics[topic]
        except KafkaException as exception:
            raise _failure(error_of(exception), topic) from exception
        if found.error is not None:
            raise _failure(found.error, topic)
        return len(found.partitions)

    def _read(self, place: Position, take: Callable[[InboundMessage], Found | None], bounds: Bounds) -> Tail[Found]:
        start, top = self._limits(place)
        search = _Search(take, bounds, start, top)
        if bounds.open_seconds > 0 or top > start:
            self._window(place, search, bounds.open_seconds or None)
        try:
            while not search.is_over:
                self._window(place, search)
        except DeadlineError:
            search.forget_window()
        return search.tail

    def _limits(self, place: Position) -> tuple[int, int]:
        """The first offset that there is, and the first that is not decided yet."""
        at = TopicPartition(place.topic, place.partition)
        while True:
            try:
                return self._live.get_watermark_offsets(at, timeout=self._left())
            except KafkaException as exception:
                error = error_of(exception)
                if error.code() not in _MOVING:
                    raise _failure(error, place.topic) from exception
            self._ending.wait(STEP_SECONDS)  # a topic that was just made, or whose leader has changed

    def _window(self, place: Position, search: "_Search[Found]", open_seconds: float | None = None) -> None:
        """Read the next window. With `open_seconds` it is the last one: it goes on to what the end is by then."""
        offset = search.begin_window()
        top, gives_up_at = search.top, inf
        self._live.assign([TopicPartition(place.topic, place.partition, offset)])
        while offset < top or open_seconds is not None:
            if (message := self._next(place)) is None:
                if time.monotonic() > gives_up_at:
                    break
                continue
            if open_seconds is not None:
                top, gives_up_at, open_seconds = max(top, self._end(place)), time.monotonic() + open_seconds, None
            offset = message.offset() or 0
            if message.error() is None and offset < top:
                search.look_at(message)
                offset += 1
        search.end_window()

    def _next(self, place: Position) -> Message | None:
        """A message, or word that none follows now; None after a while without. Raises what cannot be mended."""
        message = self._live.poll(min(STEP_SECONDS, self._left()))
        error = None if message is None else message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            return message
        if error.fatal() or error.code() in _FINAL:
            raise _failure(error, place.topic)
        return None  # librdkafka tries again by itself

    def _end(self, place: Position) -> int:
        """The end that the last fetch saw, open transactions included."""
        _, end = self._live.get_watermark_offsets(TopicPartition(place.topic, place.partition), cached=True)
        return end


class _Search(Generic[Found]):
    """What was found so far, window by window backwards, and within each forwards."""

    def __init__(self, take: Callable[[InboundMessage], Found | None], bounds: Bounds, start: int, top: int) -> None:
        self.top = top
        """Where the next window ends."""
        self._take, self._bounds, self._start = take, bounds, start
        self._bottom, self._size = top, min(FIRST_WINDOW, bounds.most)
        self._found: deque[tuple[Found, int]] = deque()
        self._window: deque[tuple[Found, int]] = deque()
        self._read = self._read_in_window = self._bytes = 0
        self._is_full = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be looked at."""
        is_enough = len(self._found) >= self._bounds.enough or self._read >= self._bounds.most
        return is_enough or self._is_full or self.top <= self._start

    @property
    def tail(self) -> Tail[Found]:
        """What was found, of whole windows."""
        found = tuple(each for each, _ in self._found)
        return Tail(found, self._read, is_whole=self.top <= self._start and not self._is_full)

    def begin_window(self) -> int:
        """Where it begins."""
        self._bottom = max(self._start, self.top - self._size)
        return self._bottom

    def look_at(self, message: Message) -> None:
        """Keep it if it is one of those; the oldest of the window make room for it."""
        self._read_in_window += 1
        found = self._take(inbound(message))
        if found is None:
            return
        self._window.append((found, len(message.value() or b"") + len(message.key() or b"")))
        self._bytes += self._window[-1][1]
        while self._bytes > self._bounds.most_bytes and len(self._found) + len(self._window) > 1:
            self._bytes -= self._window.popleft()[1]
            self._is_full = True

    def end_window(self) -> None:
        """Take it to what was found."""
        self._found.extendleft(reversed(self._window))
        self._read += self._read_in_window
        self.top = self._bottom
        self._size = min(2 * self._size, LARGEST_WINDOW, max(self._bounds.most - self._read, LEAST_WINDOW))
        self.forget_window()

    def forget_window(self) -> None:
        """Begin anew; of a window that was not read to its end nothing is told."""
        self._window.clear()
        self._read_in_window = 0


_REFUSED = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED})
_MISSING = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.TOPIC_EXCEPTION,
    }
)
_FINAL = _REFUSED | _MISSING
_MOVING = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})
_AWAY = frozenset({KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE})


def _failure(error: KafkaError, topic: str) -> TopicError | DeadlineError | ConsumerFailedError:
    if error.code() in _REFUSED:
        return TopicError(f"this client may not read the topic {topic}")
    if error.code() in _MISSING:
        return TopicError(f"there is no topic {topic}")
    if error.code() in _AWAY:
        return DeadlineError(f"Kafka did not answer: {error.str()}")
    return ConsumerFailedError(f"{error.name()}: {error.str()}")
