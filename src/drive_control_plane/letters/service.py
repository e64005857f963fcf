"""A connection's dead letters: read from Kafka when somebody looks, and sent again when somebody says so.

In: a context, a tenant (nobody sees another one's), plain values. Out: views, or a `Problem`. Nothing of a letter is
kept in the database; whoever sends one again has an entry in the audit log.
"""

import asyncio
from collections.abc import Collection, Sequence

from clustera_toolkit.dead_letters import Letter, LetterId, NewestLetters, Shelf
from clustera_toolkit.kafka import Bounds, KafkaClientError
from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections.lookup import refuse_ended, visible
from drive_control_plane.context import Context
from drive_control_plane.http.problems import Problem
from drive_control_plane.kafka.shared_reads import READ_SECONDS, SharedReads, in_words
from drive_control_plane.letters.views import LetterPage, page_of

MOST_LETTERS = 1_000
MOST_LOOKED_AT = 20_000
"""Messages of each partition."""
MOST_BYTES = 8 * 1024 * 1024
"""Of letters held at once, of each partition."""
MOST_AT_ONCE = 100
"""Letters sent again by one request."""
ACKNOWLEDGED_SECONDS = 5.0
SEND_SECONDS = 10.0
"""For all of a request."""
TURN_SECONDS = 10.0

BOUNDS = Bounds(MOST_LETTERS, MOST_LOOKED_AT, MOST_BYTES, open_seconds=0)


class Outcome:
    """What became of letters that were to be sent again."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.problems: dict[str, str] = {}
        self.left = 0
        """So many more wait; another request sends them."""

    def note(self, letter: Letter, problem: str | None) -> None:
        """Take word of one."""
        if problem is None:
            self.sent.append(str(letter.id))
        else:
            self.problems[str(letter.id)] = problem


class Letters:
    """All connections' dead letters; one of it a process. Close it at the end."""

    def __init__(self, context: Context, bounds: Bounds = BOUNDS) -> None:
        settings = context.settings
        topics = [f"{topic}.dlq" for topic in (settings.kafka_topic_trigger, settings.kafka_topic_webhook)]
        self._shelf = Shelf(
            settings.kafka_bootstrap_servers, topics, settings.kafka_connection, READ_SECONDS, ACKNOWLEDGED_SECONDS
        )
        self._context = context
        self._bounds = bounds
        self._pages: SharedReads[LetterPage] = SharedReads(context.clock)
        self._turn = asyncio.Lock()

    async def page(self, tenant_id: str, connection_id: str) -> LetterPage:
        """The newest letters, a few seconds old at most. Raises `Problem` 404, `ReadError`."""
        connection = await visible(self._context, tenant_id, connection_id)
        return await self._pages.get(connection.id, connection.updated_at, lambda: self._read(connection.id))

    async def replay(self, actor: Actor, tenant_id: str, connection_id: str, ids: Collection[str] | None) -> Outcome:
        """Send letters again, oldest first: those named, or (None) all that wait. Raises `Problem`.

        One after the other in this process: who presses a button twice sends a letter once.
        """
        connection = await visible(self._context, tenant_id, connection_id)
        refuse_ended(connection.status)
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise Problem(503, "kafka_unavailable", "Other letters are being sent. Try again shortly.") from None
        try:
            return await self._replay(actor, tenant_id, connection.id, ids)
        finally:
            self._turn.release()
            self._pages.forget(connection.id)

    async def close(self) -> None:
        """End what is being read."""
        await self._pages.close()

    async def _read(self, connection_id: str) -> LetterPage:
        return page_of(await self._shelf.newest(connection_id, self._bounds))

    async def _replay(self, actor: Actor, tenant_id: str, connection_id: str, ids: Collection[str] | None) -> Outcome:
        try:
            newest = await self._shelf.newest(connection_id, self._bounds)
        except KafkaClientError as error:
            raise Problem(503, "kafka_unavailable", in_words(error)) from None
        chosen = _waiting(newest) if ids is None else _named(newest, ids)
        outcome = Outcome()
        outcome.left = max(0, len(chosen) - MOST_AT_ONCE)
        if chosen:
            await self._send(actor, tenant_id, connection_id, chosen[:MOST_AT_ONCE], outcome)
        return outcome

    async def _send(
        self, actor: Actor, tenant_id: str, connection_id: str, letters: Sequence[Letter], outcome: Outcome
    ) -> None:
        """Send, then write the entry that tells of it: what was sent is told, also when some was not.

        Nobody waits for the database while Kafka is waited for.
        """
        failure: KafkaClientError | TimeoutError | None = None
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._shelf.replay(None, letters, outcome.note)
        except (KafkaClientError, TimeoutError) as error:
            failure = error
        if outcome.sent:
            async with self._context.database.transaction() as session:
                record(
                    session, self._context.clock.now(), actor, "dead_letters.replayed", connection_id,
                    tenant_id=tenant_id, letters=outcome.sent,
                )  # fmt: skip
        if failure is not None:
            told = f"{len(outcome.sent)} of {len(letters)} were sent again. {in_words(failure)}"
            raise Problem(503, "kafka_unavailable", told)


def _waiting(newest: NewestLetters) -> list[Letter]:
    """All that wait, once it is sure that these are all: a later one must not come before an earlier one."""
    if not newest.is_whole:
        raise Problem(
            409,
            "too_many_dead_letters",
            "There are more letters than can be sent in their order from here: choose some, or use "
            "google-drive-worker dlq replay --connection.",
        )
    return [letter for letter in newest.letters if not letter.replayed]


def _named(newest: NewestLetters, ids: Collection[str]) -> list[Letter]:
    """Those named, in their order. Raises `Problem` 404 when one of them is not among the connection's newest."""
    try:
        wanted = {LetterId.parse(each) for each in ids}
    except ValueError as error:
        raise Problem(422, "invalid_letter_id", f"{error}; one looks like topic.dlq:0:17.") from None
    found = [letter for letter in newest.letters if letter.id in wanted]
    if missing := wanted - {letter.id for letter in found}:
        raise Problem(404, "dead_letter_not_found", f"This connection has no dead letter {min(missing)}.")
    return found
