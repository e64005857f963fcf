import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.kafka.stack import SHARDS, Reader, Stack, connection_of_shard, running_stack

from clustera_toolkit.testing.apache_kafka import ApacheKafka

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
