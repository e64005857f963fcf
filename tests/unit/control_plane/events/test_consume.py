"""The consumer on a broker: where it starts, how it shares, what it survives."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from tests.support.control_plane.consuming import DEADLINE_SECONDS, consuming, until
from tests.support.control_plane.context import ManualTime, make_settings
from tests.support.control_plane.databases import url_of
from tests.support.control_plane.worker_words import all_of, connection, error, of_corpus, populate

from clustera_toolkit.kafka import EmbeddedBroker, KafkaProducer, OutboundMessage
from drive_control_plane.clock import Clock
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Database
from drive_control_plane.database.tables import AppliedOffset, MinuteCount, RecentError
from drive_control_plane.kafka_contact import KafkaContact
from google_drive_worker.schemas.event import EventName as Name


class Worker:
    """Writes events and errors of its connections, each of a moment of its own."""

    def __init__(self, producer: KafkaProducer, settings: ControlPlaneSettings) -> None:
        self._producer = producer
        self._settings = settings
        self._seconds = itertools.count(1)
        self.changes = self.errors = 0

    async def work(self, times: int, connections: int = 8) -> None:
        """One change and one error of each connection, so many times."""
        messages = []
        for name in [f"conn_{number}" for number in range(connections)] * times:
            second = next(self._seconds)
            page = of_corpus(Name.CHANGES_APPLIED, second, connection=name, count=1)
            messages += [self._event(name, page), self._error(name, error(second, connection=name))]
        self.changes += times * connections
        self.errors += times * connections
        await self._producer.send(messages)

    async def babble(self) -> None:
        """Something that is no event, in every partition."""
        topic = self._settings.kafka_topic_events
        await self._producer.send([OutboundMessage(topic, None, b"{", partition=number) for number in range(4)])

    def _event(self, name: str, value: bytes) -> OutboundMessage:
        return OutboundMessage(self._settings.kafka_topic_events, name.encode(), value)

    def _error(self, name: str, value: bytes) -> OutboundMessage:
        return OutboundMessage(self._settings.kafka_topic_errors, name.encode(), value)


@pytest.fixture
def settings(embedded_broker: EmbeddedBroker, topic_names: Callable[[str], str]) -> ControlPlaneSettings:
    names = {f"kafka_topic_{kind}": topic_names(kind) for kind in ("events", "errors")}
    embedded_broker.create_topics(names.values())
    return make_settings(
        kafka_bootstrap_servers=embedded_broker.bootstrap_servers, kafka_consumer_group_id=topic_names("group"), **names
    )


@pytest.fixture
async def worker(settings: ControlPlaneSettings) -> AsyncIterator[Worker]:
    producer = KafkaProducer(settings.kafka_bootstrap_servers)
    await producer.start()
    yield Worker(producer, settings)
    await producer.close()


@pytest.fixture
async def known(database: Database) -> Database:
    await populate(database, *[connection(f"conn_{number}") for number in range(8)])
    return database


async def counted(database: Database) -> tuple[int, int]:
    """All changes and errors that were applied."""
    minutes = await all_of(database, MinuteCount)
    return sum(row.changes for row in minutes), sum(row.errors for row in minutes)


def has_all(worker: Worker, database: Database) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return await counted(database) >= (worker.changes, worker.errors)

    return holds


async def test_what_the_worker_writes_is_applied(
    worker: Worker, settings: ControlPlaneSettings, known: Database
) -> None:
    """Both topics, all partitions, what was there before and what comes later; nonsense in between is passed over."""
    await worker.work(5)
    async with consuming(settings, known) as applier:
        await until(has_all(worker, known))
        await worker.babble()
        await worker.work(5)
        await until(has_all(worker, known))
    assert await counted(known) == (80, 80)
    assert {row.count for row in await all_of(known, RecentError)} == {10}
    assert applier.outcomes == {"applied": 160, "unreadable": 4}


async def test_a_restart_goes_on_where_the_database_is(
    worker: Worker, settings: ControlPlaneSettings, known: Database
) -> None:
    """Nothing is committed to the group, and nothing is applied again."""
    for _ in range(3):
        await worker.work(3)
        async with consuming(settings, known) as applier:
            await until(has_all(worker, known))
        assert applier.outcomes == {"applied": 48}
    assert await counted(known) == (72, 72)


async def test_replicas_share_the_partitions(
    worker: Worker, settings: ControlPlaneSettings, databases: Database
) -> None:
    """Two of one group; one of them ends in the middle, and the other takes over what it leaves."""
    known, other = databases, Database(url_of(databases))
    await populate(known, *[connection(f"conn_{number}") for number in range(8)])
    async with consuming(settings, known):
        async with consuming(settings, other):
            for _ in range(10):
                await worker.work(2)
            await until(has_all(worker, known))
            await worker.work(20)
        await worker.work(2)
        await until(has_all(worker, known))
    await other.close()
    assert await counted(known) == (worker.changes, worker.errors)


async def test_a_topic_that_was_made_anew_counts_from_nothing(
    worker: Worker, settings: ControlPlaneSettings, known: Database
) -> None:
    """Offsets of a topic of the same name that is no more say nothing; nor do offsets behind the end."""
    async with known.transaction() as session:
        for partition in range(4):
            former = {"partition": partition, "following": 1_000_000}
            session.add(AppliedOffset(topic=settings.kafka_topic_events, topic_id="of the former", **former))
            session.add(AppliedOffset(topic=settings.kafka_topic_errors, topic_id="", **former))
    await worker.work(3)
    async with consuming(settings, known):
        await until(has_all(worker, known))
    assert await counted(known) == (24, 24)


async def test_a_database_that_is_away_is_waited_for(
    worker: Worker, settings: ControlPlaneSettings, known: Database, tmp_path: Path
) -> None:
    """It tries again with growing waits, and nothing is lost when the database comes back."""
    waits: list[float] = []
    back = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            back.set()
        await asyncio.sleep(0)

    away = Database(f"sqlite:///{tmp_path / 'nowhere' / 'database.sqlite'}")
    await worker.work(2)
    async with consuming(settings, away, Clock(sleep=sleep)):
        await asyncio.wait_for(back.wait(), DEADLINE_SECONDS)
        (tmp_path / "nowhere").symlink_to(tmp_path, target_is_directory=True)
        await until(has_all(worker, known))
    await away.close()
    assert waits[:4] == [0.5, 1.0, 2.0, 4.0]
    assert await counted(known) == (16, 16)


async def test_whether_events_can_be_read_is_known(
    settings: ControlPlaneSettings, known: Database, tmp_path: Path
) -> None:
    """A reader that cannot begin is silent; one that has nothing to read is not, however long."""
    time, failed = ManualTime(), asyncio.Event()
    contact = KafkaContact(lambda: time.now)

    async def sleep(_: float) -> None:
        failed.set()
        await asyncio.sleep(0)

    async def reads() -> bool:
        return contact.reads

    away = Database(f"sqlite:///{tmp_path / 'nowhere' / 'database.sqlite'}")
    async with consuming(settings, away, Clock(now=lambda: time.now, sleep=sleep), contact):
        await asyncio.wait_for(failed.wait(), DEADLINE_SECONDS)
        time.advance(seconds=100)
        assert (contact.reads, contact.silent_seconds) == (False, 100.0)
        (tmp_path / "nowhere").symlink_to(tmp_path, target_is_directory=True)
        for _ in range(3):
            await until(reads)
            time.advance(seconds=100)
    await away.close()
    assert await all_of(known, MinuteCount) == []
