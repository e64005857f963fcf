"""What is counted over the states, and that nobody is named."""

from datetime import UTC, datetime

from prometheus_client.registry import Collector

from google_drive_worker.http.progress import ProgressSeries
from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    JobState,
    Parked,
    Part,
    Phase,
    Range,
    corpus_part,
)

NOW = datetime(2026, 1, 1, 0, 10, tzinfo=UTC)
DONE = JobState(config={}, full_wanted=1, full_done=1, incremental_wanted=1, incremental_done=1)
PARKED = JobState(config={}, parked=Parked("forbidden", "no", "2026-01-01T00:00:00Z"))


def corpus(phase: Phase, started_at: str | None = None) -> CorpusState:
    return CorpusState(
        "user:me",
        phase,
        "000000000001",
        "token",
        "token",
        1,
        ranges={"a": Range(done=True), "b": Range()},
        counts={"file": 7, "folder": 3},
        started_at=started_at,
    )


def connection(name: str, job: JobState, *corpora: CorpusState) -> ConnectionState:
    parts: dict[str, Part] = {JOB: job, **{corpus_part(one.corpus): one for one in corpora}}
    return ConnectionState(name, parts)


def values(collector: Collector) -> dict[tuple[str, ...], float]:
    """Values by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in collector.collect()
        for sample in family.samples
    }


def test_connections_and_snapshots_are_counted() -> None:
    """Connections by standing, corpora by phase, and how far open snapshots are; what is live does not count there."""
    states = [
        connection("a", JobState(config={}, full_wanted=1), corpus(Phase.SCANNING, "2026-01-01T00:00:00Z")),
        connection("b", JobState(config={}, full_wanted=1), corpus(Phase.SCANNING, "2026-01-01T00:09:00Z")),
        connection("c", DONE, corpus(Phase.LIVE)),
        connection("d", PARKED),
        connection("e", JobState(config={}, paused=True)),
    ]
    assert values(ProgressSeries("w", states, lambda: NOW)) == {
        ("w_connections", "working"): 2,
        ("w_connections", "idle"): 1,
        ("w_connections", "paused"): 1,
        ("w_connections", "parked"): 1,
        ("w_corpora", "scanning"): 2,
        ("w_corpora", "live"): 1,
        ("w_scan_ranges", "done"): 2,
        ("w_scan_ranges", "open"): 2,
        ("w_scan_files",): 20,
        ("w_oldest_scan_age_seconds",): 600,
    }


def test_a_worker_without_connections_has_every_series_at_zero() -> None:
    """A dashboard shows 0, not a gap."""
    assert set(values(ProgressSeries("w", [], lambda: NOW)).values()) == {0}
