r"""The JSON Lines file.

In: records and states. Out: one record (its whole envelope) a line, appended, and `FILE.checkpoint` beside it.

The checkpoint is replaced after the lines are on disk, so a crash before it repeats lines and loses none: at least
once. It holds the whole folder index, so it is not written with every page: only so often that it costs a small part of
the time, at the end, and whenever snapshots begin or end or something is wanted. What a snapshot's number stands for
is thus never forgotten. A line is torn only at the end of the file; the next run cuts it off.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Raw, Struct

from google_drive_worker.schemas.record import OutRecord
from google_drive_worker.schemas.state import FOLDER_PREFIX, ConnectionState, UnreadableStateError, encode_part
from google_drive_worker.sinks.local.lock import FileLock
from google_drive_worker.sinks.local.storage import FileRefusedError, LocalFileError, loaded

FORMAT = 1
CHUNK_BYTES = 1024 * 1024
CHECKPOINT_PART = 0.1
"""Of the time that has passed, so much at most goes into checkpoints that could wait."""


class Checkpoint(Struct, frozen=True):
    """How far a file is. `size_bytes` of it are whole lines that belong to this state."""

    connection_id: str
    size_bytes: int
    parts: dict[str, Raw]
    v: int = FORMAT


_CHECKPOINT = msgspec.json.Decoder(Checkpoint)


class JsonlFile:
    """A `Storage` in a JSON Lines file and its checkpoint."""

    def __init__(self, path: Path, connection_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._due_at = float("-inf")
        self._unsaved: ConnectionState | None = None
        """The newest state, while the checkpoint is of an older one."""
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

    def write(self, before: ConnectionState, after: ConnectionState, records: Sequence[OutRecord]) -> None:
        """Append lines, and replace the checkpoint when that is due. Raises `LocalFileError`."""
        if self._lines is None:
            raise LocalFileError(f"{self._path} is not open")
        try:
            if records:
                _append(self._lines, b"".join([record.value + b"\n" for record in records]))
            self._unsaved = after
            if self._clock() >= self._due_at or _has_turned(before, after):
                self._save(self._lines)
        except OSError as error:
            self._unsaved = None  # a line may be torn: no checkpoint may reach beyond it
            raise _failure(self._path, error) from error

    def close(self) -> None:
        """Save what is not saved yet, close the file and give the lock back. Raises `LocalFileError`."""
        try:
            if self._lines is not None:
                self._save(self._lines)
        except OSError as error:
            raise _failure(self._path, error) from error
        finally:
            self._release()

    def _release(self) -> None:
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
        if checkpoint is None:
            return ConnectionState(self._connection_id)
        if checkpoint.connection_id != self._connection_id:
            raise FileRefusedError(
                f"{self._path} holds the connection {checkpoint.connection_id!r}, not {self._connection_id!r}: give "
                f"each connection a file of its own, or run with --connection {checkpoint.connection_id}"
            )
        try:
            return loaded(self._connection_id, ((name, bytes(value)) for name, value in checkpoint.parts.items()))
        except UnreadableStateError as error:
            raise FileRefusedError(f"{self._checkpoint_path} cannot be used: {error}; use another file name") from error

    def _save(self, lines: BinaryIO) -> None:
        """Put the lines on disk, then the checkpoint; the next one is due once this one's cost is a small part."""
        if self._unsaved is None:
            return
        started = self._clock()
        os.fsync(lines.fileno())
        checkpoint = Checkpoint(self._connection_id, os.fstat(lines.fileno()).st_size, _encoded(self._unsaved))
        replace_file(self._checkpoint_path, msgspec.json.encode(checkpoint))
        self._unsaved = None
        now = self._clock()
        self._due_at = now + (now - started) / CHECKPOINT_PART


def _has_turned(before: ConnectionState, after: ConnectionState) -> bool:
    """Whether what is wanted has changed, or a snapshot has begun or ended: an older state could not tell."""
    return before.job is not after.job or _snapshots(before) != _snapshots(after)


def _snapshots(state: ConnectionState) -> set[tuple[str, str, str]]:
    return {(corpus.corpus, corpus.snapshot_id, corpus.phase) for corpus in state.corpora}


def _encoded(state: ConnectionState) -> dict[str, Raw]:
    parts = {name: Raw(encode_part(part)) for name, part in state.parts.items()}
    folders = {FOLDER_PREFIX + folder_id: Raw(encode_part(folder)) for folder_id, folder in state.folders.items()}
    return parts | folders


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file by another content, so that a reader or a crash meets the old or the new one. Raises `OSError`."""
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb", buffering=0) as file:
        _append(file, content)
        os.fsync(file.fileno())
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
    """Write all of it; one write may take a part."""
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def _failure(path: Path, error: OSError) -> LocalFileError:
    return LocalFileError(f"{path} cannot be written: {error.strerror or error}")
