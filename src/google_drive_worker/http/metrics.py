"""Metrics, as Prometheus reads them.

In: what happened. Out: `/metrics`. Names are part of the contract (docs/operations.md); labels never hold an id of a
connection, a file or a person.
"""

import time
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from google_drive_worker.client.quota import units_of
from google_drive_worker.sinks.kafka.work import Work

PREFIX = "google_drive_worker"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class UnitMeter:
    """Quota units spent in the last minute, in buckets of a second."""

    def __init__(self) -> None:
        self._spent: deque[tuple[int, int]] = deque()

    def add(self, units: int, at_seconds: float) -> None:
        """Count units spent at a time of a monotonic clock."""
        second = int(at_seconds)
        if self._spent and self._spent[-1][0] == second:
            units += self._spent.pop()[1]
        self._spent.append((second, units))
        self._forget(second)

    def per_minute(self, at_seconds: float) -> int:
        """What was spent in the minute before."""
        self._forget(int(at_seconds))
        return sum(units for _, units in self._spent)

    def _forget(self, second: int) -> None:
        while self._spent and self._spent[0][0] <= second - 60:
            self._spent.popleft()


class Metrics:
    """All series of one worker, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.messages = self._counter("messages_processed_total", "Inbound messages handled, by type", "type")
        self.consumer_lag = Gauge(
            f"{PREFIX}_consumer_lag", "Inbound messages that are not handled yet", registry=self.registry
        )
        self.units = UnitMeter()
        self.files = self._counter("files_synced_total", "Records of files and folders committed")
        self.records = self._counter("records_committed_total", "Records committed, by resource type", "resource_type")
        self.calls = self._counter("api_calls_total", "Calls to Google, by method and status", "endpoint", "status")
        self.call_errors = self._counter("api_errors_total", "Failed calls to Google, by error code", "code")
        self.job_errors = self._counter("job_errors_total", "Failed jobs, by error code", "code")
        self.call_seconds = self._histogram("api_duration_seconds", "Calls to Google", "endpoint")
        self.job_seconds = self._histogram("processing_duration_seconds", "Jobs, from their slot to their end")
        self.commit_seconds = self._histogram("commit_duration_seconds", "Transactions")

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a value that is read when it is asked for."""
        Gauge(f"{PREFIX}_{name}", text, registry=self.registry).set_function(read)

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        """Count a call to Google."""
        self.calls.labels(endpoint, str(status)).inc()
        self.call_seconds.labels(endpoint).observe(seconds)
        self.units.add(units_of(endpoint), time.monotonic())

    def error(self, endpoint: str, code: str) -> None:  # noqa: ARG002 # the protocol's signature
        """Count a failed call."""
        self.call_errors.labels(code).inc()

    def message(self, kind: str) -> None:
        """Count an inbound message."""
        self.messages.labels(kind).inc()

    def committed(self, works: Sequence[Work]) -> None:
        """Count what a transaction held."""
        for work in works:
            if work.batch is not None and work.batch.records:
                self.files.inc(work.batch.files)
                for kind, count in Tally(record.resource_type for record in work.batch.records).items():
                    self.records.labels(kind).inc(count)

    def exposition(self) -> bytes:
        """The text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", text, labels, registry=self.registry, buckets=SECONDS)
