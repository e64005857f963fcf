"""What the engine hands over: records, what they change in the state, and what to tell.

In: the work of one page. Out: one `Batch`, the unit that is committed as a whole or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from google_drive_worker.client.quota import Lane
from google_drive_worker.schemas.event import Notice
from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.sync.patch import Patch


@dataclass(frozen=True, slots=True)
class Batch:
    """One page's worth. Batches of one connection are committed in the order in which they were yielded."""

    patch: Patch | None
    records: Sequence[OutRecord] = ()
    notices: Sequence[Notice] = ()
    lane: Lane = Lane.FIRST_SCAN
    """Changes overtake scans of other connections on the way out, as they do on the way in."""
    files: int = 0
    """Files and folders in it, for the metrics."""
    records_partition: int | None = None
    """Where the records go; the snapshot's markers go there too."""

    @property
    def size_bytes(self) -> int:
        """What it weighs in a transaction."""
        return sum([len(record.value) for record in self.records])  # a list is quicker than a generator
