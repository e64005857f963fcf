"""The worker as it is deployed: a process of its own that a message in Kafka sets to work.

In: a cluster, a drive, a directory. Out: what one full sync took, and the memory on the way.
"""

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, Producer
from cryptography.fernet import Fernet

from benchmarks.cluster import Cluster, Growth, ReadBack
from benchmarks.drive import Drive
from benchmarks.errors import BenchmarkError
from benchmarks.programs import Program
from benchmarks.screen import Advance
from benchmarks.usage import Meter, Spent, rss_mb
from clustera_toolkit.testing.ports import free_port

MODULE = "google_drive_worker"
CONNECTION = "benchmark"
_ROLES = ("trigger", "webhook", "records", "errors", "state", "events")
_READY_SECONDS = 60.0
_ASK_SECONDS = 5.0
_LOOK_SECONDS = 0.25
_SLOWEST_FILES_PER_SECOND = 500


@dataclass(frozen=True, slots=True)
class Sample:
    """The worker's memory when so many records were written."""

    written: int
    rss_mb: float


@dataclass(frozen=True, slots=True)
class WorkerRun:
    """A full sync that was found complete. `drive_cpu_seconds` is what the emulator used meanwhile."""

    spent: Spent
    drive_cpu_seconds: float
    read_back: ReadBack
    samples: list[Sample]


class _Event(msgspec.Struct):
    event: str
    integration_connection_id: str
    code: str | None = None
    message: str | None = None


class _Record(msgspec.Struct):
    resource_type: str
    resource_id: str


_EVENT = msgspec.json.Decoder(_Event)
_RECORD = msgspec.json.Decoder(_Record)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run takes place; `prefix` names its topics."""

    cluster: Cluster
    drive: Drive
    directory: Path
    prefix: str

    @property
    def deadline_seconds(self) -> float:
        """When a run is given up: far beyond what any takes."""
        return 60.0 + self.drive.files / _SLOWEST_FILES_PER_SECOND

    def topic(self, role: str) -> str:
        """The run's own topic."""
        return f"{self.prefix}-{role}"


def full_sync(place: Place, advance: Advance) -> WorkerRun:
    """Start a worker, let it copy the drive once, and read back what it wrote.

    CPU and time count from the trigger to the event that says that the snapshot is complete; memory counts from the
    start of the process. Raises `BenchmarkError` when it fails or a file is missing.
    """
    key = Fernet.generate_key()
    environment = worker_environment(place, key)
    with ready_worker(place, environment) as worker, closing(place.cluster.reader(place.topic("events"))) as events:
        samples: list[Sample] = []
        worker_meter, drive_meter = Meter(worker.pid), Meter(place.drive.pid)
        send_trigger(place, key)
        follow(worker, Completion(events), _sampler(worker, place, samples, advance), place.deadline_seconds)
        spent = worker_meter.spent(place.drive.files)
        drive_cpu_seconds = drive_meter.cpu_seconds
    read_back = place.cluster.read_back(place.topic("records"), file_id)
    check_complete("the worker", read_back, place.drive.files)
    return WorkerRun(spent, drive_cpu_seconds, read_back, samples)


def check_complete(who: str, read_back: ReadBack, files: int) -> None:
    """Raise `BenchmarkError` unless every file was read back: speed counts only for the whole work."""
    if len(read_back.ids) != files:
        raise BenchmarkError(f"{who} was to copy {files} files, but {len(read_back.ids)} distinct ids were read back")


def worker_environment(place: Place, key: bytes) -> dict[str, str]:
    """What a worker process is told; `key` is the Fernet key of its credentials."""
    return {
        **{f"KAFKA_TOPIC_{role.upper()}": place.topic(role) for role in _ROLES},
        "KAFKA_BOOTSTRAP_SERVERS": place.cluster.bootstrap_servers,
        "KAFKA_CONSUMER_GROUP_ID": place.prefix,
        "KAFKA_AUTO_OFFSET_RESET": "earliest",
        "GDRIVE_API_BASE_URL": place.drive.url + "/drive/v3",
        "GOOGLE_TOKEN_URI": place.drive.url + "/token",
        "GOOGLE_CLIENT_ID": "benchmark",
        "GOOGLE_CLIENT_SECRET": "benchmark",
        "CREDENTIALS_ENCRYPTION_KEYS": key.decode(),
        "OBJECT_STORE_URL": (place.directory / "objects").as_uri(),
        "WORKER_HTTP_HOST": "127.0.0.1",
        "WORKER_HTTP_PORT": str(free_port()),
        "WORKER_REPLICA_ID": "benchmark",
        "LOG_LEVEL": "WARNING",
    }


def create_topics(place: Place, environment: Mapping[str, str]) -> None:
    """Make the worker's topics, by its own command; raises `BenchmarkError`."""
    with Program(MODULE, ["topics", "create"], directory=place.directory, environment=environment) as making:
        making.until(lambda: making.ended, "done with its topics", _READY_SECONDS)


@contextlib.contextmanager
def ready_worker(place: Place, environment: Mapping[str, str]) -> Iterator[Program]:
    """A worker with topics of its own that says it is ready; raises `BenchmarkError`."""
    create_topics(place, environment)
    with _ready(place, environment) as worker:
        yield worker


@contextlib.contextmanager
def restarted_worker(place: Place) -> Iterator[Program]:
    """A worker that finds the topics and states of the one before it and is ready; raises `BenchmarkError`."""
    with _ready(place, worker_environment(place, Fernet.generate_key())) as worker:
        yield worker


@contextlib.contextmanager
def _ready(place: Place, environment: Mapping[str, str]) -> Iterator[Program]:
    with Program(MODULE, ["run"], directory=place.directory, environment=environment) as worker:
        url = f"http://127.0.0.1:{environment['WORKER_HTTP_PORT']}/health/ready"
        worker.until(lambda: _answers(url), "ready", _READY_SECONDS)
        yield worker


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_ASK_SECONDS) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        time.sleep(_LOOK_SECONDS)
        return False


def send_trigger(place: Place, key: bytes, connection: str = CONNECTION, **config: object) -> None:
    """Ask for a full sync; `config` are settings of the connection besides its credential."""
    settings = {"refresh_token": Fernet(key).encrypt(b"benchmark").decode(), "page_size": 1000, **config}
    trigger = {"integration_connection_id": connection, "trigger_type": "full", "connection_config": settings}
    producer = Producer({"bootstrap.servers": place.cluster.bootstrap_servers, "partitioner": "murmur2"})
    producer.produce(place.topic("trigger"), json.dumps(trigger), connection)
    producer.flush(_ASK_SECONDS)


class Completion:
    """Waits a moment for the event that ends a connection's full sync."""

    def __init__(self, events: Consumer, connection: str = CONNECTION) -> None:
        self._events = events
        self._connection = connection

    def __call__(self) -> bool:
        """Whether it has come; raises `BenchmarkError` when another came that ends the work."""
        message = self._events.poll(_LOOK_SECONDS)
        if message is None or message.error() is not None:
            return False
        event = _EVENT.decode(message.value() or b"")
        if event.event in {"job_failed", "reauthorization_required", "snapshot_held"}:
            raise BenchmarkError(f"the worker said {event.event}: {event.code}, {event.message}")
        return (event.event, event.integration_connection_id) == ("snapshot_completed", self._connection)


def follow(worker: Program, complete: Callable[[], bool], look: Callable[[], None], seconds: float) -> None:
    """Wait for a worker's work to be complete, looking at it meanwhile; raises `BenchmarkError`."""
    deadline = time.monotonic() + seconds
    while not complete():
        look()
        if worker.ended or time.monotonic() > deadline:
            raise BenchmarkError(f"the worker was not done within {seconds:.0f} s")


def _sampler(worker: Program, place: Place, samples: list[Sample], advance: Advance) -> Callable[[], None]:
    written = Growth(place.cluster, place.topic("records"))

    def look() -> None:
        samples.append(Sample(written(), rss_mb(worker.pid)))
        advance(samples[-1].written)

    return look


def file_id(_: bytes, value: bytes) -> str | None:
    """The id of the file or folder that a record is about; None for other records."""
    record = _RECORD.decode(value)
    return record.resource_id if record.resource_type in {"file", "folder"} else None
