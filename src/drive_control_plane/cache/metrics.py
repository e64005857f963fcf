"""What the cache counts, for Prometheus. In: what happened. Out: series in a registry. No label holds a key."""

from prometheus_client import CollectorRegistry, Counter, Gauge

PREFIX = "drive_control_plane_cache"


class CacheMetrics:
    """The series of a cache in Redis; all are there from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._asked = Counter(f"{PREFIX}_asked_total", "Questions to the cache", ["outcome"], registry=registry)
        self._hits, self._misses = self._asked.labels("hit"), self._asked.labels("miss")
        self.failed = Counter(f"{PREFIX}_failures_total", "Calls that Redis did not answer in time", registry=registry)
        self.up = Gauge(f"{PREFIX}_up", "Whether Redis answered the last time that it was asked", registry=registry)

    def asked(self, *, hit: bool) -> None:
        """Count a question."""
        (self._hits if hit else self._misses).inc()
