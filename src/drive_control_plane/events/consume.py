"""Reads the worker's topics and keeps on, whatever happens to Kafka or to the database.

In: `KAFKA_TOPIC_EVENTS` and `KAFKA_TOPIC_ERRORS`, as a member of a group, committed messages only. Out: batches for the
`Applier`. Where to start is what the database says, never what the group has committed; so any failure ends one *life*
of the consumer, and the next one goes on where the last transaction ended.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from clustera_toolkit.kafka import Assignment, KafkaAdmin, KafkaClientError, KafkaConsumer, Position, TopicError
from drive_control_plane.clock import Clock
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Database, DatabaseError, cause_of
from drive_control_plane.events import offsets
from drive_control_plane.events.batch import Applier
from drive_control_plane.kafka_contact import KafkaContact

log = logging.getLogger(__name__)

BATCH = 500
POLL_SECONDS = 1.0
APPLY_SECONDS = 60.0
TOPICS_EVERY = timedelta(minutes=1)
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 30.0
FAILURES = (KafkaClientError, SQLAlchemyError, DatabaseError, OSError, offsets.TopicMadeAnewError)


class EventConsumer:
    """One of the group's members. Several replicas share the partitions."""

    def __init__(
        self,
        settings: ControlPlaneSettings,
        database: Database,
        clock: Clock,
        applier: Applier,
        session_timeout_ms: int = 10_000,
        contact: KafkaContact | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._applier = applier
        self._session_timeout_ms = session_timeout_ms
        self._topics = (settings.kafka_topic_events, settings.kafka_topic_errors)
        self._wait_seconds = FIRST_WAIT_SECONDS
        self._contact = contact or KafkaContact(clock.now)

    async def run(self) -> None:
        """Go on until cancelled."""
        self._contact.heard(self._clock.now())
        while True:
            try:
                await self._database.check()
                await self._live()
            except FAILURES as error:
                why = cause_of(error) if isinstance(error, SQLAlchemyError) else error
                log.warning("the worker's events are not read: %s", why, extra={"again_in": self._wait_seconds})
            except Exception:
                log.exception("the worker's events are not read, by a defect of this program")
            await self._clock.sleep(self._wait_seconds)
            self._wait_seconds = min(2 * self._wait_seconds, LONGEST_WAIT_SECONDS)

    async def _live(self) -> None:
        admin = KafkaAdmin(self._settings.kafka_bootstrap_servers, config=self._settings.kafka_connection)
        assigned = _Assigned()
        consumer = KafkaConsumer(
            self._settings.kafka_bootstrap_servers,
            self._settings.kafka_consumer_group_id,
            assigned,
            session_timeout_ms=self._session_timeout_ms,
            config=self._settings.kafka_connection,
        )
        life = _Life(admin, consumer, assigned, self._database, self._topics)
        try:
            await consumer.start()
            await life.begin(self._clock.now())
            while True:
                await self._step(life)
        finally:
            await consumer.close()

    async def _step(self, life: "_Life") -> None:
        await life.check(self._clock.now())
        messages = await life.consumer.poll(BATCH, POLL_SECONDS)
        await life.take_over()
        if (answered_at := life.answered_at) is not None:
            self._contact.heard(answered_at)
        if messages:
            self._contact.heard(self._clock.now())
            async with asyncio.timeout(APPLY_SECONDS):
                await self._applier.apply(messages, life.topic_ids)
            self._wait_seconds = FIRST_WAIT_SECONDS


class _Assigned:
    """Remembers what the group gave, until the loop takes it over. Nothing of ours is under way during a poll."""

    def __init__(self) -> None:
        self.new: Assignment | None = None
        self.is_member = False
        """Whether the group has given this one its share, which may be nothing."""

    async def assigned(self, assignment: Assignment) -> None:
        self.new, self.is_member = assignment, True

    async def revoked(self, partitions: Sequence[Position]) -> None:
        log.info("partitions go to another replica", extra={"partitions": len(partitions)})
        self.new, self.is_member = None, False

    async def lost(self, partitions: Sequence[Position]) -> None:
        await self.revoked(partitions)


class _Life:
    """A consumer from its start to its first failure."""

    def __init__(
        self,
        admin: KafkaAdmin,
        consumer: KafkaConsumer,
        assigned: _Assigned,
        database: Database,
        topics: Sequence[str],
    ) -> None:
        self.consumer = consumer
        self.topic_ids: dict[str, str] = {}
        self._admin = admin
        self._assigned = assigned
        self._database = database
        self._topics = topics
        self._checked_at: datetime | None = None

    @property
    def answered_at(self) -> datetime | None:
        """When Kafka last said that all is there that this member reads; None while it is none."""
        return self._checked_at if self._assigned.is_member else None

    async def begin(self, now: datetime) -> None:
        """Join the group. Raises `TopicError` when a topic is not there."""
        self.topic_ids = await self._ask()
        self._checked_at = now
        await self.consumer.join(self._topics)

    async def check(self, now: datetime) -> None:
        """See now and then that the topics are still those. Raises `TopicMadeAnewError`."""
        if self._checked_at is not None and now - self._checked_at < TOPICS_EVERY:
            return
        if await self._ask() != self.topic_ids:
            raise offsets.TopicMadeAnewError("a topic was made anew")
        self._checked_at = now

    async def take_over(self) -> None:
        """Begin with newly assigned partitions where the database says."""
        assignment, self._assigned.new = self._assigned.new, None
        if assignment is None or not assignment.partitions:
            return
        ends = await self._admin.ends(assignment.partitions)
        async with asyncio.timeout(APPLY_SECONDS), self._database.transaction() as session:
            positions = await offsets.begin(session, assignment.partitions, self.topic_ids, ends)
        await self.consumer.start_at(assignment, positions)

    async def _ask(self) -> dict[str, str]:
        found = {topic: await self._admin.describe(topic) for topic in self._topics}
        missing = [topic for topic, info in found.items() if info is None]
        if missing:
            raise TopicError(f"{', '.join(missing)} missing: run `google-drive-worker topics create`")
        return {topic: info.topic_id for topic, info in found.items() if info is not None}
