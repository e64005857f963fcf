"""What stands for Kafka in a trial: what is committed stays, what is not is gone with the process.

In: batches of an engine, decisions of handlers. Out: records in the order of their commits, and the state. As with the
committer, batches wait for a while before they are committed, what a handler decides goes ahead of them, and a batch
that no longer fits the state is dropped with all that follows.
"""

import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from google_drive_worker.handlers.decision import Apply
from google_drive_worker.schemas.event import Notice
from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import ConnectionState, Part, decode_part, encode_part
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.outlet import BatchDroppedError, OutletClosedError
from google_drive_worker.sync.patch import StalePatchError

MOST_WAITING = 3


@dataclass
class Topics:
    """What is committed, for one connection: records, notices, and the compacted state, each part as stored."""

    state: ConnectionState | None = None
    stored: dict[str, bytes] = field(default_factory=dict)
    records: list[OutRecord] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def commit(self, batch: Batch, connection_id: str) -> None:
        """All of a batch or, if it no longer fits the state (`StalePatchError`), nothing of it."""
        if batch.patch is not None:
            before = self.state or ConnectionState(connection_id)
            after = batch.patch.apply(before)
            self._store(after.changes_since(before))
            self.state = after.saved()
        self.records += batch.records
        self.notices += batch.notices

    def restore(self, connection_id: str) -> None:
        """Read the state as a process does that was just started."""
        state = ConnectionState(connection_id)
        for name, value in self.stored.items():
            state = state.with_part(name, decode_part(value))
        self.state = state.saved() if self.stored else None

    def _store(self, changed: Mapping[str, Part | None]) -> None:
        for name, part in changed.items():
            if part is None:
                self.stored.pop(name, None)
            else:
                self.stored[name] = encode_part(part)


class TrialOutlet:
    """The outlet of one process. `seen` is told of every batch that is handed over, before it is committed."""

    def __init__(self, topics: Topics, connection_id: str, chance: random.Random, seen: Callable[[], None]) -> None:
        self._topics = topics
        self._connection = connection_id
        self._chance = chance
        self._seen = seen
        self._waiting: deque[tuple[Batch, bool]] = deque()
        self._dropped = False
        self.closed = False

    def state(self, connection_id: str) -> ConnectionState | None:
        """The committed state; None once the connection is no longer this process's."""
        return None if self.closed or connection_id != self._connection else self._topics.state

    async def put(self, connection_id: str, batch: Batch, *, bulk: bool = False) -> None:
        """Take a batch; it is committed some batches later."""
        assert connection_id == self._connection
        self._seen()
        self._raise_troubles()
        self._waiting.append((batch, bulk))
        for _ in range(max(self._chance.randrange(MOST_WAITING), len(self._waiting) - MOST_WAITING)):
            self._commit_next()

    async def settle(self, connection_id: str, *, changes_only: bool = False) -> None:
        """Commit everything, or as much of it as changes have been handed over behind."""
        assert connection_id == self._connection
        while not self.closed and any(not (changes_only and bulk) for _, bulk in self._waiting):
            self._commit_next()
        self._raise_troubles()

    def apply(self, decision: Apply) -> None:
        """Commit what a handler decided."""
        if not self.closed:
            self._topics.commit(Batch(decision.patch, decision.records, decision.events), self._connection)

    def die(self) -> None:
        """End as a process that was killed: what waits is lost, and nothing more is taken."""
        self.closed = True
        self._waiting.clear()

    def _commit_next(self) -> None:
        if not self._waiting:
            return
        try:
            self._topics.commit(self._waiting.popleft()[0], self._connection)
        except StalePatchError:
            self._waiting.clear()
            self._dropped = True

    def _raise_troubles(self) -> None:
        if self.closed:
            raise OutletClosedError
        if self._dropped:
            self._dropped = False
            raise BatchDroppedError("the state has moved on")
