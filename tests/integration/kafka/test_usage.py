"""What workers say that connections used of Drive's quota, against what Drive counted and what was committed."""

import re
import urllib.request
from collections import Counter

from tests.integration.kafka.stack import WAIT_SECONDS, Process, Reader, Stack

from google_drive_worker.client.quota import units_of

FILES = 1_500
CONNECTIONS = ("conn_a", "conn_b", "conn_c")
REFUSED = 2


def test_what_is_told_adds_up_to_what_drive_counted(stack: Stack, reader: Reader) -> None:
    """Every call, refused ones too, its price, and every record: told once, also where connections change hands."""
    refusal = {"route": "files.list", "kind": "error", "status": 403, "reason": "userRateLimitExceeded"}
    stack.emulator.control("POST", "faults", {"faults": [{**refusal, "count": REFUSED}]})
    first = stack.start("r1")
    for connection in CONNECTIONS:
        stack.trigger(connection, page_size=100)
    reader.wait(lambda: reader.completed() == set(CONNECTIONS), f"the snapshots\n{first.tail()}")
    second = stack.start("r2")
    second.wait_said("restored")
    for connection in CONNECTIONS:
        stack.trigger(connection, page_size=100)
    reader.wait(lambda: _accepted(reader) == dict.fromkeys(CONNECTIONS, 2), f"the polls\n{second.tail()}")
    # A call that an end interrupts may be counted here, and not at Drive.
    first.wait_for(lambda: not _running(first), "no job runs", WAIT_SECONDS)
    second.wait_for(lambda: not _running(second), "no job runs", WAIT_SECONDS)
    for worker in (first, second):
        assert worker.stop() == 0, worker.tail()
    counted = _calls(stack)
    reader.wait(lambda: _told(reader, "calls").total() >= counted.total(), "all calls are told")
    assert _told(reader, "calls").total() == counted.total()
    assert _told(reader, "units").total() == sum(units_of(route) * calls for route, calls in counted.items())
    assert _told(reader, "refused").total() == REFUSED
    assert _told(reader, "records") == Counter(record["integration_connection_id"] for record in reader.records)


def _running(worker: Process) -> float:
    """How many jobs have a slot."""
    with urllib.request.urlopen(f"{worker.url}/metrics", timeout=10) as answer:  # noqa: S310 # its own port
        found = re.search(r"^gdrive_active_workers (\S+)$", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return float(found[1])


def _told(reader: Reader, name: str) -> Counter[str]:
    """What the events of each connection add up to."""
    told: Counter[str] = Counter()
    for event in reader.events("usage"):
        told[event["integration_connection_id"]] += event[name]
    return told


def _calls(stack: Stack) -> Counter[str]:
    """How often each method of Drive was asked, as the emulator counted; tokens are no calls."""
    routes = stack.emulator.control("GET", "requests")["requests"]
    return Counter({route: sum(answers.values()) for route, answers in routes.items() if not route.startswith("oauth")})


def _accepted(reader: Reader) -> Counter[str]:
    return Counter(event["integration_connection_id"] for event in reader.events("job_accepted"))
