"""The receiver: what becomes of a notification.

In: a `Notification`. Out: an `Outcome`. It is in Kafka, acknowledged, before Google is told that it was taken; while it
cannot be, Google is told to send it again (facts B: after 500, 502, 503 and 504 it does).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from enum import Enum

from prometheus_client import Counter

from drive_control_plane.context import Context, PublishError
from drive_control_plane.security.secrets import is_secret_of
from drive_control_plane.webhooks.journal import Journal, Note
from drive_control_plane.webhooks.known import ChannelsUnavailableError, KnownChannels, Line
from drive_control_plane.webhooks.notification import Notification, message

MAX_AT_ONCE = 256
"""Notifications under way at once: what waits for Kafka and the database stays small, whatever comes in."""

log = logging.getLogger(__name__)


class Outcome(Enum):
    """What became of a notification."""

    PUBLISHED = "published"
    NOTED = "noted"
    """It says what a log has no use for."""
    OLD = "old"
    """The channel has counted further."""
    UNKNOWN = "unknown"
    """No such channel, or not any more."""
    FORGED = "forged"
    """The token or the resource is not the channel's."""
    LATER = "later"
    """It could not be published, or checked; it has to come again."""
    BUSY = "busy"
    """Too many at once; it has to come again."""


class Receiver:
    """Takes notifications of all channels, and counts them by what became of them."""

    def __init__(self, context: Context) -> None:
        self.journal = Journal(context)
        self._outcomes = Counter(
            "drive_control_plane_notifications_total", "Notifications by what became of them", ["outcome"],
            registry=context.registry,
        )  # fmt: skip
        self._context = context
        self._channels = KnownChannels(context, self.journal)
        self._under_way = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write down what comes until the block is left, and the rest at its end."""
        writing = asyncio.create_task(self.journal.run())
        try:
            yield
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await self.journal.flush()
            self._context.registry.unregister(self._outcomes)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """A place for one more while the block runs; False when there is none."""
        if self._under_way >= MAX_AT_ONCE:
            self._outcomes.labels(Outcome.BUSY.value).inc()
            yield False
            return
        self._under_way += 1
        try:
            yield True
        finally:
            self._under_way -= 1

    async def receive(self, notification: Notification) -> Outcome:
        """Deal with one notification."""
        outcome = await self._dealt_with(notification)
        self._outcomes.labels(outcome.value).inc()
        return outcome

    async def _dealt_with(self, notification: Notification) -> Outcome:
        try:
            line = await self._channels.line(notification.channel_id)
        except ChannelsUnavailableError:
            return Outcome.LATER
        if line is None:
            return Outcome.UNKNOWN
        if not _is_from_google(notification, line):
            return Outcome.FORGED
        if notification.number <= line.last_number:
            return Outcome.OLD
        if notification.number in line.sending:
            return Outcome.LATER  # the first of the two may fail yet
        return await self._taken(notification, line)

    async def _taken(self, notification: Notification, line: Line) -> Outcome:
        now = self._context.clock.now()
        if not notification.asks_for_look:
            self._note(notification, line, now)
            return Outcome.NOTED
        line.sending.add(notification.number)
        try:
            await self._publish(notification, line, now)
        except PublishError as error:
            log.warning("a notification is not published, Google has to repeat it: %s", error)
            return Outcome.LATER
        finally:
            line.sending.discard(notification.number)
        self._note(notification, line, now)
        return Outcome.PUBLISHED

    async def _publish(self, notification: Notification, line: Line, now: datetime) -> None:
        value = message(notification, line.connection_id, line.corpus, now)
        await self._context.publisher.publish(self._context.settings.kafka_topic_webhook, line.connection_id, value)

    def _note(self, notification: Notification, line: Line, now: datetime) -> None:
        changed_at = now if notification.tells_change else None
        note = Note(
            line.connection_id, notification.number, now, notification.resource_id, changed_at, not line.was_heard
        )
        line.was_heard = True
        line.last_number = max(line.last_number, notification.number)
        line.resource_id = line.resource_id or notification.resource_id
        self.journal.add(line.channel_id, note)


def _is_from_google(notification: Notification, line: Line) -> bool:
    """Whether it knows the channel's token, and means what the channel watches as far as that is known (facts B)."""
    is_resource = line.resource_id is None or notification.resource_id == line.resource_id
    return is_secret_of(notification.token, line.token_hash) and is_resource
