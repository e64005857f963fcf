"""A file that holds records and a checkpoint, as the outlet sees it.

In: states and records. Out: a file on disk that a later run can go on with.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import FOLDER_PREFIX, ConnectionState, FolderState, Part, decode_part


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


def loaded(connection_id: str, values: Iterable[tuple[str, bytes]]) -> ConnectionState:
    """The state of which these are the parts, by name; all folders go into the index at once.

    Raises `UnreadableStateError`.
    """
    parts: dict[str, Part] = {}
    folders: dict[str, FolderState | None] = {}
    for name, value in values:
        part = decode_part(value)
        if isinstance(part, FolderState):
            folders[name.removeprefix(FOLDER_PREFIX)] = part
        else:
            parts[name] = part
    return ConnectionState(connection_id, parts).with_folders(folders).saved()
