"""`start_to_end`: a drive copied once, from the start of the process on.

In: the number of files and runs. Out: seconds from `google-drive-worker run` being executed, with the trigger waiting
for it, to the moment when a `read_committed` consumer holds the marker that says that the snapshot is complete; and
beside it the naive client (naive.py) from its start to its end. Starting Python and all imports are in both.
"""

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException
from cryptography.fernet import Fernet

from benchmarks.baselines import Order, id_in_value
from benchmarks.cluster import Cluster
from benchmarks.drive import Drive, rendered_drive, warm
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure, figure
from benchmarks.listing import PAGE_SIZE
from benchmarks.programs import Program
from benchmarks.stage import Stage, kafka
from benchmarks.worker_process import (
    MODULE,
    Place,
    check_complete,
    create_topics,
    file_id,
    send_trigger,
    worker_environment,
)

FILES = 10_000
RUNS = 5
_POLL_SECONDS = 0.05
_MARKER = b'"phase":"complete"'


@dataclass(frozen=True, slots=True)
class _Round:
    """Seconds of each."""

    worker: float
    naive: float


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    with rendered_drive(files, stage.directory) as drive, kafka(stage) as cluster:
        with stage.screen.bar("warming the drive", files) as advance:
            warm(drive, advance)
        rounds = [_one(stage, cluster, drive, number) for number in range(1, runs + 1)]
    name = f"full_sync_{files // 1000}k"
    return [
        figure(f"{name}.seconds", "s", [each.worker for each in rounds], higher_is_better=False),
        figure(f"{name}.naive_seconds", "s", [each.naive for each in rounds], higher_is_better=False),
        figure(f"{name}.ratio_to_naive", "x", [each.naive / each.worker for each in rounds]),
    ]


def _one(stage: Stage, cluster: Cluster, drive: Drive, number: int) -> _Round:
    worker = _worker(Place(cluster, drive, stage.directory, f"start-{number}"))
    naive = _naive(Place(cluster, drive, stage.directory, f"naive-{number}"))
    stage.screen.say(f"start_to_end run {number}: worker {worker:.2f} s, naive client {naive:.2f} s")
    return _Round(worker, naive)


def _worker(place: Place) -> float:
    """Seconds of the worker's process, whose trigger waits for it."""
    key = Fernet.generate_key()
    environment = worker_environment(place, key)
    create_topics(place, environment)
    send_trigger(place, key)
    with closing(place.cluster.reader(place.topic("records"))) as reader:
        started = time.perf_counter()
        with Program(MODULE, ["run"], directory=place.directory, environment=environment) as worker:
            _await_marker(reader, worker, place.deadline_seconds)
            seconds = time.perf_counter() - started
    check_complete("the worker", place.cluster.read_back(place.topic("records"), file_id), place.drive.files)
    return seconds


def _await_marker(reader: Consumer, worker: Program, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not worker.ended and time.monotonic() < deadline:
        message = reader.poll(_POLL_SECONDS)
        error = None if message is None else message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        if message is not None and error is None and _MARKER in (message.value() or b""):
            return
    raise BenchmarkError(f"the worker did not complete its snapshot within {seconds:.0f} s")


def _naive(place: Place) -> float:
    """Seconds of the naive client's process."""
    topic, pages = place.topic("records"), -(-place.drive.files // PAGE_SIZE)
    place.cluster.create_records_topic(topic)
    order = Order(place.drive.url, place.cluster.bootstrap_servers, topic, pages, 0)
    arguments = [msgspec.json.encode(order).decode()]
    started = time.perf_counter()
    with Program("benchmarks.naive", arguments, directory=place.directory) as program:
        program.until(lambda: "\n" in program.output, "done", place.deadline_seconds)
        seconds = time.perf_counter() - started
    check_complete("the naive baseline", place.cluster.read_back(topic, id_in_value), place.drive.files)
    return seconds
