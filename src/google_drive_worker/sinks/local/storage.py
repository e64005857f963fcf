"""A file that holds records and a checkpoint, as the outlet sees it.

In: states and records. Out: a file on disk that a later run can go on with.
"""

from collections.abc import Sequence
from typing import Protocol

from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import ConnectionState


class LocalFileError(Exception):
    """The file cannot be written or read; what was committed before stays. The text says why."""


class FileRefusedError(LocalFileError):
    """The file is not one to write to, and nothing was done to it. The text says why and what to do."""


class Storage(Protocol):
    """One file of one connection. It blocks, so the outlet calls it from a thread of its own."""

    def open(self) -> ConnectionState:
        """Take the file and read how far it is; a new one starts empty. Raises `LocalFileError`."""
        ...

    def write(self, before: ConnectionState, after: ConnectionState, records: Sequence[OutRecord]) -> None:
        """Commit records and what differs between two states. Raises `LocalFileError`; then nothing is half done."""
        ...

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        ...
