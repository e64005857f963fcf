"""An outlet in memory: real folding, and a say in which batches are taken."""

from collections.abc import Callable, Sequence

from google_drive_worker.schemas.event import ErrorRecord, SyncEvent
from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import ConnectionState, CorpusState, JobState
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.outlet import BatchDroppedError, OutletClosedError
from google_drive_worker.sync.patch import Patch, StalePatchError

Verdict = Callable[[Batch], Exception | None]


class MemoryOutlet:
    """Commits each batch as it comes; as with Kafka, what goes wrong with one is told by the next `put` or `settle`.

    `room` is how many more batches are taken before the connection belongs to somebody else; `verdict` gives the
    error that a batch meets instead of its commit.
    """

    def __init__(self, *states: ConnectionState, room: int | None = None) -> None:
        self.states = {state.connection_id: state for state in states}
        self.batches: list[Batch] = []
        self.room = room
        self.verdict: Verdict = lambda _: None
        self._broken: dict[str, Exception] = {}

    def state(self, connection_id: str) -> ConnectionState | None:
        return self.states.get(connection_id)

    async def put(self, connection_id: str, batch: Batch, *, bulk: bool = False) -> None:  # noqa: ARG002
        self._raise_broken(connection_id)
        if self.room == 0:
            raise OutletClosedError
        error = self.verdict(batch) or self._committed(connection_id, batch)
        if error is not None:
            self._broken[connection_id] = error
            return
        self.batches.append(batch)
        self.room = None if self.room is None else self.room - 1

    async def settle(self, connection_id: str, *, changes_only: bool = False) -> None:  # noqa: ARG002
        self._raise_broken(connection_id)

    def change(self, connection_id: str, *patches: Patch) -> None:
        """Change a state as the intake would."""
        for patch in patches:
            self.states[connection_id] = patch.apply(self._known(connection_id)).saved()

    def job(self, connection_id: str) -> JobState:
        """What is wanted of a connection that is known."""
        job = self._known(connection_id).job
        assert job is not None
        return job

    def corpus(self, connection_id: str, name: str = "user:me") -> CorpusState:
        """A corpus that is open."""
        corpus = self._known(connection_id).corpus(name)
        assert corpus is not None
        return corpus

    @property
    def records(self) -> Sequence[OutRecord]:
        """All records, in the order of their commits."""
        return [record for batch in self.batches for record in batch.records]

    @property
    def events(self) -> Sequence[SyncEvent]:
        """All events, in order."""
        return [notice for batch in self.batches for notice in batch.notices if isinstance(notice, SyncEvent)]

    @property
    def errors(self) -> Sequence[ErrorRecord]:
        """All error records, in order."""
        return [notice for batch in self.batches for notice in batch.notices if isinstance(notice, ErrorRecord)]

    def _known(self, connection_id: str) -> ConnectionState:
        return self.states.get(connection_id, ConnectionState(connection_id))

    def _committed(self, connection_id: str, batch: Batch) -> Exception | None:
        if batch.patch is None:
            return None
        try:
            self.states[connection_id] = batch.patch.apply(self._known(connection_id)).saved()
        except StalePatchError:
            return BatchDroppedError("the state has moved on")
        return None

    def _raise_broken(self, connection_id: str) -> None:
        if connection_id in self._broken:
            raise self._broken.pop(connection_id)
