"""Reads of Kafka that pages ask for: one for all who ask at the same moment, kept for seconds, so many at once.

In: what is read, as of when, and how. Out: the answer, or `ReadError` with words for whoever looks at the page. What
is kept is small (whoever reads makes it so) and of so many things only; what was asked for longest ago goes first.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from clustera_toolkit.kafka import DeadlineError, KafkaClientError, TopicError
from drive_control_plane.clock import Clock

Answer = TypeVar("Answer")

KEPT = timedelta(seconds=5)
MOST_KEPT = 200
MOST_AT_ONCE = 3
READ_SECONDS = 4.0
"""What a read may take of itself."""
WAIT_SECONDS = 8.0
"""What it may take with the wait for its turn."""

AWAY = "Kafka does not answer just now. What is here is read from it, and appears once it does."


class ReadError(Exception):
    """Kafka could not be read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class _Read(Generic[Answer]):
    as_of: Hashable
    good_until: datetime
    task: asyncio.Task[Answer]

    def is_good(self, as_of: Hashable, now: datetime) -> bool:
        return self.as_of == as_of and (not self.task.done() or now < self.good_until)


class SharedReads(Generic[Answer]):
    """One kind of reads. Close it at the end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reads: OrderedDict[str, _Read[Answer]] = OrderedDict()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def get(self, name: str, as_of: Hashable, read: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer for a name: one of these seconds, and as of the same moment. Raises `ReadError`.

        `as_of` is whatever is another one once there is something new; failures are kept as answers are.
        """
        now = self._clock.now()
        known = self._reads.get(name)
        if known is None or not known.is_good(as_of, now):
            task = asyncio.create_task(self._read(read), name=f"kafka read: {name}")
            task.add_done_callback(_look_at)
            known = self._reads[name] = _Read(as_of, now + KEPT, task)
        self._reads.move_to_end(name)
        while len(self._reads) > MOST_KEPT:
            self._reads.popitem(last=False)
        return await asyncio.shield(known.task)  # whoever goes away does not take it from the others

    def forget(self, name: str) -> None:
        """Have it read anew when it is asked for next."""
        self._reads.pop(name, None)

    async def close(self) -> None:
        """End what is under way."""
        tasks = [read.task for read in self._reads.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, read: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            async with asyncio.timeout(WAIT_SECONDS), self._room:
                return await read()
        except (KafkaClientError, TimeoutError) as error:
            raise ReadError(in_words(error)) from error


def in_words(error: KafkaClientError | TimeoutError) -> str:
    """What is wrong with Kafka, for people, and what to do."""
    if isinstance(error, TopicError):
        return (
            f"Kafka cannot be read: {error}. google-drive-worker topics create makes the topics; the control plane's "
            "settings name them, and its Kafka user needs the rights to describe and to read them."
        )
    if isinstance(error, (DeadlineError, TimeoutError)):
        return AWAY
    return f"Kafka cannot be read: {error}. Somebody who runs it has to look at this."


def _look_at(task: "asyncio.Task[Answer]") -> None:
    if not task.cancelled():
        task.exception()  # it may be that nobody stayed for it
