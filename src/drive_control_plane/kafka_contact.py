"""Whether this process and Kafka reach each other: what its parts last heard, for probes and metrics.

In: word from whoever reads the worker's events and whoever publishes. Out: whether both go on, and since when not. No
part waits for this, and a process without one of the parts has nothing to complain of.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Gauge

from drive_control_plane.clock import REAL_CLOCK

SILENT: Final = timedelta(seconds=90)
"""Longer than a reader of events that has nothing to read goes without asking whether its topics are there."""
_PREFIX: Final = "drive_control_plane_kafka"


class KafkaContact:
    """What was heard; one of it a process."""

    def __init__(self, now: Callable[[], datetime] = REAL_CLOCK.now) -> None:
        self._now = now
        self._heard_at: datetime | None = None
        self.publishes = True
        """Whether the last message that was published was acknowledged."""

    def heard(self, at: datetime) -> None:
        """The worker's events could be read at a moment, or somebody began to try."""
        self._heard_at = at if self._heard_at is None else max(at, self._heard_at)

    @property
    def silent_seconds(self) -> float:
        """For how long the worker's events were not read; 0 where nobody reads them."""
        return 0.0 if self._heard_at is None else max(0.0, (self._now() - self._heard_at).total_seconds())

    @property
    def reads(self) -> bool:
        """Whether the worker's events are read, as far as is known by now."""
        return self.silent_seconds < SILENT.total_seconds()

    def show(self, registry: CollectorRegistry) -> None:
        """Have Prometheus see it."""
        events_up = Gauge(f"{_PREFIX}_events_up", "Whether the worker's events can be read", registry=registry)
        events_up.set_function(lambda: self.reads)
        silent = Gauge(
            f"{_PREFIX}_events_silent_seconds", "Since Kafka last answered the reader of events", registry=registry
        )
        silent.set_function(lambda: self.silent_seconds)
        publisher_up = Gauge(f"{_PREFIX}_publisher_up", "Whether the last message was acknowledged", registry=registry)
        publisher_up.set_function(lambda: self.publishes)
