"""Promise P1 on Apache Kafka: the whole worker, killed again and again while Drive changes, ends up with what it shows.

The same consumer and the same reading of Drive as in the property test (`tests/support/convergence`), which goes
through far more histories without Kafka.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.integration.kafka.stack import Process, Reader, Stack, running_stack
from tests.support.convergence.compare import differing_items
from tests.support.convergence.consumer import Consumer
from tests.support.convergence.features import Features
from tests.support.convergence.truth import Client, Seen, seen_by

from clustera_toolkit.testing.apache_kafka import ApacheKafka

FILES = 150
WORLD = {"files": FILES, "drives": 4, "drive_files": 30}
CONNECTION = "conn_storm"
ME = "user00@example.com"
ROUNDS = 4
TURNS, TURN_SECONDS = 40, 0.3
"""A life ends after so many turns even when the troubles let nothing through."""
TROUBLED = 0.25
"""The part of turns that have a trouble: with one in each, the worker does nothing but wait to try again."""
CALM_SECONDS, CALM_TURN_SECONDS = 120.0, 0.5
EVERYTHING = Features(drives=True, subtrees=True)
TROUBLES: Sequence[dict[str, object]] = (
    {"route": "*", "status": 503},
    {"route": "*", "status": 403, "reason": "userRateLimitExceeded"},
    {"route": "files.list", "kind": "expired_page_token"},
    {"route": "changes.list", "status": 410, "reason": "gone"},
    {"route": "*", "kind": "truncate"},
    {"route": "files.list", "kind": "reset"},
)


@pytest.mark.timeout(300)
def test_a_killed_worker_ends_up_with_what_drive_shows(
    apache_kafka: ApacheKafka, tmp_path: Path, topic_names: Callable[[str], str]
) -> None:
    """Four lives of a worker, each ended by SIGKILL among random changes and troubles; then quiet, and all is equal."""
    seed = int(os.environ.get("SEED", random.randrange(2**20)))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    with running_stack(apache_kafka, tmp_path, topic_names, files=FILES, seed=1) as stack:
        stack.emulator.control("POST", "seed", {**WORLD, "seed": seed})
        reader = stack.reader()
        try:
            for _ in range(ROUNDS):
                _live_and_die(stack, reader, chance)
            assert reader.records, "the troubles let nothing through"
            survivor = stack.start("r1")
            stack.trigger(CONNECTION, "resume")
            stack.trigger(CONNECTION, "full")
            _wait_for_equality(stack, reader, survivor)
        finally:
            reader.close()


def _live_and_die(stack: Stack, reader: Reader, chance: random.Random) -> None:
    """One process: it works, the world changes, Drive has troubles, it is killed in the middle of it."""
    worker = stack.start("r1")
    stack.trigger(CONNECTION, chance.choice(("incremental", "incremental", "full")), page_size=chance.randrange(5, 40))
    goal = len(reader.records) + chance.randrange(1, 120)
    for _ in range(TURNS):
        _disturb(stack, chance)
        if reader.reaches(goal, TURN_SECONDS):
            break
    worker.kill()
    stack.emulator.control("DELETE", "faults")


def _disturb(stack: Stack, chance: random.Random) -> None:
    wanted = {"count": 3, "seed": chance.randrange(2**30), "inherited": True, "everyone": True}
    stack.emulator.control("POST", "world/random", wanted)
    if chance.random() < TROUBLED:
        stack.emulator.control("POST", "faults", {"faults": [chance.choice(TROUBLES)]})
    stack.trigger(CONNECTION, "incremental")


async def _shown(stack: Stack) -> dict[str, Seen]:
    async with aiohttp.ClientSession() as http:
        return await seen_by(Client(http, stack.emulator.url, ME), EVERYTHING)


def _wait_for_equality(stack: Stack, reader: Reader, survivor: Process) -> None:
    """Read Drive again and again: what is reached by a link alone is listed once the worker has looked at it."""
    copy, deadline = Copy(reader), time.monotonic() + CALM_SECONDS
    while copy.differences(seen := asyncio.run(_shown(stack))):
        late = time.monotonic() > deadline
        assert not late, "\n".join((str(copy.differences(seen)), copy.history(seen), survivor.tail()))
        reader.reaches(len(reader.records) + 1, CALM_TURN_SECONDS)


class Copy:
    """What a consumer makes of the records, each applied once as it comes."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._consumer = Consumer()
        self._applied = 0

    def differences(self, seen: dict[str, Seen]) -> list[str]:
        """Items that are not as Drive shows them."""
        fresh = self._reader.records[self._applied :]
        self._applied += len(fresh)
        for record in fresh:
            self._consumer.apply(record)
        return list(differing_items(seen, self._consumer, frozenset()))

    def history(self, seen: dict[str, Seen]) -> str:
        """The records of items that are not as Drive shows them, and the snapshots' marks between them, in order."""
        wrong = "\n".join(self.differences(seen))
        told = [each for each in self._reader.records if each["resource_type"] == "snapshot" or _item(each) in wrong]
        return "\n".join(json.dumps(record, ensure_ascii=False) for record in told)


def _item(record: dict[str, Any]) -> str:
    item_id: str = record["resource_id"].partition(":")[0]
    return item_id
