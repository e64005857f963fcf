"""How much of the quota is used and how it is shared, read when it is asked for.

In: the gate. Out: gauges by lane (what waits) and by limit (`user`, the fullest of them, `project`, `day`, `replica`),
and what became of asking the shared books; where nothing is shared, the latter stand at nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from google_drive_worker.quota.gate import QuotaGate
from google_drive_worker.quota.sharing import Exchanges


class QuotaSeries(Collector):
    """Series over one gate."""

    def __init__(self, prefix: str, gate: QuotaGate) -> None:
        self._prefix = prefix
        self._gate = gate

    def collect(self) -> Iterable[Metric]:
        """Look at the gate once."""
        use = self._gate.use()
        nearest = "What was spent of the quota limit that is nearest, as a part of it"
        yield self._gauge("rate_limit_use_ratio", nearest, use.fullness)
        yield self._by("limit", "quota_use_ratio", "What was spent of each quota limit, as a part of it", use.limits)
        waiting = {lane.name.lower(): calls for lane, calls in use.waiting.items()}
        yield self._by("lane", "quota_waiting_calls", "Calls that wait for quota, by lane", waiting)
        yield from self._sharing()

    def _sharing(self) -> Iterator[Metric]:
        ledger = self._gate.sharing.ledger if self._gate.sharing else None
        leased = ledger.leased() if ledger else {}
        yield self._by("limit", "quota_leased_units", "What is leased and not spent, by limit", leased)
        yield self._gauge("quota_shared", "1 while quota is shared", ledger.is_shared if ledger else False)
        yield self._gauge("quota_replicas", "Replicas that share the quota", ledger.replicas if ledger else 1)
        exchanges = self._gate.sharing.exchanges if self._gate.sharing else Exchanges()
        calls = self._counter("quota_exchanges", "Calls to Redis for quota, by outcome", ["outcome"])
        calls.add_metric(["answered"], exchanges.answered)
        calls.add_metric(["failed"], exchanges.failed)
        yield calls
        fallbacks = self._counter("quota_fallbacks", "How often Redis was lost and quota counted alone", [])
        fallbacks.add_metric([], exchanges.fallbacks)
        yield fallbacks

    def _by(self, label: str, name: str, text: str, values: Mapping[Any, float]) -> Metric:
        family = GaugeMetricFamily(f"{self._prefix}_{name}", text, labels=[label])
        for which, value in values.items():
            family.add_metric([which], value)
        return family

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        return GaugeMetricFamily(f"{self._prefix}_{name}", text, value)

    def _counter(self, name: str, text: str, labels: list[str]) -> CounterMetricFamily:
        return CounterMetricFamily(f"{self._prefix}_{name}", text, labels=labels)
