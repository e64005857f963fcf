"""What a sync has done so far.

In: batches, as they are committed. Out: counts, the phase and the first errors, for whoever shows them. Pure and
bounded, however large the drive is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from google_drive_worker.schemas.event import ErrorRecord
from google_drive_worker.schemas.record import ResourceType
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.completion import CompleteSnapshot
from google_drive_worker.sync.enrich import AdvanceEnrichment
from google_drive_worker.sync.folders import Accounted, WalkFolder
from google_drive_worker.sync.follow import FollowedUp
from google_drive_worker.sync.settle import AdvanceLook, AdvanceSettling
from google_drive_worker.sync.state import (
    AdoptCursor,
    AdvanceCursor,
    AdvanceScan,
    All,
    OpenSnapshot,
    Patch,
    SplitRange,
)

ITEMS = frozenset({ResourceType.FILE, ResourceType.FOLDER})
MAX_ERRORS_KEPT = 10
JOB_STAGE = "sync"
"""The stage of errors that end or delay a job; those of all other stages cost one item."""


@dataclass(slots=True)
class Progress:
    """Counts of one run. An item that was written twice counts twice; a delete counts once an id.

    What hangs below an item (permission sets, revisions, comments) is not counted.
    """

    phase: str = "starting"
    files: int = 0
    folders: int = 0
    deletes: int = 0
    errors: int = 0
    """Items that could not be taken over."""
    first_errors: list[ErrorRecord] = field(default_factory=list)
    last_failure: ErrorRecord | None = None
    """The newest error that ended or delayed the job."""

    @property
    def items(self) -> int:
        """All items that were written or deleted."""
        return self.files + self.folders + self.deletes

    def add(self, batch: Batch) -> None:
        """Take a committed batch into account."""
        self.phase = phase_of(batch.patch) or self.phase
        upserts = [record.resource_type for record in batch.records if record.op == "upsert"]
        self.files += upserts.count(ResourceType.FILE)
        self.folders += upserts.count(ResourceType.FOLDER)
        deleted = [record for record in batch.records if record.op == "delete" and record.resource_type in ITEMS]
        self.deletes += len({record.resource_id for record in deleted})
        self._note([notice for notice in batch.notices if isinstance(notice, ErrorRecord)])

    def _note(self, errors: Sequence[ErrorRecord]) -> None:
        for error in errors:
            if error.stage == JOB_STAGE:
                self.last_failure = error
                continue
            self.errors += 1
            if len(self.first_errors) < MAX_ERRORS_KEPT:
                self.first_errors.append(error)


def phase_of(patch: Patch | None) -> str | None:
    """What a person calls it; None for what changes no phase."""
    match patch:
        case OpenSnapshot() | AdvanceScan() | SplitRange() | Accounted() | WalkFolder() | AdvanceSettling() | AdvanceLook():
            return "listing files"
        case AdoptCursor() | AdvanceCursor() | CompleteSnapshot():
            return "replaying changes"
        case FollowedUp() | AdvanceEnrichment():
            return "reading permissions, revisions and comments"
        case All():
            return next(filter(None, map(phase_of, patch.patches)), None)
        case _:
            return None
