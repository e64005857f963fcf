"""What an operator relies on: an end in order in the middle of a scan, readiness, metrics as documented, traces."""

import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import Message, Producer
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from tests.integration.kafka.stack import Process, Reader, Stack

FILES = 6_000
CONNECTION = "conn_drained"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SHUTDOWN_SECONDS = 10
HANGING_MS = 30_000
OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def test_a_scan_that_is_told_to_stop_ends_in_order_and_nothing_is_lost(stack: Stack, reader: Reader) -> None:
    """SIGTERM while Drive hangs: what was handed over is committed, the end comes in time, the next one goes on."""
    worker = _scanning(stack, reader)
    _assert_ready(worker)
    _assert_documented(worker)
    stack.emulator.latency(HANGING_MS)
    assert worker.stop(SHUTDOWN_SECONDS) == 0, worker.tail()
    assert worker.said("stopped")
    assert not reader.completed(), "the scan was meant to be under way"
    _assert_all_committed(stack, reader)
    stack.emulator.latency(0)
    successor = stack.start("r1")
    reader.wait(lambda: bool(reader.completed()), f"the snapshot\n{successor.tail()}")
    assert successor.stop() == 0, successor.tail()
    assert Counter(record["resource_id"] for record in reader.files) == Counter(stack.emulator.ids())
    _assert_traced(stack)


def _scanning(stack: Stack, reader: Reader) -> Process:
    """A worker some pages into a scan, by a trigger that belongs to a trace."""
    stack.emulator.latency(50)
    worker = stack.start("r1", WORKER_SHUTDOWN_TIMEOUT_SECONDS=str(SHUTDOWN_SECONDS))
    producer = Producer({"bootstrap.servers": stack.broker.bootstrap_servers, "partitioner": "murmur2"})
    parent = f"00-{TRACE_ID}-b7ad6b7169203331-01"
    value = stack.trigger_bytes(CONNECTION, page_size=100)
    producer.produce(stack.topics["trigger"], value, CONNECTION, headers=[("traceparent", parent)])
    assert producer.flush(10) == 0
    reader.wait(lambda: len(reader.files) >= 300, f"the first pages\n{worker.tail()}")
    return worker


def _assert_all_committed(stack: Stack, reader: Reader) -> None:
    """No transaction is open, and a reader can see exactly the files that the state counts."""
    assert stack.in_flight() == []
    counted = sum(stack.states()[f"{CONNECTION}/corpus:user:me"]["counts"].values())
    reader.wait(lambda: len(reader.files) >= counted, f"{counted} files")
    assert len(reader.files) == counted


def _assert_ready(worker: Process) -> None:
    assert '"ok"' in _get(worker, "/health/ready")


def _assert_documented(worker: Process) -> None:
    """docs/operations.md lists every metric of this worker and no other, with its labels."""
    documented = dict(_documented())
    families = list(text_string_to_metric_families(_get(worker, "/metrics")))
    exposed = {_full_name(family): family for family in families if _is_ours(family.name)}
    assert sorted(documented) == sorted(exposed)
    assert [name for name, family in exposed.items() if not family.documentation] == []
    labelled = {name: _labels(family) for name, family in exposed.items() if family.samples}
    assert labelled == {name: documented[name] for name in labelled}


def _documented() -> Iterator[tuple[str, set[str]]]:
    """Names and labels of the table's first column."""
    for name, labels in re.findall(r"^\| `(\w+)(?:\{([\w,]+)\})?` \|", OPERATIONS.read_text(), re.MULTILINE):
        if name.startswith(("google_drive_worker_", "drive_", "gdrive_")):
            yield name, set(filter(None, labels.split(",")))


def _is_ours(name: str) -> bool:
    """Neither of the process itself, nor the time that the text format adds to each counter and histogram."""
    return not name.startswith("process_") and not name.endswith("_created")


def _full_name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(family: Metric) -> set[str]:
    return {label for sample in family.samples for label in sample.labels} - {"le"}


def _get(worker: Process, path: str) -> str:
    with urllib.request.urlopen(f"{worker.url}{path}", timeout=10) as answer:  # noqa: S310 # our own
        return str(answer.read().decode())


def _assert_traced(stack: Stack) -> None:
    """Records and events, those of the second worker too, go on with the trigger's trace; use is of no trigger."""
    messages = [*stack.messages(stack.topics["records"], "read_committed"), *_events(stack)]
    parents = [_traceparent(message) for message in messages]
    assert len(parents) > FILES
    assert {parent.split("-")[1] for parent in parents} == {TRACE_ID}


def _events(stack: Stack) -> Iterator[Message]:
    """Sync events of what a trigger led to."""
    for message in stack.messages(stack.topics["events"], "read_committed"):
        if b'"event":"usage"' not in (message.value() or b""):
            yield message


def _traceparent(message: Message) -> str:
    found = dict(message.headers() or []).get("traceparent") or b"--"
    return found if isinstance(found, str) else found.decode()
