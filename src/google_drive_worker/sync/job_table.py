"""Which jobs wait, run or back off right now, and since when.

In: what a job does next, as a `with` block around it. Out: counts by stage and kind, and the age of the oldest, for
metrics. Triggers are accepted at once, so a lag that operators must see is here and nowhere in Kafka.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class JobKind(StrEnum):
    """What a job does, as far as slots are concerned."""

    SCAN = "scan"
    """The backfill: snapshots."""
    INCREMENT = "increment"
    """The logs of live corpora, and what follows from them at once."""
    LIST = "list"
    """Permissions, revisions and comments, read call by call."""


class Stage(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    BACKING_OFF = "backing_off"


class JobTable:
    """At most one entry a connection and kind. `monotonic` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._entries: dict[tuple[str, JobKind], tuple[Stage, float]] = {}

    @contextmanager
    def standing(self, connection_id: str, stage: Stage, kind: JobKind) -> Iterator[None]:
        """Have the connection's job counted at a stage for as long as the block runs, however it ends."""
        self._entries[connection_id, kind] = (stage, self._monotonic())
        try:
            yield
        finally:
            del self._entries[connection_id, kind]

    def count(self, stage: Stage, kind: JobKind | None = None) -> int:
        """How many jobs are at a stage; of one kind, or of all."""
        return sum(at is stage and kind in (None, of) for (_, of), (at, _) in self._entries.items())

    def oldest_seconds(self, stage: Stage) -> float:
        """For how long the oldest job has been at a stage; 0 when none is."""
        since = [since for at, since in self._entries.values() if at is stage]
        return self._monotonic() - min(since) if since else 0.0
