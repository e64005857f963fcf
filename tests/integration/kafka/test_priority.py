"""A change never waits for the backfill: with the quota used up by it, the change's calls are the next ones.

The time is printed, not judged; what is asserted is the order in which Drive was asked.
"""

import json
import re
import time
import urllib.request
from collections.abc import Sequence

import pytest
from tests.integration.kafka.stack import Process, Reader, Stack

FILES = 400
CONNECTION = "conn_priority"
UNITS_A_MINUTE = 12_000
"""Two lists a second (facts D): the backfill of so many files takes minutes."""
WAITING = 20
"""Calls of the backfill that wait for quota: who came behind them in one line would see all of them go first."""
MAX_LISTS_BEFORE = 15
CHANGES = 3
BELOW_FILES = ("revisions.list", "comments.list")
RESOURCES = ["file", "permission", "revision", "comment"]

pytestmark = [pytest.mark.apache_kafka]


def test_a_change_does_not_wait_for_a_backfill_that_uses_the_quota_up(stack: Stack, reader: Reader) -> None:
    """While calls of the enrichment wait for quota, a notified change is read before they are, again and again."""
    stack.emulator.control(
        "PUT", "quota", {"model": "units", "user_units": UNITS_A_MINUTE, "project_units": UNITS_A_MINUTE}
    )
    worker = stack.start(
        "r1", GDRIVE_QUOTA_UNITS_PER_MINUTE_USER=str(UNITS_A_MINUTE), GDRIVE_CALLS_AT_ONCE=str(2 * WAITING)
    )
    stack.trigger(CONNECTION, resources=RESOURCES, backfill=RESOURCES)
    reader.wait(lambda: CONNECTION in reader.completed(), f"the snapshot is complete\n{worker.tail()}")
    for number, item in enumerate(_files(reader)[:CHANGES], 1):
        reader.wait(lambda: _waiting(worker) >= WAITING, "the backfill has used the quota up")
        before, started = _lists(stack), time.perf_counter()
        _change(stack, item, number)
        reader.wait(lambda: f"changed {number}" in _names(reader), "the change has become a record")  # noqa: B023 # at once
        seconds, lists = time.perf_counter() - started, _lists(stack) - before
        print(f"change {number}: a record after {seconds:.2f} s and {lists} lists of the backfill")
        assert lists <= MAX_LISTS_BEFORE, "the change waited its turn behind the backfill"
    done = _lists(stack)
    reader.wait(lambda: _lists(stack) > done, "the backfill goes on")


def _change(stack: Stack, item: str, number: int) -> None:
    """Rename a file, and tell of it as the receiver of notifications does."""
    stack.emulator.control("POST", "world", {"mutations": [{"op": "rename", "id": item, "name": f"changed {number}"}]})
    headers = {"X-Goog-Channel-ID": "c", "X-Goog-Message-Number": str(number), "X-Goog-Resource-State": "change"}
    notification = {"integration_connection_id": CONNECTION, "corpus": "user:me", "headers": headers}
    stack.send(CONNECTION, json.dumps(notification).encode(), topic=stack.topics["webhook"])


def _files(reader: Reader) -> Sequence[str]:
    """Files that the account owns, which it may rename."""
    return [
        record["resource_id"]
        for record in reader.files
        if record["resource_type"] == "file"
        and record["data"]["viewer"]["owned_by_me"]
        and not record["data"].get("trashed")
    ]


def _names(reader: Reader) -> set[str]:
    return {record["data"].get("name", "") for record in reader.files}


def _lists(stack: Stack) -> int:
    """How many lists below files Drive was asked for."""
    counts = stack.emulator.control("GET", "requests")["requests"]
    return sum(sum(counts.get(route, {}).values()) for route in BELOW_FILES)


def _waiting(worker: Process) -> int:
    """How many calls of the enrichment wait for quota."""
    with urllib.request.urlopen(f"{worker.url}/metrics", timeout=10) as answer:  # noqa: S310 # of this machine
        text = answer.read().decode()
    found = re.search(r'quota_waiting_calls{lane="enrichment"} (\d+)', text)
    assert found is not None, "the metric has gone"
    return int(found[1])
