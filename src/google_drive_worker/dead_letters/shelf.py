"""The `.dlq` topics as a shelf: letters found by what they are about, and sent again in their order.

In: topics, what is looked for. Out: letters, oldest first within a connection; messages on the inbound topics again.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, replace

from clustera_toolkit.kafka import InboundMessage, KafkaAdmin, KafkaProducer, Position, read_to_end
from clustera_toolkit.storage import S3Client, StorageError
from google_drive_worker.config import WorkerSettings, dead_letter_topic
from google_drive_worker.dead_letters.letter import Letter, LetterId, marked_by, read_letter

READ_SECONDS = 60.0
SEND_SECONDS = 30.0
MAX_LETTERS = 100_000
LARGEST_LETTER_BYTES = 64 * 1024 * 1024
"""What came in once may be sent again: the inbound topic judges its size, not this client."""


class TooManyLettersError(Exception):
    """More letters match than are held in memory at once; the text says how to narrow the search."""


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


def topics_of(settings: WorkerSettings) -> Sequence[str]:
    """The dead letter topics, one an inbound topic."""
    return [dead_letter_topic(settings.kafka_topic_trigger), dead_letter_topic(settings.kafka_topic_webhook)]


async def find(settings: WorkerSettings, wanted: Wanted) -> list[Letter]:
    """The letters that match, oldest first. Raises `KafkaClientError`, `TooManyLettersError`."""
    found: dict[LetterId, Letter] = {}
    sent_again: set[LetterId] = set()
    async for message in _all(settings):
        if (marked := marked_by(message)) is not None:
            sent_again.add(marked)
        elif (letter := read_letter(message)) is not None and wanted.takes(letter):
            found[letter.id] = letter
        if len(found) > MAX_LETTERS:
            raise TooManyLettersError(
                f"more than {MAX_LETTERS:,} dead letters match; narrow the search with --connection or --reason"
            )
    letters = [replace(letter, replayed=letter.id in sent_again) for letter in found.values()]
    shown = [letter for letter in letters if wanted.replayed or wanted.ids or not letter.replayed]
    return sorted(shown, key=lambda letter: (letter.message.timestamp_ms or 0, letter.id))


async def _all(settings: WorkerSettings) -> AsyncIterator[InboundMessage]:
    client = settings.kafka_client_config
    admin = KafkaAdmin(settings.kafka_bootstrap_servers, config=client)
    places = [
        Position(topic, partition)
        for topic in topics_of(settings)
        for partition in range(await admin.partitions(topic))
    ]
    ends = await admin.ends(places)
    async for chunk in read_to_end(
        settings.kafka_bootstrap_servers, ends, deadline_seconds=READ_SECONDS, config=client
    ):
        for message in chunk:
            yield message


async def value_of(letter: Letter, storage: S3Client) -> bytes | None:
    """The original value, from the object store if it was too large for the topic. Raises `StorageError`."""
    if letter.stored_at is None:
        return letter.message.value
    key = letter.stored_at.removeprefix(storage.url).lstrip("/")
    return await storage.get(key, letter.sha256)


async def replay(
    settings: WorkerSettings,
    storage: S3Client,
    letters: Sequence[Letter],
    told: Callable[[Letter, str | None], None],
) -> int:
    """Send letters again in the order given, one after the other, and mark each; returns how many were sent.

    A letter whose value cannot be fetched stops those of its connection behind it, so that order is kept: `told` hears
    why. A crash between sending and marking leaves a letter that is sent once more, which a worker takes as the same
    wish again. Raises `KafkaClientError`.
    """
    producer = KafkaProducer(
        settings.kafka_bootstrap_servers,
        deadline_seconds=SEND_SECONDS,
        config={"message.max.bytes": LARGEST_LETTER_BYTES, **settings.kafka_client_config},
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


async def _send(producer: KafkaProducer, storage: S3Client, letter: Letter, held_back: set[bytes | None]) -> str | None:
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
