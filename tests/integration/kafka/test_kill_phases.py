"""P2, P3: SIGKILL in every phase of a connection's life, between any two records and inside transactions.

A further phase (enrichment, a re-snapshot) is one more entry of `PHASES`.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from tests.integration.kafka.stack import Json, Reader, Stack

FILES = 1_000
CHANGED = 400
PAGE_SIZE = 25
KILLS = 1
"""Kills after some new records of a phase, anywhere; one more comes inside a transaction."""
DYING_WORKER = str(Path(__file__).with_name("dying_worker.py"))
CONNECTION = "conn_phases"
SLOW_MS = 100


@dataclass(frozen=True)
class Phase:
    """A stretch of work: what starts it while no worker runs, when it is over, how many files it brings at least."""

    name: str
    begin: Callable[[Stack, Reader], None]
    over: Callable[[Reader], bool]
    files: int


def _begin_scan(stack: Stack, reader: Reader) -> None:
    """Park the start token, then change what the completing replay will find."""
    stack.trigger(CONNECTION, page_size=PAGE_SIZE)
    worker = stack.start("r1")
    reader.wait(lambda: bool(reader.events("snapshot_started")), f"the scan has begun\n{worker.tail()}")
    worker.kill()
    _rename(stack, "while it was listed")


def _begin_replay(_stack: Stack, _reader: Reader) -> None:
    """Nothing: it follows the scan."""


def _begin_increment(stack: Stack, _reader: Reader) -> None:
    _rename(stack, "later")
    stack.trigger(CONNECTION, page_size=PAGE_SIZE)


def _begin_forget(stack: Stack, reader: Reader) -> None:
    _assert_in_step(stack, reader)
    stack.trigger(CONNECTION, "forget")


def _rename(stack: Stack, name: str) -> None:
    mutations = [{"op": "rename", "id": item, "name": name} for item in sorted(stack.emulator.ids())[:CHANGED]]
    stack.emulator.control("POST", "world", {"mutations": mutations})


def _named(reader: Reader, name: str) -> int:
    """How many entries of the log tell that name."""
    return sum(
        record["source"]["change_time"] is not None and record["data"].get("name") == name for record in reader.files
    )


def _listed(reader: Reader) -> int:
    return sum(record["source"]["change_time"] is None for record in reader.files)


PHASES = (
    Phase("scan", _begin_scan, lambda reader: _listed(reader) >= FILES, FILES),
    Phase("completing replay", _begin_replay, lambda reader: bool(reader.completed()), CHANGED),
    Phase("increment", _begin_increment, lambda reader: _named(reader, "later") >= CHANGED, CHANGED),
    Phase("forget", _begin_forget, lambda reader: bool(reader.events("forgotten")), 0),
)


@pytest.mark.timeout(240)
def test_kills_in_every_phase_lose_and_repeat_nothing(stack: Stack, reader: Reader) -> None:
    """Killed in the scan, the replay that completes it, an increment and a forget: each message is seen once."""
    seed = int(os.environ.get("KILL_SEED", random.randrange(2**32)))
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    stack.emulator.latency(SLOW_MS)
    for phase in PHASES:
        phase.begin(stack, reader)
        for _ in range(KILLS if phase.files else 0):
            _kill_after_new_files(stack, reader, phase, chance)
        _kill_inside_a_transaction(stack, phase, chance)
        survivor = stack.start("r1")
        reader.wait(partial(phase.over, reader), f"the end of: {phase.name}\n{survivor.tail()}")
        survivor.kill()
    _assert_forgotten(stack, reader)


def _kill_after_new_files(stack: Stack, reader: Reader, phase: Phase, chance: random.Random) -> None:
    worker = stack.start("r1")
    goal = len(reader.files) + chance.randrange(1, phase.files // (KILLS + 2))
    reader.wait(lambda: len(reader.files) >= goal, f"{goal} files, in: {phase.name}\n{worker.tail()}")
    assert not phase.over(reader), f"{phase.name} was over before all kills were done"
    worker.kill()


def _kill_inside_a_transaction(stack: Stack, phase: Phase, chance: random.Random) -> None:
    die_at = chance.randrange(1, max(2, phase.files // (KILLS + 2)))
    stack.start("r1", DYING_WORKER, DIE_AT=str(die_at)).wait_dead()
    assert stack.in_flight(), f"the worker was meant to leave an open transaction in: {phase.name}"


def _assert_in_step(stack: Stack, reader: Reader) -> None:
    """What was read, applied in its order, is what the drive holds."""
    held = {record["resource_id"]: record["data"]["name"] for record in reader.files}
    items: list[Json] = stack.emulator.control("GET", "world/items?limit=1000")["items"]
    items += stack.emulator.control("GET", f"world/items?limit=1000&after={items[-1]['id']}")["items"]
    assert held == {item["id"]: item["name"] for item in items if not item["isRoot"]}
    assert stack.states()[f"{CONNECTION}/corpus:user:me"]["phase"] == "live"


def _assert_forgotten(stack: Stack, reader: Reader) -> None:
    """One closing marker, no state, nothing in flight, nothing twice."""
    assert stack.in_flight() == []
    _assert_none_repeated(reader)
    markers = [record["data"]["phase"] for record in reader.records if record["resource_type"] == "snapshot"]
    assert markers == ["started", "complete", "closed"]
    assert [key for key in stack.states() if key.startswith(f"{CONNECTION}/")] == []


def _assert_none_repeated(reader: Reader) -> None:
    """No record is seen twice."""
    seen = Counter(record["message_id"] for record in reader.records)
    assert [name for name, times in seen.items() if times > 1] == []
