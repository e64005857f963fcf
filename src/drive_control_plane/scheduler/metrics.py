"""What the scheduler counts, for Prometheus.

In: what happened. Out: series in the registry that was given. No label holds an id.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge

PREFIX = "drive_control_plane"


class SchedulerMetrics:
    """The scheduler's series."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Counter(
            f"{PREFIX}_due_triggers_published_total", "Triggers of due runs that Kafka acknowledged", registry=registry
        )
        self.failed = Counter(
            f"{PREFIX}_due_triggers_failed_total",
            "Triggers of due runs that Kafka did not acknowledge; their connections stay due",
            registry=registry,
        )
        self.set_aside = Counter(
            f"{PREFIX}_connections_set_aside_total", "Connections whose schedule cannot be followed", registry=registry
        )
        self.interrupted = Counter(
            f"{PREFIX}_scheduler_rounds_failed_total", "Rounds that ended early: no database", registry=registry
        )
        self.overdue_seconds = Gauge(
            f"{PREFIX}_schedule_overdue_seconds", "How long the longest waiting due run has waited", registry=registry
        )
