"""P2, P3 while Kafka itself goes away: killed with SIGKILL in the middle of the work, and started again."""

import json
import os
import random
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.integration.kafka.stack import Process, Reader, Stack

from clustera_toolkit.testing.apache_kafka import ApacheKafka

FILES = 2_000
NEW_FILES = 600
CONNECTIONS = [f"conn_outage_{number}" for number in range(3)]
OUTAGES_IN_SCAN, OUTAGES_IN_INCREMENTS = 2, 1
SHUTDOWN_SECONDS = 10
RECOVERY_SECONDS = 60
"""How long a worker may take to find its way back."""
TRANSACTION_TIMEOUT_MS = 60_000
"""Longer than an outage. A broker that comes back alone, times a transaction out and is not yet in charge of its own
partitions takes them for deleted and skips their markers ("Couldn't find leader endpoint" in its log): it then hangs
until an operator aborts it, which is Kafka's to mend (docs/operations.md)."""
INTERPRETER_SECONDS = 1
"""What Python itself takes to end, beyond the worker's own time."""


@contextmanager
def outage(broker: ApacheKafka) -> Iterator[None]:
    """No broker while the block runs; afterwards it has what it had acknowledged."""
    broker.kill()
    try:
        yield
    finally:
        broker.restart()


@pytest.fixture
def chance() -> random.Random:
    """Chance, by a seed that is printed and that `OUTAGE_SEED` repeats."""
    seed = int(os.environ.get("OUTAGE_SEED", random.randrange(2**32)))
    print(f"OUTAGE_SEED={seed}")
    return random.Random(seed)


@pytest.mark.timeout(600)
def test_a_broker_killed_again_and_again_costs_no_record_and_repeats_none(
    stack: Stack, reader: Reader, chance: random.Random
) -> None:
    """In scans and in increments: each item and each change is read once, and one worker lives through it all."""
    stack.emulator.latency(200)
    worker = _start(stack)
    _trigger(stack)
    _outages(stack, reader, chance, OUTAGES_IN_SCAN, until=lambda: reader.completed() >= set(CONNECTIONS))
    reader.wait(lambda: reader.completed() >= set(CONNECTIONS), f"all snapshots\n{worker.tail()}", RECOVERY_SECONDS)
    _assert_each_once(stack, reader)
    listed = len(reader.files)
    made = stack.emulator.control(
        "POST", "world", {"mutations": [{"op": "create", "name": f"{n}"} for n in range(NEW_FILES)]}
    )
    new = {item["id"] for item in made["results"]}
    _trigger(stack)
    _outages(
        stack, reader, chance, OUTAGES_IN_INCREMENTS, until=lambda: len(reader.files) >= _expected(FILES + len(new))
    )
    everything = _expected(FILES + len(new))
    reader.wait(lambda: len(reader.files) >= everything, f"all changes\n{worker.tail()}", RECOVERY_SECONDS)
    assert {record["resource_id"] for record in reader.files[listed:]} == new
    assert worker.stop() == 0, worker.tail()
    _assert_each_once(stack, reader)


@pytest.mark.timeout(600)
def test_a_worker_whose_kafka_is_gone_still_ends_in_time(stack: Stack, reader: Reader) -> None:
    """SIGTERM in the middle of a scan and of an outage: it ends in order within its time, and the next one goes on."""
    stack.emulator.latency(100)
    worker = _start(stack, WORKER_SHUTDOWN_TIMEOUT_SECONDS=str(SHUTDOWN_SECONDS))
    _trigger(stack)
    reader.wait(lambda: len(reader.files) >= 200, f"the first pages\n{worker.tail()}")
    with outage(stack.broker):
        assert _unready_parts(worker) == ["kafka"]
        assert worker.stop(SHUTDOWN_SECONDS + INTERPRETER_SECONDS) == 0, worker.tail()
    assert not reader.completed(), "the scans were meant to be under way"
    stack.emulator.latency(0)
    successor = _start(stack)
    reader.wait(lambda: reader.completed() >= set(CONNECTIONS), f"all snapshots\n{successor.tail()}", RECOVERY_SECONDS)
    assert successor.stop() == 0, successor.tail()
    _assert_each_once(stack, reader)


def _start(stack: Stack, **settings: str) -> Process:
    return stack.start("r1", WORKER_TRANSACTION_TIMEOUT_MS=str(TRANSACTION_TIMEOUT_MS), **settings)


def _unready_parts(worker: Process) -> list[str]:
    """What readiness says is missing."""
    try:
        urllib.request.urlopen(f"{worker.url}/health/ready", timeout=15).close()  # noqa: S310 # our own
    except urllib.error.HTTPError as refusal:
        with refusal:
            return list(json.loads(refusal.read())["failed"])
    return []


def _trigger(stack: Stack) -> None:
    for connection in CONNECTIONS:
        stack.trigger(connection, page_size=50)


def _expected(items: int) -> int:
    return items * len(CONNECTIONS)


def _outages(stack: Stack, reader: Reader, chance: random.Random, number: int, *, until: Callable[[], bool]) -> None:
    """Kill the broker after some new records, so that each outage meets work."""
    for _ in range(number):
        _wait_records(stack, reader, len(reader.records) + chance.randrange(1, 400))
        assert not until(), "the work was done before all outages were"
        with outage(stack.broker):
            pass


def _wait_records(stack: Stack, reader: Reader, number: int) -> None:
    told = f"{number} records\n{stack.workers[-1].tail()}"
    reader.wait(lambda: len(reader.records) >= number, told, RECOVERY_SECONDS)


def _assert_each_once(stack: Stack, reader: Reader) -> None:
    assert stack.in_flight() == []
    message_ids = Counter(record["message_id"] for record in reader.records)
    assert [name for name, times in message_ids.items() if times > 1] == []
    seen = Counter((record["integration_connection_id"], record["resource_id"]) for record in reader.files)
    assert seen == Counter((connection, item) for connection in CONNECTIONS for item in stack.emulator.ids())
    states = stack.states()
    assert {states[f"{connection}/corpus:user:me"]["phase"] for connection in CONNECTIONS} == {"live"}
