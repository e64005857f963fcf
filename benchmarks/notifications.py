"""Changes in the emulated drive, and how long their records take.

In: a drive, a topic to notify, a topic of records. Out: for each change the milliseconds from its notification to the
moment when a `read_committed` consumer holds the record.
"""

import json
import random
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from types import TracebackType
from typing import Self

import msgspec
from confluent_kafka import KafkaError, KafkaException, Producer

from benchmarks.cluster import Cluster
from benchmarks.drive import Drive
from benchmarks.errors import BenchmarkError

_ANSWER_SECONDS = 60.0
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.15
"""Pauses of any length up to this, so that changes do not fall into step with whatever polls on the way."""


class _Made(msgspec.Struct):
    id: str


class _Mutated(msgspec.Struct):
    results: list[_Made]


def control(drive: Drive, method: str, what: str, message: object = None) -> bytes:
    """Ask the emulator's control API; raises `OSError`."""
    body = None if message is None else msgspec.json.encode(message)
    url = f"{drive.url}/__emulator__/{what}"
    request = urllib.request.Request(url, body, {"content-type": "application/json"}, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 # of this machine
        return bytes(answer.read())


def create_files(drive: Drive, count: int) -> list[str]:
    """Make files that are to change later; return their ids."""
    mutations = [{"op": "create", "name": f"new {number}.txt"} for number in range(count)]
    return [
        made.id
        for made in msgspec.json.decode(
            control(drive, "POST", "world", {"mutations": mutations}), type=_Mutated
        ).results
    ]


def rename(drive: Drive, file_id: str, name: str) -> None:
    """Change a file."""
    control(drive, "POST", "world", {"mutations": [{"op": "rename", "id": file_id, "name": name}]})


@dataclass(frozen=True, slots=True)
class Ways:
    """Where to notify, and where the record is to be seen."""

    cluster: Cluster
    notified: str
    records: str
    key: str


class Stopwatch:
    """Notifies, and waits for the record; a context manager that reads the records topic on its way."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        settings = {"bootstrap.servers": ways.cluster.bootstrap_servers, "partitioner": "murmur2", "linger.ms": 0}
        self._producer = Producer(settings)
        self._reader = ways.cluster.reader(ways.records, of=ways.key)

    def milliseconds(self, notification: bytes, sought: bytes) -> float:
        """Send a notification; time the first message that holds `sought`. Raises `BenchmarkError` when none comes."""
        started = time.perf_counter()
        self._producer.produce(self._ways.notified, notification, self._ways.key)
        self._producer.flush(_PATIENCE_SECONDS)
        while time.perf_counter() - started < _PATIENCE_SECONDS:
            message = self._reader.poll(_POLL_SECONDS)
            error = None if message is None else message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            if message is not None and error is None and sought in (message.value() or b""):
                return (time.perf_counter() - started) * 1000
        raise BenchmarkError(f"a change did not become a record within {_PATIENCE_SECONDS:.0f} s")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()


def notification(connection: str, number: int) -> bytes:
    """What the receiver of Drive's notifications writes (docs/contracts.md, "Webhook")."""
    headers = {
        "X-Goog-Channel-ID": "benchmark",
        "X-Goog-Message-Number": str(number),
        "X-Goog-Resource-State": "change",
    }
    return json.dumps({"integration_connection_id": connection, "corpus": "user:me", "headers": headers}).encode()


def times(
    watch: Stopwatch,
    drive: Drive,
    files: Sequence[str],
    connection: str,
    *,
    first_number: int,
    between: Callable[[int], None],
) -> list[float]:
    """Change the files one after the other; `between` is told how many are done before each."""
    chance, found = random.Random(first_number), []
    for done, file_id in enumerate(files):
        between(done)
        time.sleep(chance.uniform(0, _LONGEST_PAUSE_SECONDS))
        name = f"renamed {first_number + done} {file_id}"
        rename(drive, file_id, name)
        found.append(watch.milliseconds(notification(connection, first_number + done), name.encode()))
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many of a hundred do not exceed; raises `statistics.StatisticsError` for fewer than two."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
