"""What becomes of the worker's messages, for Prometheus.

In: counts by outcome. Out: one series for each outcome in the registry that was given. No label holds an id.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter

OUTCOMES = (
    "applied",
    "repeated",
    "unreadable",
    "refused",
    "unknown_connection",
    "unknown_event",
    "listener_failed",
)


class EventMetrics:
    """The series of applied messages; all are there from the start, at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._messages = Counter(
            "drive_control_plane_worker_messages_total",
            "Messages of the worker's topics by what became of them",
            ["outcome"],
            registry=registry,
        )
        for outcome in OUTCOMES:
            self._messages.labels(outcome)

    def count(self, outcomes: Mapping[str, int]) -> None:
        """Add what became of a batch."""
        for outcome, number in outcomes.items():
            self._messages.labels(outcome).inc(number)
