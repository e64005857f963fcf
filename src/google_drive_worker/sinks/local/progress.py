"""What a sync has done so far.

In: batches, as they are committed. Out: counts, the corpus and phase it is in and the first errors, for whoever shows
them. Pure and bounded, however large the drive is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from google_drive_worker.schemas.event import ErrorRecord
from google_drive_worker.schemas.record import ResourceType
from google_drive_worker.schemas.state import FOLLOW_PREFIX
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.completion import CompleteSnapshot
from google_drive_worker.sync.enrich import AdvanceEnrichment
from google_drive_worker.sync.folders import WalkFolder
from google_drive_worker.sync.follow import FollowedUp
from google_drive_worker.sync.membership import TrackDrives
from google_drive_worker.sync.patch import All, Patch
from google_drive_worker.sync.settle import AdvanceLook, AdvanceSettling
from google_drive_worker.sync.state import AdoptCursor, AdvanceCursor, AdvanceScan, OpenSnapshot, SplitRange

ITEMS = frozenset({ResourceType.FILE, ResourceType.FOLDER})
BESIDE = (ResourceType.DRIVE, ResourceType.PERMISSION_SET, ResourceType.REVISION, ResourceType.COMMENT)
"""What is counted beside the items."""
MAX_ERRORS_KEPT = 10
JOB_STAGE = "sync"
"""The stage of errors that end or delay a job; those of all other stages cost one item."""
LISTING, REPLAYING, WALKING = "listing files", "replaying changes", "walking folders"
READING = "reading permissions, revisions and comments"


@dataclass(slots=True)
class Progress:
    """Counts of one run. What was written twice counts twice; a delete of an item counts once an id."""

    phase: str = "starting"
    place: str = ""
    """A person's name for the corpus; empty before any was opened."""
    files: int = 0
    folders: int = 0
    deletes: int = 0
    beside: Counter[ResourceType] = field(default_factory=Counter)
    """Drives, permission sets, revisions and comments that were written; no items."""
    errors: int = 0
    """Items that could not be taken over."""
    first_errors: list[ErrorRecord] = field(default_factory=list)
    last_failure: ErrorRecord | None = None
    """The newest error that ended or delayed the job."""
    drive_names: dict[str, str] = field(default_factory=dict)

    @property
    def items(self) -> int:
        """All items that were written or deleted."""
        return self.files + self.folders + self.deletes

    @property
    def doing(self) -> str:
        """The phase, and where."""
        return f"{self.phase} of {self.place}" if self.place else self.phase

    @property
    def beside_items(self) -> str:
        """What was written beside the items, in words; empty when there was nothing."""
        return ", ".join(f"{self.beside[kind]:,} {kind.replace('_', ' ')}s" for kind in BESIDE if self.beside[kind])

    def add(self, batch: Batch) -> None:
        """Take a committed batch into account."""
        self._move(batch.patch)
        upserts = Counter(record.resource_type for record in batch.records if record.op == "upsert")
        self.files += upserts[ResourceType.FILE]
        self.folders += upserts[ResourceType.FOLDER]
        self.beside.update({kind: upserts[kind] for kind in BESIDE if upserts[kind]})
        deleted = [record for record in batch.records if record.op == "delete" and record.resource_type in ITEMS]
        self.deletes += len({record.resource_id for record in deleted})
        self._note([notice for notice in batch.notices if isinstance(notice, ErrorRecord)])

    def _move(self, patch: Patch | None) -> None:
        if isinstance(patch, TrackDrives):
            self.drive_names |= {drive: entry.name for drive, entry in patch.drives.items() if entry.name}
        if (found := phase_of(patch)) is not None:
            self.phase, corpus = found
            self.place = self._named(corpus)

    def _named(self, corpus: str) -> str:
        kind, _, name = corpus.partition(":")
        if kind == "drive":
            return f"the shared drive {self.drive_names.get(name, name)}"
        return "My Drive" if name == "me" else f"the Drive of {name}"

    def _note(self, errors: Sequence[ErrorRecord]) -> None:
        for error in errors:
            if error.stage == JOB_STAGE:
                self.last_failure = error
                continue
            self.errors += 1
            if len(self.first_errors) < MAX_ERRORS_KEPT:
                self.first_errors.append(error)


def phase_of(patch: Patch | None) -> tuple[str, str] | None:
    """What a person calls it, and its corpus; None for what changes no phase."""
    match patch:
        case OpenSnapshot() | AdvanceScan() | SplitRange() | AdvanceSettling() | AdvanceLook():
            return LISTING, patch.corpus
        case AdoptCursor() | AdvanceCursor() | CompleteSnapshot():
            return REPLAYING, patch.corpus
        case WalkFolder():
            return WALKING, patch.corpus
        case AdvanceEnrichment():
            return READING, patch.corpus
        case FollowedUp():
            return READING, patch.name.removeprefix(FOLLOW_PREFIX).rpartition(":")[0]
        case All():
            return next(filter(None, map(phase_of, patch.patches)), None)
        case _:
            return None
