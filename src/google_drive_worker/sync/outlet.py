"""Where batches go, as the engine's side sees it.

In: batches of a connection, in order. Out: its state as committed. The Kafka committer and the local sinks are
outlets; nothing on this side knows which one it has.
"""

from typing import Protocol

from google_drive_worker.schemas.state import ConnectionState
from google_drive_worker.sync.batch import Batch


class OutletClosedError(Exception):
    """The connection is no longer ours to work on; whoever owns it goes on from what was committed."""


class OutcomeUnknownError(OutletClosedError):
    """Nobody knows whether it was written; whoever reads what was committed finds out."""


class BatchDroppedError(Exception):
    """An earlier batch was dropped because the state had moved on; plan again from the state."""


class BatchRefusedError(Exception):
    """A batch cannot be written at all, not even without its records; the text says what refused it."""


class Outlet(Protocol):
    """Takes batches, keeps the state."""

    def state(self, connection_id: str) -> ConnectionState | None:
        """The committed state; None for a connection that is not known, or not ours."""
        ...

    async def put(self, connection_id: str, batch: Batch, *, bulk: bool = False) -> None:
        """Hand a batch over; waits for room. `bulk` says that it comes of a scan or of lists, and not of changes.

        Raises `OutletClosedError`, or `BatchDroppedError` for an earlier one.
        """
        ...

    async def settle(self, connection_id: str, *, changes_only: bool = False) -> None:
        """Wait until everything handed over for the connection is committed. Raises as `put` does.

        With `changes_only` what was handed over as bulk is not waited for: a change must not wait for it twice.
        """
        ...
