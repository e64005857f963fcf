"""When a worker is ready. In: how its parts stand. Out: one check that names each part that is not there yet."""

from collections.abc import Iterator
from dataclasses import dataclass

from google_drive_worker.http.health import Check

HEARTBEAT_SECONDS = 30.0
"""The committer goes round every half second; a transaction that takes longer than this means trouble with Kafka."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the parts of a worker stand. Ages are seconds."""

    stopping: bool
    partitions: int
    restored: bool
    """States are restored and messages flow; also said of a spare, to which the group gave no partitions."""
    heartbeat_age_seconds: float
    kafka: Check
    lost_track: bool = False
    """The end of a transaction is unknown: a new producer settles it, and until then nothing is committed."""


def readiness(standing: Standing) -> Check:
    """Ready means: assigned, restored, committing, Kafka answers, and no end in sight."""
    missing = dict(_missing(standing))
    if not missing:
        return Check(ok=True, detail=f"owns {standing.partitions} partitions")
    return Check(ok=False, detail="; ".join(f"{part}: {why}" for part, why in missing.items()), failed=tuple(missing))


def _missing(standing: Standing) -> Iterator[tuple[str, str]]:
    if standing.stopping:
        yield "process", "stopping"
    if not standing.restored:
        yield _not_restored(standing.partitions)
    if standing.heartbeat_age_seconds > HEARTBEAT_SECONDS:
        yield "committer", f"last seen {standing.heartbeat_age_seconds:.0f} s ago"
    elif standing.lost_track:
        yield "committer", "lost track of a transaction, and waits for a new producer"
    if not standing.kafka.ok:
        yield "kafka", standing.kafka.detail


def _not_restored(partitions: int) -> tuple[str, str]:
    if partitions:
        return "restore", f"{partitions} partitions assigned, their states are not restored yet"
    return "assignment", "the group has given no partitions yet"
