"""How far the connections of this worker are, counted when it is asked for.

In: the committed states. Out: gauges of connections, corpora and open snapshots; none names a connection.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client import Metric
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from google_drive_worker.schemas.state import ConnectionState, CorpusState, Phase
from google_drive_worker.schemas.times import parse_rfc3339
from google_drive_worker.sync.plan import has_work

STANDINGS = ("working", "idle", "paused", "parked")


class ProgressSeries(Collector):
    """Gauges over `states`; `now` is the time that snapshots' ages are told by."""

    def __init__(self, prefix: str, states: Iterable[ConnectionState], now: Callable[[], datetime]) -> None:
        self._prefix = prefix
        self._states = states
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """Look at every state once."""
        states = list(self._states)
        corpora = [corpus for state in states for corpus in state.corpora]
        scanning = [corpus for corpus in corpora if corpus.phase is Phase.SCANNING]
        ranges = Tally("done" if part.done else "open" for corpus in scanning for part in corpus.ranges.values())
        standings = _standings(states, self._now())
        yield self._gauge("connections", "Connections of this worker, by standing", "standing", STANDINGS, standings)
        yield self._gauge(
            "corpora", "Corpora, by phase", "phase", list(Phase), Tally(corpus.phase for corpus in corpora)
        )
        yield self._gauge("scan_ranges", "Ranges of open snapshots, by standing", "standing", ("done", "open"), ranges)
        yield from self._open_snapshots(scanning)

    def _open_snapshots(self, scanning: list[CorpusState]) -> Iterator[Metric]:
        listed = sum(sum(corpus.counts.values()) for corpus in scanning)
        starts = [start for corpus in scanning if (start := parse_rfc3339(corpus.started_at or "")) is not None]
        oldest = (self._now() - min(starts)).total_seconds() if starts else 0.0
        yield GaugeMetricFamily(f"{self._prefix}_scan_files", "Files that open snapshots have listed so far", listed)
        yield GaugeMetricFamily(
            f"{self._prefix}_oldest_scan_age_seconds", "How long the oldest open snapshot has been running", oldest
        )

    def _gauge(self, name: str, text: str, label: str, values: Iterable[str], counts: Tally[str]) -> Metric:
        family = GaugeMetricFamily(f"{self._prefix}_{name}", text, labels=[label])
        for value in values:
            family.add_metric([value], counts[value])
        return family


def _standings(states: Iterable[ConnectionState], now: datetime) -> Tally[str]:
    return Tally(_standing(state, now) for state in states)


def _standing(state: ConnectionState, now: datetime) -> str:
    job = state.job
    if job is not None and job.parked is not None:
        return "parked"
    if job is not None and job.paused:
        return "paused"
    return "working" if has_work(state, now) else "idle"
