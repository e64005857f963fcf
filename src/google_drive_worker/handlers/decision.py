"""What a handler decides, as values; the intake carries it out."""

from dataclasses import dataclass

from google_drive_worker.schemas.event import SyncEvent
from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.sync.patch import Patch


@dataclass(frozen=True, slots=True)
class Apply:
    """Change the connection's state, and go on from it."""

    connection_id: str
    patch: Patch
    events: tuple[SyncEvent, ...] = ()
    records: tuple[OutRecord, ...] = ()
    records_partition: int | None = None
    interrupts: bool = False
    """Whether a job that runs must stop first."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing is to be done; only the offset moves on."""

    why: str


Decision = Apply | Ignore
