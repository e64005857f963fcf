"""`webhook`: from a notification to the record of the change, at idle and beside scans.

In: the number of files and runs. Out: p50, p95, p99 in milliseconds, from the moment a notification is produced to the
moment a `read_committed` consumer holds the record of a change made just before; the same while a scan of another
connection and one of the same connection run; and beside them what Kafka alone takes (relay.py).
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import msgspec
from confluent_kafka import Consumer
from cryptography.fernet import Fernet

from benchmarks import relay
from benchmarks.cluster import RECORD_PARTITIONS, Cluster
from benchmarks.drive import Drive, rendered_drive, warm
from benchmarks.figures import Figure, figure
from benchmarks.notifications import Stopwatch, Ways, create_files, percentile, times
from benchmarks.programs import Program
from benchmarks.screen import Advance
from benchmarks.stage import Stage, kafka
from benchmarks.worker_process import (
    CONNECTION,
    Completion,
    Place,
    follow,
    ready_worker,
    send_trigger,
    worker_environment,
)
from clustera_toolkit.kafka import partition_of

FILES = 100_000
RUNS = 1
NOTIFICATIONS = 200
_OTHER = "another-connection"
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Times:
    """Milliseconds of each notification."""

    idle: list[float]
    beside_scans: list[float]
    kafka_alone: list[float]


class _Ended(msgspec.Struct):
    event: str
    integration_connection_id: str


_ENDED = msgspec.json.Decoder(_Ended)


class _Scans:
    """Two scans that never end: each complete snapshot is followed by a wish for another one."""

    def __init__(self, place: Place, key: bytes, events: Consumer) -> None:
        self._place = place
        self._key = key
        self._events = events
        self.completed = 0
        for connection in (CONNECTION, _OTHER):
            send_trigger(place, key, connection)

    def keep_up(self) -> None:
        """Begin again what has ended."""
        while (message := self._events.poll(0)) is not None:
            if message.error() is not None:
                continue
            event = _ENDED.decode(message.value() or b"")
            if event.event == "snapshot_completed":
                self.completed += 1
                send_trigger(self._place, self._key, event.integration_connection_id)


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    with rendered_drive(files, stage.directory) as drive, kafka(stage) as cluster:
        with stage.screen.bar("warming the drive", files) as advance:
            warm(drive, advance)
        done = [_one(stage, cluster, drive, number) for number in range(1, runs + 1)]
    return [
        *_figures("webhook", [each.idle for each in done]),
        *_figures("webhook.beside_scans", [each.beside_scans for each in done]),
        *_figures("webhook.kafka_alone", [each.kafka_alone for each in done]),
    ]


def _figures(name: str, runs: Sequence[Sequence[float]]) -> list[Figure]:
    return [
        figure(
            f"{name}{'.' if name == 'webhook' else '_'}p{percent}_ms", "ms", _all(runs, percent), higher_is_better=False
        )
        for percent in (50, 95, 99)
    ]


def _all(runs: Sequence[Sequence[float]], percent: int) -> list[float]:
    return [percentile(values, percent) for values in runs]


def _one(stage: Stage, cluster: Cluster, drive: Drive, number: int) -> _Times:
    place = Place(cluster, drive, stage.directory, f"webhook-{number}")
    with stage.screen.bar(f"Kafka alone, run {number}", NOTIFICATIONS) as advance:
        alone = _kafka_alone(place, advance)
    idle, beside, scans = _worker(stage, place, number)
    for title, values in (("Kafka alone", alone), ("idle", idle), (f"beside {scans} scans", beside)):
        told = ", ".join(f"p{percent} {percentile(values, percent):.0f} ms" for percent in (50, 95, 99))
        stage.screen.say(f"webhook run {number}, {title}: {told}")
    return _Times(idle, beside, alone)


def _kafka_alone(place: Place, advance: Advance) -> list[float]:
    """Messages through the relay, one after the other."""
    source, target = place.topic("in"), place.topic("out")
    for topic in (source, target):
        place.cluster.create_records_topic(topic)
    partition = partition_of(CONNECTION.encode(), RECORD_PARTITIONS)
    order = relay.Order(place.cluster.bootstrap_servers, source, target, RECORD_PARTITIONS, partition)
    arguments = [msgspec.json.encode(order).decode()]
    with (
        Program("benchmarks.relay", arguments, directory=place.directory) as program,
        Stopwatch(Ways(place.cluster, source, target, CONNECTION)) as watch,
    ):
        program.until(lambda: "\n" in program.output, "ready", _SECONDS)
        watch.milliseconds(b"first", b"first")
        found = []
        for done in range(NOTIFICATIONS):
            advance(done)
            found.append(watch.milliseconds(f"message {done};".encode(), f"message {done};".encode()))
    return found


def _worker(stage: Stage, place: Place, number: int) -> tuple[list[float], list[float], int]:
    """The worker at idle, then beside scans; and how many of these ended meanwhile."""
    key = Fernet.generate_key()
    idle_files = create_files(place.drive, NOTIFICATIONS)
    busy_files = create_files(place.drive, NOTIFICATIONS)
    with (
        ready_worker(place, worker_environment(place, key)) as worker,
        closing(place.cluster.reader(place.topic("events"))) as events,
        Stopwatch(Ways(place.cluster, place.topic("webhook"), place.topic("records"), CONNECTION)) as watch,
    ):
        send_trigger(place, key)
        follow(worker, Completion(events), lambda: None, place.deadline_seconds)
        times(watch, place.drive, create_files(place.drive, 5), CONNECTION, first_number=1, between=lambda _: None)
        with stage.screen.bar(f"idle, run {number}", NOTIFICATIONS) as advance:
            idle = times(watch, place.drive, idle_files, CONNECTION, first_number=10, between=advance)
        scans = _Scans(place, key, events)
        with stage.screen.bar(f"beside scans, run {number}", NOTIFICATIONS) as advance:
            between = _both(advance, scans.keep_up)
            busy = times(watch, place.drive, busy_files, CONNECTION, first_number=1000, between=between)
    return idle, busy, scans.completed


def _both(advance: Advance, keep_up: Callable[[], None]) -> Callable[[int], None]:
    def between(done: int) -> None:
        advance(done)
        keep_up()

    return between
