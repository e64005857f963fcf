r"""The JSON Lines file.

In: records and states. Out: one record (its whole envelope) a line, appended, and `FILE.checkpoint` beside it.

The checkpoint is replaced after the lines are on disk, so a crash between the two repeats lines and loses none: at
least once. A line is torn only at the end of the file; the next run cuts it off.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Raw, Struct

from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import ConnectionState, UnreadableStateError, decode_part, encode_part
from google_drive_worker.sinks.local.lock import FileLock
from google_drive_worker.sinks.local.storage import FileRefusedError, LocalFileError

FORMAT = 1
CHUNK_BYTES = 1024 * 1024


class Checkpoint(Struct, frozen=True):
    """How far a file is. `size_bytes` of it are whole lines that belong to this state."""

    connection_id: str
    size_bytes: int
    parts: dict[str, Raw]
    v: int = FORMAT


_CHECKPOINT = msgspec.json.Decoder(Checkpoint)


class JsonlFile:
    """A `Storage` in a JSON Lines file and its checkpoint."""

    def __init__(self, path: Path, connection_id: str) -> None:
        self._path = path
        self._checkpoint_path = path.with_name(f"{path.name}.checkpoint")
        self._connection_id = connection_id
        self._lock = FileLock(path)
        self._lines: BinaryIO | None = None

    def open(self) -> ConnectionState:
        """Take the file, or make it. Raises `FileRefusedError` for one that is not ours, `LocalFileError`."""
        self._lock.acquire()
        try:
            checkpoint = self._read_checkpoint()
            self._check_size(checkpoint)
            state = self._state(checkpoint)
            self._lines = self._path.open("ab", buffering=0)
            cut_torn_line(self._path, 0 if checkpoint is None else checkpoint.size_bytes)
            return state
        except OSError as error:
            raise _failure(self._path, error) from error

    def write(self, before: ConnectionState, after: ConnectionState, records: Sequence[OutRecord]) -> None:  # noqa: ARG002 # the checkpoint is written whole
        """Append lines, then replace the checkpoint. Raises `LocalFileError`; the next run cuts what is torn."""
        if self._lines is None:
            raise LocalFileError(f"{self._path} is not open")
        try:
            if records:
                _append(self._lines, b"".join([record.value + b"\n" for record in records]))
            self._save(after, os.fstat(self._lines.fileno()).st_size)
        except OSError as error:
            raise _failure(self._path, error) from error

    def close(self) -> None:
        """Close the file and give the lock back."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None
        self._lock.release()

    def _read_checkpoint(self) -> Checkpoint | None:
        try:
            checkpoint = _CHECKPOINT.decode(self._checkpoint_path.read_bytes())
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise FileRefusedError(
                f"{self._checkpoint_path} is not a checkpoint of this program: use another file name"
            ) from error
        if checkpoint.v > FORMAT:
            raise FileRefusedError(
                f"{self._checkpoint_path} was written by a newer version of this program: use that version, or "
                "another file name"
            )
        return checkpoint

    def _check_size(self, checkpoint: Checkpoint | None) -> None:
        size = self._path.stat().st_size if self._path.exists() else 0
        if checkpoint is None and size > 0:
            raise FileRefusedError(
                f"{self._path} is not empty and has no {self._checkpoint_path.name} beside it, so it is not this "
                "program's to append to: use another file name"
            )
        if checkpoint is not None and size < checkpoint.size_bytes:
            raise FileRefusedError(
                f"{self._path} has {size} bytes and its checkpoint speaks of {checkpoint.size_bytes}: lines are "
                f"missing. Put the file back, or delete both it and {self._checkpoint_path.name} to start anew"
            )

    def _state(self, checkpoint: Checkpoint | None) -> ConnectionState:
        state = ConnectionState(self._connection_id)
        if checkpoint is None:
            return state
        if checkpoint.connection_id != self._connection_id:
            raise FileRefusedError(
                f"{self._path} holds the connection {checkpoint.connection_id!r}, not {self._connection_id!r}: give "
                f"each connection a file of its own, or run with --connection {checkpoint.connection_id}"
            )
        try:
            for name, value in checkpoint.parts.items():
                state = state.with_part(name, decode_part(bytes(value)))
        except UnreadableStateError as error:
            raise FileRefusedError(f"{self._checkpoint_path} cannot be used: {error}; use another file name") from error
        return state.saved()

    def _save(self, state: ConnectionState, size_bytes: int) -> None:
        parts = {name: Raw(encode_part(part)) for name, part in state.parts.items()}
        encoded = msgspec.json.encode(Checkpoint(self._connection_id, size_bytes, parts))
        replace_file(self._checkpoint_path, encoded)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file by another content, so that a reader or a crash meets the old or the new one. Raises `OSError`."""
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb", buffering=0) as file:
        _append(file, content)
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def cut_torn_line(path: Path, whole_bytes: int) -> None:
    """Cut off what follows the last line end, looking at what lies behind the first `whole_bytes`. Raises `OSError`."""
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        keep = end
        while keep > whole_bytes:
            start = max(whole_bytes, keep - CHUNK_BYTES)
            file.seek(start)
            found = file.read(keep - start).rfind(b"\n")
            if found >= 0:
                keep = start + found + 1
                break
            keep = start
        if keep < end:
            file.truncate(keep)


def _append(file: BinaryIO, content: bytes) -> None:
    """Write all of it (one write may take a part) and wait until it is on disk."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
    os.fsync(file.fileno())


def _failure(path: Path, error: OSError) -> LocalFileError:
    return LocalFileError(f"{path} cannot be written: {error.strerror or error}")
