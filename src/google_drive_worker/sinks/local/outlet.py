"""The outlet over a local file.

In: batches of one connection. Out: its state as committed; each batch is written before `put` returns. The next page
is on its way meanwhile, so waiting here costs a sync little and bounds what it holds.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Self

from google_drive_worker.schemas.state import ConnectionState
from google_drive_worker.sinks.local.storage import LocalFileError, Storage
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.outlet import BatchDroppedError, OutletClosedError
from google_drive_worker.sync.patch import StalePatchError


class LocalOutlet:
    """An `Outlet` over one `Storage`; an asynchronous context manager that raises `LocalFileError` when entered.

    `committed` is told of every batch once it is on disk.
    """

    def __init__(self, storage: Storage, committed: Callable[[Batch], None] = lambda _: None) -> None:
        self._storage = storage
        self._committed = committed
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="local-file")
        self._state: ConnectionState | None = None
        self.failure: LocalFileError | None = None
        """Why no more batches are taken, once the file could not be written."""

    async def __aenter__(self) -> Self:
        try:
            self._state = await asyncio.get_running_loop().run_in_executor(self._thread, self._storage.open)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    def state(self, connection_id: str) -> ConnectionState | None:
        """The state on disk; None for another connection, and once the file failed."""
        state = self._state
        return state if state is not None and state.connection_id == connection_id and self.failure is None else None

    async def put(self, connection_id: str, batch: Batch, *, bulk: bool = False) -> None:  # noqa: ARG002 # see settle
        """Write a batch. Raises `OutletClosedError` when the file cannot be written, or is another connection's.

        Raises `BatchDroppedError` when its patch does not fit the state any more. A batch that is being written when
        whoever waits is cancelled is written, and counted.
        """
        if self.state(connection_id) is None:
            raise OutletClosedError("the file takes no more batches")
        commit = asyncio.get_running_loop().run_in_executor(self._thread, self._commit, batch)
        commit.add_done_callback(partial(self._tell, batch))
        await asyncio.shield(commit)

    async def settle(self, connection_id: str, *, changes_only: bool = False) -> None:  # noqa: ARG002 # see below
        """Nothing is ever on its way here. Raises `OutletClosedError` as `put` does."""
        if self.state(connection_id) is None:
            raise OutletClosedError("the file takes no more batches")

    def _tell(self, batch: Batch, commit: "asyncio.Future[None]") -> None:
        """Count what is on disk, also when nobody waits for it any more."""
        if not commit.cancelled() and commit.exception() is None:
            self._committed(batch)

    def _commit(self, batch: Batch) -> None:
        """In the file's thread, as a whole: whoever waits for it may be cancelled, and the state stays right."""
        before = self._state
        if before is None or self.failure is not None:
            raise OutletClosedError("the file takes no more batches")
        try:
            after = before if batch.patch is None else batch.patch.apply(before)
        except StalePatchError as error:
            raise BatchDroppedError("the state has moved on") from error
        if after is before and not batch.records:
            return
        try:
            self._storage.write(before, after, batch.records)
        except LocalFileError as error:
            self.failure = error
            raise OutletClosedError("the file cannot be written") from error
        self._state = after.saved()

    async def _close(self) -> None:
        self._state = None
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._storage.close)
        finally:
            self._thread.shutdown(wait=False)
