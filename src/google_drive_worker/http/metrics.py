"""Metrics, as Prometheus reads them.

In: what happened. Out: `/metrics`. Names are part of the contract (docs/operations.md); labels never hold an id of a
connection, a file or a person.
"""

from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence

from msgspec import UNSET
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from google_drive_worker.client.quota import Lane, units_of
from google_drive_worker.http.renamed import Renamed
from google_drive_worker.schemas.event import ErrorRecord, Notice, SyncEvent
from google_drive_worker.sinks.kafka.work import Work
from google_drive_worker.sync.batch import Batch

PREFIX = "google_drive_worker"
INTAKE = "intake"
"""The stage of error records about dead letters."""
FILE_TYPES = ("file", "folder")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class Metrics:
    """All series of one worker, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self.messages = self._counter("messages_processed_total", "Inbound messages handled, by type", "type")
        self.consumer_lag = Gauge(
            f"{PREFIX}_consumer_lag", "Inbound messages that are not handled yet", registry=self.registry
        )
        self.loop_late_seconds = self._counter(
            "event_loop_late_seconds_total", "By how much the event loop came late, looked at four times a second"
        )
        self._declare_calls()
        self._declare_commits()
        self._declare_jobs()
        self._declare_ownership()
        self._repeat_older_names()

    def _declare_calls(self) -> None:
        self.calls = self._counter("api_calls_total", "Calls to Google, by method and status", "endpoint", "status")
        self.call_errors = self._counter("api_errors_total", "Failed calls to Google, by error code", "code")
        self.call_failures = self._counter(
            "api_failures_total", "Failed calls to Google, by method and error code", "endpoint", "code"
        )
        self.call_retries = self._counter(
            "api_retries_total",
            "Failed calls to Google that are tried again, by method and error code",
            "endpoint",
            "code",
        )
        self.call_seconds = self._histogram("api_duration_seconds", "Calls to Google", "endpoint")
        self.quota_units = self._counter("quota_units_total", "Quota units that calls have cost", "endpoint")
        self.quota_wait_seconds = self._histogram("quota_wait_seconds", "Calls' waiting for quota, by lane", "lane")
        self.quota_refusals = self._counter("quota_refusals_total", "Calls refused although the ledger had room")

    def _declare_commits(self) -> None:
        self.files = self._counter("files_synced_total", "Records of files and folders committed")
        self.records = self._counter("records_committed_total", "Records committed, by resource type", "resource_type")
        self.lanes = self._counter("records_by_lane_total", "Records committed, by what they were made for", "lane")
        self.commit_seconds = self._histogram("commit_duration_seconds", "Transactions that were committed")
        self.commit_bytes = self._counter("committed_bytes_total", "Bytes of what was committed, before compression")
        self.transactions = self._counter("transactions_total", "Transactions, by how they ended", "outcome")
        self.sent = self._counter(
            "transaction_messages_total", "Messages in transactions, by how they ended", "outcome"
        )
        self.events = self._counter("events_total", "Sync events committed, by name", "event")
        self.errors = self._counter("error_records_total", "Error records committed", "stage", "code")
        self.dead_letters = self._counter("dead_letters_total", "Inbound messages set aside, by reason", "reason")
        self.change_lag = self._histogram(
            "change_lag_seconds", "Age of the newest change of a page when the page was worked on"
        )

    def _declare_jobs(self) -> None:
        self.job_errors = self._counter("job_errors_total", "Failed jobs, by error code", "code")
        self.job_retries = self._counter("job_retries_total", "Jobs that back off and are tried again", "code")
        self.job_seconds = self._histogram("processing_duration_seconds", "Jobs, from their slot to their end")

    def _declare_ownership(self) -> None:
        self.rebalances = self._counter("rebalances_total", "Changes of the assignment, by kind", "kind")
        self.restore_seconds = self._histogram("restore_duration_seconds", "Reading the state topic to its end")
        self.restore_messages = self._counter("restore_messages_total", "Messages of the state topic that were read")

    def _repeat_older_names(self) -> None:
        """Declare the names that dashboards of earlier deployments use."""
        self.file_records = Counter(
            "gdrive_files_processed_total",
            "Records of files and folders committed",
            ("file_type", "status"),
            registry=self.registry,
        )
        self.collect(Renamed(self.calls, "drive_api_calls"))
        self.collect(Renamed(self.call_seconds, "drive_api_duration_seconds"))
        self.collect(Renamed(self.job_seconds, "gdrive_processing_duration_seconds"))

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a value that is read when it is asked for."""
        Gauge(f"{PREFIX}_{name}", text, registry=self.registry).set_function(read)

    def gauges(self, name: str, text: str, label: str, reads: Mapping[str, Callable[[], float]]) -> None:
        """Add values that are read when they are asked for, by the value of a label."""
        gauge = Gauge(f"{PREFIX}_{name}", text, (label,), registry=self.registry)
        for value, read in reads.items():
            gauge.labels(value).set_function(read)

    def repeated_gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a value under a name of an earlier deployment, as it is."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def collect(self, collector: Collector) -> None:
        """Add series that are made when they are asked for."""
        self.registry.register(collector)

    def call(self, endpoint: str, status: int, seconds: float) -> None:
        """Count a call to Google."""
        self.calls.labels(endpoint, str(status)).inc()
        self.call_seconds.labels(endpoint).observe(seconds)
        self.quota_units.labels(endpoint).inc(units_of(endpoint))

    def granted(self, lane: Lane, waited_seconds: float) -> None:
        """Count how long a call waited for its turn."""
        self.quota_wait_seconds.labels(lane.name.lower()).observe(waited_seconds)

    def refused(self) -> None:
        """Count a call that Google refused although the ledger had room for it."""
        self.quota_refusals.inc()

    def error(self, endpoint: str, code: str) -> None:
        """Count a failed call."""
        self.call_errors.labels(code).inc()
        self.call_failures.labels(endpoint, code).inc()

    def retried(self, endpoint: str, code: str) -> None:
        """Count a failed call that is tried again."""
        self.call_retries.labels(endpoint, code).inc()

    def message(self, kind: str) -> None:
        """Count an inbound message."""
        self.messages.labels(kind).inc()

    def committed(self, works: Sequence[Work]) -> None:
        """Count what a transaction held."""
        for work in works:
            self.commit_bytes.inc(work.size_bytes)
            if work.batch is not None:
                self._batch(work.batch)
            for notice in work.notices:
                self._notice(notice)

    def transaction(self, outcome: str, messages: int) -> None:
        """Count a transaction that has ended."""
        self.transactions.labels(outcome).inc()
        self.sent.labels(outcome).inc(messages)

    def loop_late(self, seconds: float) -> None:
        """Count how late the event loop came to a task that was due."""
        self.loop_late_seconds.inc(seconds)

    def rebalance(self, kind: str) -> None:
        """Count a change of the assignment."""
        self.rebalances.labels(kind).inc()

    def restored(self, messages: int, seconds: float) -> None:
        """Count a restore that has read the state topic to its end."""
        self.restore_seconds.observe(seconds)
        self.restore_messages.inc(messages)

    def _batch(self, batch: Batch) -> None:
        self.files.inc(batch.files)
        if batch.records:
            self.lanes.labels(batch.lane.name.lower()).inc(len(batch.records))
        for (kind, op), count in Tally((record.resource_type, record.op) for record in batch.records).items():
            self.records.labels(kind).inc(count)
            if kind in FILE_TYPES:
                self.file_records.labels(kind, op).inc(count)
        for notice in batch.notices:
            self._notice(notice)

    def _notice(self, notice: Notice) -> None:
        if isinstance(notice, ErrorRecord):
            self._error_record(notice)
        else:
            self._event(notice)

    def _error_record(self, error: ErrorRecord) -> None:
        self.errors.labels(error.stage, error.code).inc()
        if error.stage == INTAKE:
            self.dead_letters.labels(error.code).inc()

    def _event(self, event: SyncEvent) -> None:
        self.events.labels(event.event).inc()
        if event.lag_seconds is not UNSET:
            self.change_lag.observe(event.lag_seconds)

    def exposition(self) -> bytes:
        """The text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", text, labels, registry=self.registry, buckets=SECONDS)
