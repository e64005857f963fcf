import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.kafka.stack import Reader, Stack, running_stack

from clustera_toolkit.testing.apache_kafka import ApacheKafka

FILES = 20_000
KILLS = 10
DYING_WORKER = str(Path(__file__).with_name("dying_worker.py"))
CONNECTION = "conn_killed"


@pytest.mark.timeout(300)
def test_a_worker_killed_ten_times_loses_and_repeats_nothing(
    apache_kafka: ApacheKafka, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """P2, P3: SIGKILL anywhere, ten times: every file is read once, the state is complete, nothing stays in flight."""
    seed = int(os.environ.get("KILL_SEED", random.randrange(2**32)))
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    with running_stack(apache_kafka, tmp_path, topic_names, files=FILES, seed=seed % 1000) as stack:
        reader = stack.reader()
        try:
            _kill_before_the_first_page(stack, reader)
            _kill_with_an_open_transaction(stack, chance)
            for _ in range(KILLS - 3):
                _kill_after_new_records(stack, reader, chance)
            survivor = stack.start("r1")
            reader.wait(lambda: bool(reader.completed()), f"the snapshot is complete\n{survivor.tail()}", 120)
            assert survivor.stop() == 0, survivor.tail()
            _assert_exactly_once(stack, reader)
        finally:
            reader.close()


def _kill_before_the_first_page(stack: Stack, reader: Reader) -> None:
    """The credential is nowhere but in the trigger when this worker dies; the state has it then."""
    stack.emulator.latency(5_000)
    worker = stack.start("r1")
    stack.trigger(CONNECTION, page_size=200)
    reader.wait(lambda: bool(reader.events("job_accepted")), "the job is accepted")
    worker.kill()
    assert not reader.records, "the worker was meant to die before the first page"
    stack.emulator.latency(20)


def _kill_with_an_open_transaction(stack: Stack, chance: random.Random) -> None:
    """Die between flush and commit; then kill the successor while its restore waits for that transaction to end."""
    dying = stack.start(
        "r1", DYING_WORKER, DIE_AT=str(chance.randrange(200, 3_000)), WORKER_TRANSACTION_TIMEOUT_MS="30000"
    )
    dying.wait_dead()
    assert stack.in_flight(), "the worker was meant to leave an open transaction"
    successor = stack.start("r2")
    successor.wait_said("assigned")
    assert not successor.said("restored"), "the restore was meant to wait for the open transaction"
    successor.kill()


def _kill_after_new_records(stack: Stack, reader: Reader, chance: random.Random) -> None:
    """Kill after a number of new records, not of seconds, so that every kill meets work."""
    worker = stack.start("r1")
    goal = len(reader.records) + chance.randrange(1, 1_200)
    reader.wait(lambda: len(reader.records) >= goal or bool(reader.completed()), f"{goal} records\n{worker.tail()}")
    assert not reader.completed(), "the sync was complete before all kills were done"
    worker.kill()


def _assert_exactly_once(stack: Stack, reader: Reader) -> None:
    assert stack.in_flight() == []
    ids = Counter(record["resource_id"] for record in reader.files)
    assert set(ids) == stack.emulator.ids()
    assert [name for name, times in ids.items() if times > 1] == []
    message_ids = Counter(record["message_id"] for record in reader.records)
    assert [name for name, times in message_ids.items() if times > 1] == []
    phases = [record["data"]["phase"] for record in reader.records if record["resource_type"] == "snapshot"]
    assert phases == ["started", "complete"]
    state = stack.states()[f"{CONNECTION}/corpus:user:me"]
    assert state["phase"] == "live"
    assert sum(state["counts"].values()) == FILES
