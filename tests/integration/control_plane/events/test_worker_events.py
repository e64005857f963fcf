"""A worker's own events on Apache Kafka, in its transactions, and what the control plane makes of them."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient
from sqlalchemy import select
from tests.integration.kafka.stack import Stack, running_stack
from tests.support.control_plane.consuming import consuming, until
from tests.support.control_plane.context import make_settings
from tests.support.control_plane.worker_words import all_of, connection, of_corpus, populate

from clustera_toolkit.kafka import TopicSpec
from clustera_toolkit.testing.apache_kafka import ApacheKafka
from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection, Corpus, Job, JobStatus, MinuteCount
from google_drive_worker.config import UNITS_PER_MINUTE_PROJECT
from google_drive_worker.schemas.event import EventName as Name

FILES = 60
CONN = "conn_1"


def settings_for(broker: ApacheKafka, events: str, errors: str) -> ControlPlaneSettings:
    return make_settings(
        kafka_bootstrap_servers=broker.bootstrap_servers,
        kafka_consumer_group_id=f"group-{events}",
        kafka_topic_events=events,
        kafka_topic_errors=errors,
    )


async def counted(database: Database) -> int:
    minutes: list[MinuteCount] = await all_of(database, MinuteCount)
    return sum(row.changes for row in minutes)


def write(broker: ApacheKafka, topic: str, values: list[bytes], *, commit: bool) -> None:
    """One transaction of a producer of its own."""
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "transactional.id": f"tx-{topic}"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value, CONN.encode())
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


async def test_a_worker_is_followed(
    apache_kafka: ApacheKafka, database: Database, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """Its snapshot is a job that is done, with as many files as there are; a change is counted, and a pause seen."""
    await populate(database, connection(CONN, last_run_at=None))
    with running_stack(apache_kafka, tmp_path, topic_names, files=FILES, seed=3) as stack:
        worker = stack.start("r1")
        stack.trigger(CONN, page_size=20)
        settings = settings_for(apache_kafka, stack.topics["events"], stack.topics["errors"])
        async with consuming(settings, database) as applier:
            await _see_the_snapshot(stack, database)
            stack.emulator.control("POST", "world", {"mutations": [{"op": "create", "name": "new.txt"}]})
            stack.trigger(CONN, page_size=20)
            await until(lambda: _is(counted(database), 1))
            stack.trigger(CONN, "pause")
            await until(lambda: _is(_status(database), "paused"))
        assert worker.stop() == 0, worker.tail()
    (known,) = await all_of(database, Connection)
    assert known.last_success_at is not None
    assert (known.consecutive_failures, known.last_change_at <= known.last_success_at) == (0, True)
    assert set(applier.outcomes) == {"applied"}


async def test_what_a_worker_used_is_counted(
    apache_kafka: ApacheKafka, database: Database, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """The minutes of a connection add up to the calls that Drive was asked, their price, and what was written."""
    await populate(database, connection(CONN))
    with running_stack(apache_kafka, tmp_path, topic_names, files=FILES, seed=3) as stack:
        stack.emulator.control("PUT", "quota", {"model": "units"})
        worker, reader = stack.start("r1"), stack.reader()
        stack.trigger(CONN, page_size=20)
        async with consuming(settings_for(apache_kafka, stack.topics["events"], stack.topics["errors"]), database):
            await _see_the_snapshot(stack, database)
            assert worker.stop() == 0, worker.tail()
            calls, units = _asked_of_drive(stack)
            await until(lambda: _is(_used(database), (calls, units, 0, len(reader.records))))
            told = [minute for minute in await all_of(database, MinuteCount) if minute.calls]
            assert {minute.limit_per_minute for minute in told} == {UNITS_PER_MINUTE_PROJECT}
        reader.close()


def _asked_of_drive(stack: Stack) -> tuple[int, int]:
    """Calls and quota units, as the emulator counted them for the project."""
    minutes = [each for each in stack.emulator.control("GET", "quota")["usage"] if each["level"] == "project"]
    return sum(each["allowed"] for each in minutes), sum(each["used"] for each in minutes)


async def _used(database: Database) -> tuple[int, int, int, int]:
    minutes: list[MinuteCount] = await all_of(database, MinuteCount)
    calls, units = sum(row.calls for row in minutes), sum(row.units for row in minutes)
    return calls, units, sum(row.refused for row in minutes), sum(row.records for row in minutes)


async def _see_the_snapshot(stack: Stack, database: Database) -> None:
    async def is_done() -> bool:
        return [job.status for job in await all_of(database, Job)] == [JobStatus.DONE]

    await until(is_done)
    (corpus,), (job,) = await all_of(database, Corpus), await all_of(database, Job)
    assert (corpus.files, corpus.complete, corpus.held) == (len(stack.emulator.ids()), True, None)
    assert sum(job.counts.values()) == corpus.files


async def _status(database: Database) -> str:
    async with database.transaction() as session:
        return str(await session.scalar(select(Connection.status)))


async def _is(found: Awaitable[object], expected: object) -> bool:
    return await found == expected


async def test_an_aborted_transaction_was_never_said(
    apache_kafka: ApacheKafka, database: Database, topic_names: Callable[[str], str]
) -> None:
    """What the worker took back is not applied, and what follows is."""
    events, errors = topic_names("events"), topic_names("errors")
    apache_kafka.create_topics({events: TopicSpec(1), errors: TopicSpec(1)})
    await populate(database)
    write(apache_kafka, events, [of_corpus(Name.CHANGES_APPLIED, 1, count=100)], commit=False)
    write(apache_kafka, events, [of_corpus(Name.CHANGES_APPLIED, 2, count=7)], commit=True)
    async with consuming(settings_for(apache_kafka, events, errors), database):
        await until(lambda: _is(counted(database), 7))


async def test_a_topic_that_was_made_anew_counts_from_nothing(
    apache_kafka: ApacheKafka, database: Database, topic_names: Callable[[str], str]
) -> None:
    """Its offsets are lower than those that were applied, and mean other messages: its id tells."""
    events, errors = topic_names("events"), topic_names("errors")
    apache_kafka.create_topics({events: TopicSpec(1), errors: TopicSpec(1)})
    await populate(database)
    settings = settings_for(apache_kafka, events, errors)
    write(apache_kafka, events, [of_corpus(Name.CHANGES_APPLIED, second, count=1) for second in (1, 2, 3)], commit=True)
    async with consuming(settings, database):
        await until(lambda: _is(counted(database), 3))
    admin = AdminClient({"bootstrap.servers": apache_kafka.bootstrap_servers})
    admin.delete_topics([events], operation_timeout=30)[events].result(30)
    await until(lambda: _is_made(apache_kafka, events))
    write(apache_kafka, events, [of_corpus(Name.CHANGES_APPLIED, 4, count=10)], commit=True)
    async with consuming(settings, database):
        await until(lambda: _is(counted(database), 13))


async def _is_made(broker: ApacheKafka, topic: str) -> bool:
    """Make it, once the former one is gone."""
    try:
        broker.create_topics({topic: TopicSpec(1)})
    except KafkaException:  # the former one is not gone yet
        return False
    return True
