"""The outlet over a local file, with a storage that only remembers."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from tests.unit.sinks_local.records import CONNECTION, EMPTY, upsert

from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import ConnectionState, JobState
from google_drive_worker.sinks.local.outlet import LocalOutlet
from google_drive_worker.sinks.local.storage import FileRefusedError, LocalFileError
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.outlet import BatchDroppedError, OutletClosedError
from google_drive_worker.sync.wishes import Accept, Pause


class Remembering:
    """A storage in memory; `broken` makes it fail from then on."""

    def __init__(self, *, refused: bool = False) -> None:
        self.refused = refused
        self.broken = False
        self.closed = False
        self.written: list[str] = []

    def open(self) -> ConnectionState:
        if self.refused:
            raise FileRefusedError("not ours")
        return EMPTY

    def write(self, before: ConnectionState, after: ConnectionState, records: Sequence[OutRecord]) -> None:
        if self.broken:
            raise LocalFileError("the disk is full")
        assert before != after or records
        self.written += [record.resource_id for record in records]

    def close(self) -> None:
        self.closed = True


class Slow(Remembering):
    """Writes once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.writing = threading.Event()
        self.let = threading.Event()

    def write(self, before: ConnectionState, after: ConnectionState, records: Sequence[OutRecord]) -> None:
        self.writing.set()
        assert self.let.wait(timeout=30)
        super().write(before, after, records)


ACCEPTED = Batch(Accept({}, full=True))


async def test_a_batch_moves_the_state_on_with_its_records() -> None:
    """After `put` the records are on disk, the state is the one after them, and the listener knows."""
    storage, told = Remembering(), list[Batch]()
    async with LocalOutlet(storage, told.append) as outlet:
        batch = Batch(Accept({}, full=True), records=[upsert("a")])
        await outlet.put(CONNECTION, batch)
        state = outlet.state(CONNECTION)
        assert state is not None
        assert isinstance(state.job, JobState)
        assert (storage.written, told) == (["a"], [batch])
    assert storage.closed


async def test_only_its_own_connection_is_known() -> None:
    """Of another connection there is no state, and nothing is taken."""
    async with LocalOutlet(Remembering()) as outlet:
        assert outlet.state("other") is None
        with pytest.raises(OutletClosedError):
            await outlet.put("other", ACCEPTED)


async def test_a_patch_that_does_not_fit_is_dropped_with_its_records() -> None:
    """Records whose state has moved on are not written."""
    storage = Remembering()
    async with LocalOutlet(storage) as outlet:
        with pytest.raises(BatchDroppedError):
            await outlet.put(CONNECTION, Batch(Pause(), records=[upsert("a")]))
    assert storage.written == []


async def test_what_is_only_told_is_not_written() -> None:
    """A batch without records and without a change costs no write."""
    async with LocalOutlet(Remembering()) as outlet:
        await outlet.put(CONNECTION, Batch(None))
        assert outlet.state(CONNECTION) == EMPTY


async def test_a_file_that_fails_ends_the_job() -> None:
    """The outlet closes, says why, and keeps the state that is on disk to itself."""
    storage = Remembering()
    async with LocalOutlet(storage) as outlet:
        storage.broken = True
        for _ in range(2):
            with pytest.raises(OutletClosedError):
                await outlet.put(CONNECTION, ACCEPTED)
        with pytest.raises(OutletClosedError):
            await outlet.settle(CONNECTION)
        assert (str(outlet.failure), outlet.state(CONNECTION)) == ("the disk is full", None)


async def test_a_batch_that_nobody_waits_for_any_more_is_counted() -> None:
    """Whoever stops a sync cancels what waits for the file; what was written meanwhile was written."""
    storage, told = Slow(), list[Batch]()
    async with LocalOutlet(storage, told.append) as outlet:
        batch = Batch(None, records=[upsert("a")])
        putting = asyncio.create_task(outlet.put(CONNECTION, batch))
        assert await asyncio.to_thread(storage.writing.wait, 30)
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting
        storage.let.set()
    assert (storage.written, told) == (["a"], [batch])


async def test_a_file_that_is_refused_is_let_go() -> None:
    """When the file cannot be taken, whatever was opened of it is closed."""
    storage = Remembering(refused=True)
    with pytest.raises(FileRefusedError):
        async with LocalOutlet(storage):
            pytest.fail("entered")
    assert storage.closed
