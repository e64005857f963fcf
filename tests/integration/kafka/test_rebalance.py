"""P2 while partitions move: workers join, leave, freeze; triggers in foreign partitions; a topic that grows."""

import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions
from tests.integration.kafka.stack import SHARDS, Reader, Stack, connection_of_shard, running_stack

from clustera_toolkit.testing.apache_kafka import ApacheKafka

DYING_WORKER = str(Path(__file__).with_name("dying_worker.py"))
CONNECTIONS = [connection_of_shard(number % SHARDS) + f"_{number}" for number in range(20)]


@pytest.mark.timeout(240)
def test_workers_join_and_leave_during_twenty_syncs(
    apache_kafka: ApacheKafka, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """P2: one worker joins and one leaves while 20 connections sync: each file once a connection."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    files = 1_000
    with running_stack(apache_kafka, tmp_path, topic_names, files=files, seed=3) as stack:
        reader = stack.reader()
        try:
            stack.emulator.latency(500)
            first = stack.start("r1")
            for connection in CONNECTIONS:
                stack.trigger(connection, page_size=100)
            _wait_records(reader, chance.randrange(1, 1_500))
            second = stack.start("r2")
            second.wait_said("restored")
            _wait_records(reader, len(reader.files) + chance.randrange(1, 1_500))
            assert not reader.completed() >= set(CONNECTIONS), "the syncs ended before the first worker left"
            assert first.stop() == 0, first.tail()
            stack.emulator.latency(0)
            reader.wait(lambda: reader.completed() >= set(CONNECTIONS), f"all snapshots\n{second.tail()}", 120)
            assert second.stop() == 0, second.tail()
            _assert_each_once(stack, reader, CONNECTIONS, stack.emulator.ids())
        finally:
            reader.close()


@pytest.mark.timeout(240)
def test_a_stopped_worker_that_goes_on_after_its_session_writes_nothing_more(
    apache_kafka: ApacheKafka, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """P2: a zombie (SIGSTOP past its session, then SIGCONT) is refused by the group, and no file is read twice."""
    with running_stack(apache_kafka, tmp_path, topic_names, files=4_000, seed=4) as stack:
        reader = stack.reader()
        connections = CONNECTIONS[:6]
        try:
            stack.emulator.latency(50)
            zombie = stack.start("r1")
            for connection in connections:
                stack.trigger(connection, page_size=100)
            _wait_records(reader, 1_000)
            zombie.signal(signal.SIGSTOP)
            heir = stack.start("r2")
            heir.wait_said("restored [1-9]")
            _wait_records(reader, len(reader.files) + 1_000)
            zombie.signal(signal.SIGCONT)
            zombie.wait_said("lost|moved on|lost track|revoked")
            stack.emulator.latency(0)
            reader.wait(lambda: reader.completed() >= set(connections), f"all snapshots\n{heir.tail()}", 120)
            assert zombie.stop() == 0, zombie.tail()
            assert heir.stop() == 0, heir.tail()
            _assert_each_once(stack, reader, connections, stack.emulator.ids())
        finally:
            reader.close()


@pytest.mark.timeout(180)
def test_the_transaction_of_a_worker_frozen_in_the_middle_of_it_is_refused(
    apache_kafka: ApacheKafka, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """P2: all its messages are written, only the offsets are missing; the group refuses those, and all is undone."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    with running_stack(apache_kafka, tmp_path, topic_names, files=1_000, seed=seed % 1000) as stack:
        reader = stack.reader()
        connections = CONNECTIONS[:6]
        try:
            stack.emulator.latency(50)
            zombie = stack.start(
                "r1",
                DYING_WORKER,
                DIE_AT=str(random.Random(seed).randrange(100, 4_000)),
                DIE_BY=str(int(signal.SIGSTOP)),
                WORKER_TRANSACTION_TIMEOUT_MS="60000",
            )
            for connection in connections:
                stack.trigger(connection, page_size=100)
            zombie.wait_stopped()
            assert stack.in_flight(), "the zombie was meant to hold an open transaction"
            heir = stack.start("r2")
            heir.wait_said("assigned [1-9]")
            assert not heir.said("restored"), "the heir was meant to wait for the open transaction"
            zombie.signal(signal.SIGCONT)
            zombie.wait_said("the group has moved on")
            heir.wait_said("restored")
            stack.emulator.latency(0)
            reader.wait(lambda: reader.completed() >= set(connections), f"all snapshots\n{heir.tail()}", 120)
            assert zombie.stop() == 0, zombie.tail()
            assert heir.stop() == 0, heir.tail()
            _assert_each_once(stack, reader, connections, stack.emulator.ids())
        finally:
            reader.close()


@pytest.mark.timeout(120)
def test_triggers_in_partitions_that_appear_later_are_all_handled(
    apache_kafka: ApacheKafka, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """A topic grown under a running worker: new partitions are read from their first message, `latest` or not."""
    with running_stack(apache_kafka, tmp_path, topic_names, files=50, seed=5) as stack:
        reader = stack.reader()
        stack.settings["KAFKA_AUTO_OFFSET_RESET"] = "latest"
        connections = CONNECTIONS[:8]
        try:
            worker = stack.start("r1")
            worker.wait_said("restored")
            _grow(stack, SHARDS + 4)
            for number, connection in enumerate(connections[:4]):
                stack.trigger(connection, page_size=100, partition=SHARDS + number)
            for connection in connections[4:]:  # murmur2 over more partitions: most are foreign
                stack.trigger(connection, page_size=100)
            reader.wait(lambda: reader.completed() >= set(connections), f"all snapshots\n{worker.tail()}")
            assert worker.stop() == 0, worker.tail()
            _assert_each_once(stack, reader, connections, stack.emulator.ids())
        finally:
            reader.close()


def _grow(stack: Stack, partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": stack.broker.bootstrap_servers})
    for answer in admin.create_partitions([NewPartitions(stack.topics["trigger"], partitions)]).values():
        answer.result(10)


@pytest.mark.timeout(120)
def test_a_trigger_in_a_foreign_partition_reaches_its_owner(
    apache_kafka: ApacheKafka, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """Triggers by librdkafka's default partitioner, and to a topic that has grown, are done by the shard's owner."""
    with running_stack(apache_kafka, tmp_path, topic_names, files=50, seed=5, trigger_partitions=SHARDS + 5) as stack:
        reader = stack.reader()
        connections = CONNECTIONS[:12]
        try:
            workers = [stack.start("r1"), stack.start("r2")]
            for worker in workers:
                worker.wait_said("restored")
            for connection in connections[:6]:
                stack.send(connection, stack.trigger_bytes(connection, page_size=100), partitioner="consistent_random")
            for number, connection in enumerate(connections[6:]):
                stack.send(connection, stack.trigger_bytes(connection, page_size=100), partition=SHARDS + number % 5)
            reader.wait(lambda: reader.completed() >= set(connections), f"all snapshots\n{workers[0].tail()}")
            for worker in workers:
                assert worker.stop() == 0, worker.tail()
            _assert_each_once(stack, reader, connections, stack.emulator.ids())
        finally:
            reader.close()


def _wait_records(reader: Reader, number: int) -> None:
    reader.wait(lambda: len(reader.files) >= number, f"{number} files; {len(reader.files)} so far")


def _assert_each_once(stack: Stack, reader: Reader, connections: list[str], ids: set[str]) -> None:
    assert stack.in_flight() == []
    seen = Counter((record["integration_connection_id"], record["resource_id"]) for record in reader.files)
    assert {pair for pair, times in seen.items() if times > 1} == set()
    assert set(seen) == {(connection, item) for connection in connections for item in ids}
    states = stack.states()
    assert {states[f"{connection}/corpus:user:me"]["phase"] for connection in connections} == {"live"}
