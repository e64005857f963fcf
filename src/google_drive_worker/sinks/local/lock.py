"""One writer a file.

In: a path. Out: a lock beside it (`FILE.lock`) that ends with its process, however that ends.

The lock is not on the file itself: SQLite's own locks are lost when another descriptor of the same file is closed.
"""

import fcntl
import os
from pathlib import Path

from google_drive_worker.sinks.local.storage import FileRefusedError, LocalFileError


class FileLock:
    """Held from `acquire` to `release`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(f"{path.name}.lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises `FileRefusedError` when another process has it, `LocalFileError` when none can be."""
        while self._descriptor is None:
            self._descriptor = self._try()

    def release(self) -> None:
        """Give it back; the lock file goes first, so that whoever comes next makes its own."""
        if self._descriptor is not None:
            self._lock_path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _try(self) -> int | None:
        """Lock the lock file; None when its last holder removed it meanwhile."""
        try:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise LocalFileError(f"{self._lock_path} cannot be made: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise FileRefusedError(
                f"another sync is writing {self._path}: wait for it to end, or use another file"
            ) from error
        if not self._is_current(descriptor):
            os.close(descriptor)
            return None
        return descriptor

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._lock_path.stat())
        except FileNotFoundError:
            return False
