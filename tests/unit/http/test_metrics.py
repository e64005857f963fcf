"""Series by the names that dashboards and alerts use."""

import asyncio
from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families

from google_drive_worker.http.metrics import Metrics
from google_drive_worker.schemas.event import ErrorRecord, EventName, SyncEvent
from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.sinks.kafka.work import Work
from google_drive_worker.sync.batch import Batch

Labels = dict[str, str]
NOW = "2026-01-01T00:00:00.000Z"


def samples(metrics: Metrics, name: str) -> list[tuple[Labels, float]]:
    """Values of a series, by labels."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return [
        (dict(sample.labels), sample.value) for family in families for sample in family.samples if sample.name == name
    ]


@pytest.mark.parametrize(
    "name",
    [
        "messages_processed_total",
        "files_synced_total",
        "api_calls_total",
        "api_errors_total",
        "processing_duration_seconds",
        "consumer_lag",
        "change_lag_seconds",
        "dead_letters_total",
        "transactions_total",
    ],
)
def test_the_published_names_are_there(name: str) -> None:
    """Each series of requirement A11 is declared from the start, before anything has happened."""
    assert f"# HELP google_drive_worker_{name} " in Metrics().exposition().decode()


def test_messages_are_counted_by_type() -> None:
    """Triggers, webhooks and dead letters apart."""
    metrics = Metrics()
    for kind in ("trigger", "trigger", "dead_letter"):
        metrics.message(kind)
    assert samples(metrics, "google_drive_worker_messages_processed_total") == [
        ({"type": "trigger"}, 2.0),
        ({"type": "dead_letter"}, 1.0),
    ]


def test_calls_and_their_errors_are_counted() -> None:
    """Calls by endpoint and status, errors by code, and how long calls take."""
    metrics = Metrics()
    metrics.call("files.list", 200, 0.2)
    metrics.call("files.list", 503, 0.3)
    metrics.error("files.list", "backend_error")
    metrics.error("files.list", "backend_error")
    metrics.retried("files.list", "backend_error")
    assert samples(metrics, "google_drive_worker_api_calls_total") == [
        ({"endpoint": "files.list", "status": "200"}, 1.0),
        ({"endpoint": "files.list", "status": "503"}, 1.0),
    ]
    assert samples(metrics, "google_drive_worker_api_errors_total") == [({"code": "backend_error"}, 2.0)]
    assert samples(metrics, "google_drive_worker_api_failures_total") == [
        ({"endpoint": "files.list", "code": "backend_error"}, 2.0)
    ]
    assert samples(metrics, "google_drive_worker_api_retries_total") == [
        ({"endpoint": "files.list", "code": "backend_error"}, 1.0)
    ]
    assert samples(metrics, "google_drive_worker_quota_units_total") == [({"endpoint": "files.list"}, 200.0)]
    assert samples(metrics, "google_drive_worker_api_duration_seconds_sum") == [({"endpoint": "files.list"}, 0.5)]


def test_what_is_committed_is_counted() -> None:
    """Files by the batch, records by type; works without records count nothing."""

    async def works() -> list[Work]:
        loop = asyncio.get_running_loop()
        records = [OutRecord(kind, "id", "upsert", "k", 1, b"", 0) for kind in ("file", "file", "snapshot")]
        return [Work(1, loop.create_future(), "conn", Batch(None, records, files=2)), Work(1, loop.create_future())]

    metrics = Metrics()
    metrics.committed(asyncio.run(works()))
    assert samples(metrics, "google_drive_worker_files_synced_total") == [({}, 2.0)]
    assert samples(metrics, "google_drive_worker_records_committed_total") == [
        ({"resource_type": "file"}, 2.0),
        ({"resource_type": "snapshot"}, 1.0),
    ]
    assert samples(metrics, "google_drive_worker_records_by_lane_total") == [({"lane": "first_scan"}, 3.0)]
    assert samples(metrics, "gdrive_files_processed_total") == [({"file_type": "file", "status": "upsert"}, 2.0)]


def test_what_was_told_is_counted() -> None:
    """Events by name, error records by stage and code, dead letters by reason, the lag of changes."""

    async def works() -> list[Work]:
        loop = asyncio.get_running_loop()
        applied = SyncEvent(EventName.CHANGES_APPLIED, "conn", NOW, lag_seconds=2.5)
        failed = SyncEvent(EventName.JOB_FAILED, "conn", NOW)
        broken = error_record("sync", "forbidden")
        dead = error_record("intake", "not_json")
        return [
            Work(1, loop.create_future(), "conn", Batch(None, notices=[applied, failed, broken])),
            Work(1, loop.create_future(), notices=(dead,)),
        ]

    metrics = Metrics()
    metrics.committed(asyncio.run(works()))
    assert samples(metrics, "google_drive_worker_events_total") == [
        ({"event": "changes_applied"}, 1.0),
        ({"event": "job_failed"}, 1.0),
    ]
    assert samples(metrics, "google_drive_worker_error_records_total") == [
        ({"stage": "sync", "code": "forbidden"}, 1.0),
        ({"stage": "intake", "code": "not_json"}, 1.0),
    ]
    assert samples(metrics, "google_drive_worker_dead_letters_total") == [({"reason": "not_json"}, 1.0)]
    assert samples(metrics, "google_drive_worker_change_lag_seconds_sum") == [({}, 2.5)]


def error_record(stage: str, code: str) -> ErrorRecord:
    return ErrorRecord(None, "conn", NOW, stage, code, retryable=False, message="no")


def test_transactions_and_ownership_are_counted() -> None:
    """Transactions by outcome with their messages, rebalances by kind, restores with what they read."""
    metrics = Metrics()
    metrics.transaction("committed", 7)
    metrics.transaction("fenced", 2)
    metrics.rebalance("assigned")
    metrics.restored(12, 0.5)
    assert samples(metrics, "google_drive_worker_transactions_total") == [
        ({"outcome": "committed"}, 1.0),
        ({"outcome": "fenced"}, 1.0),
    ]
    assert samples(metrics, "google_drive_worker_transaction_messages_total")[0] == ({"outcome": "committed"}, 7.0)
    assert samples(metrics, "google_drive_worker_rebalances_total") == [({"kind": "assigned"}, 1.0)]
    assert samples(metrics, "google_drive_worker_restore_messages_total") == [({}, 12.0)]
    assert samples(metrics, "google_drive_worker_restore_duration_seconds_count") == [({}, 1.0)]


@pytest.mark.parametrize(
    ("older", "name"),
    [
        ("drive_api_calls_total", "api_calls_total"),
        ("drive_api_duration_seconds_sum", "api_duration_seconds_sum"),
        ("drive_api_duration_seconds_bucket", "api_duration_seconds_bucket"),
        ("gdrive_processing_duration_seconds_count", "processing_duration_seconds_count"),
    ],
)
def test_names_of_earlier_deployments_say_the_same(older: str, name: str) -> None:
    """A dashboard made for the old names shows the same values."""
    metrics = Metrics()
    metrics.call("files.list", 200, 0.2)
    metrics.job_seconds.observe(3.0)
    assert samples(metrics, older) == samples(metrics, f"google_drive_worker_{name}") != []


def test_values_by_a_label_are_read_when_asked_for() -> None:
    """One value for each value of the label."""
    metrics, held = Metrics(), {"scan": 1.0, "increment": 2.0}
    metrics.gauges("jobs_running", "Jobs", "kind", {kind: partial(held.__getitem__, kind) for kind in held})
    held["scan"] = 5.0
    assert samples(metrics, "google_drive_worker_jobs_running") == [
        ({"kind": "scan"}, 5.0),
        ({"kind": "increment"}, 2.0),
    ]


def test_a_gauge_is_read_when_asked_for() -> None:
    """Its value is that of the moment."""
    metrics, held = Metrics(), [1.0]
    metrics.gauge("jobs_running", "Jobs that run", lambda: held[0])
    held[0] = 5.0
    assert samples(metrics, "google_drive_worker_jobs_running") == [({}, 5.0)]


def test_two_workers_in_a_process_do_not_share_series() -> None:
    """Each has a registry of its own."""
    first, second = Metrics(), Metrics()
    first.message("trigger")
    assert samples(second, "google_drive_worker_messages_processed_total") == []
