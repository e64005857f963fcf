"""The `.dlq` topics as a shelf: letters found by what they are about, and sent again in their order.

In: topics, what is looked for. Out: letters, oldest first within a connection; messages on the inbound topics again.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clustera_toolkit.dead_letters.letter import Letter, LetterId, marked_by, read_letter
from clustera_toolkit.kafka import (
    Bounds,
    InboundMessage,
    KafkaAdmin,
    KafkaProducer,
    Position,
    TailReader,
    read_to_end,
)
from clustera_toolkit.storage import S3Client, StorageConfigurationError, StorageError

MAX_LETTERS = 100_000
LARGEST_LETTER_BYTES = 64 * 1024 * 1024
"""What came in once may be sent again: the inbound topic judges its size, not this client."""


class TooManyLettersError(Exception):
    """More letters match than are held in memory at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are looked for; what is not given does not narrow. Those sent again already are left out."""

    ids: Collection[LetterId] = ()
    connection: str | None = None
    reason: str | None = None
    replayed: bool = False

    def takes(self, letter: Letter) -> bool:
        """Whether a letter is looked for, whatever became of it."""
        return (
            (not self.ids or letter.id in self.ids)
            and self.connection in {None, letter.connection}
            and self.reason in {None, letter.reason}
        )


@dataclass(frozen=True, slots=True)
class NewestLetters:
    """Letters from the ends of the topics, oldest first; those sent again are marked, and among them."""

    letters: Sequence[Letter]
    is_whole: bool
    """Whether there are no older ones."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A cluster's dead letter topics, and how long they may keep whoever asks."""

    bootstrap_servers: str
    topics: Sequence[str]
    client_config: Mapping[str, Any] = field(default_factory=dict)
    read_seconds: float = 60.0
    send_seconds: float = 30.0

    async def find(self, wanted: Wanted) -> list[Letter]:
        """All letters that match, oldest first. Raises `KafkaClientError`, `TooManyLettersError`."""
        found: dict[LetterId, Letter] = {}
        marks: dict[LetterId, int | None] = {}
        async for message in self._all():
            if (marked := marked_by(message)) is not None:
                marks[marked] = message.timestamp_ms
            elif (letter := read_letter(message)) is not None and wanted.takes(letter):
                found[letter.id] = letter
            if len(found) > MAX_LETTERS:
                raise TooManyLettersError(f"more than {MAX_LETTERS:,} dead letters match; narrow the search")
        letters = _marked(found.values(), marks)
        return [letter for letter in letters if wanted.replayed or wanted.ids or not letter.replayed]

    async def newest(self, connection: str, bounds: Bounds) -> NewestLetters:
        """A connection's letters from the ends of the topics; `bounds` are each partition's. Raises `KafkaClientError`.

        A mark stands behind its letter in the same partition, so whatever is found is known to be sent again or not.
        """
        key = connection.encode()
        found: list[InboundMessage] = []
        is_whole = True
        reader = TailReader(self.bootstrap_servers, deadline_seconds=self.read_seconds, config=self.client_config)
        async with reader:
            for topic in self.topics:
                for partition in range(await reader.partitions(topic)):
                    tail = await reader.read(Position(topic, partition), lambda m: m if m.key == key else None, bounds)
                    found += tail.found
                    is_whole &= tail.is_whole
        marks = {marked: message.timestamp_ms for message in found if (marked := marked_by(message)) is not None}
        letters = (letter for message in found if (letter := read_letter(message)) is not None)
        return NewestLetters(_marked(letters, marks), is_whole)

    async def replay(
        self, storage: S3Client | None, letters: Sequence[Letter], told: Callable[[Letter, str | None], None]
    ) -> int:
        """Send letters again in the order given, one after the other, and mark each; returns how many were sent.

        A letter whose value cannot be fetched stops those of its connection behind it, so that order is kept: `told`
        hears why. A crash between sending and marking leaves a letter that is sent once more, which a worker takes as
        the same wish again. Raises `KafkaClientError`.
        """
        producer = KafkaProducer(
            self.bootstrap_servers,
            deadline_seconds=self.send_seconds,
            config={"message.max.bytes": LARGEST_LETTER_BYTES, **self.client_config},
        )
        held_back: set[bytes | None] = set()
        sent = 0
        await producer.start()
        try:
            for letter in letters:
                problem = await _send(producer, storage, letter, held_back)
                told(letter, problem)
                sent += problem is None
        finally:
            await producer.close()
        return sent

    async def _all(self) -> AsyncIterator[InboundMessage]:
        admin = KafkaAdmin(self.bootstrap_servers, config=self.client_config)
        places = [
            Position(topic, partition) for topic in self.topics for partition in range(await admin.partitions(topic))
        ]
        ends = await admin.ends(places)
        async for chunk in read_to_end(
            self.bootstrap_servers, ends, deadline_seconds=self.read_seconds, config=self.client_config
        ):
            for message in chunk:
                yield message


async def value_of(letter: Letter, storage: S3Client | None) -> bytes | None:
    """The original value, from the object store if it was too large for the topic. Raises `StorageError`."""
    if letter.stored_at is None:
        return letter.message.value
    if storage is None:
        raise StorageConfigurationError("its content lies in an object store, which this program has no access to")
    key = letter.stored_at.removeprefix(storage.url).lstrip("/")
    return await storage.get(key, letter.sha256)


def _marked(letters: Iterable[Letter], marks: Mapping[LetterId, int | None]) -> list[Letter]:
    """Letters in their order, each told whether it was sent again."""
    known = [replace(each, replayed=each.id in marks, replayed_at_ms=marks.get(each.id)) for each in letters]
    return sorted(known, key=lambda letter: (letter.message.timestamp_ms or 0, letter.id))


async def _send(
    producer: KafkaProducer, storage: S3Client | None, letter: Letter, held_back: set[bytes | None]
) -> str | None:
    if letter.message.key in held_back:
        return "held back: an earlier one of its connection could not be sent"
    try:
        value = await value_of(letter, storage)
    except StorageError as error:
        held_back.add(letter.message.key)
        return str(error)
    await producer.send([letter.again(value)])
    await producer.send([letter.mark()])
    return None
