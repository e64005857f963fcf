"""Which file format a name asks for.

In: a path. Out: the storage for it, not opened yet, or a refusal that names what can be had.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from google_drive_worker.sinks.local.jsonl import JsonlFile
from google_drive_worker.sinks.local.sqlite import SqliteFile
from google_drive_worker.sinks.local.storage import FileRefusedError, Storage

FORMATS: Mapping[str, Callable[[Path, str], Storage]] = {
    ".sqlite": SqliteFile,
    ".db": SqliteFile,
    ".jsonl": JsonlFile,
}


def storage_for(path: Path, connection_id: str) -> Storage:
    """The storage that a file's name ends for. Raises `FileRefusedError`."""
    make = FORMATS.get(path.suffix.lower())
    if make is None:
        raise FileRefusedError(f"{path} must end in one of {', '.join(FORMATS)}: that is how the format is chosen")
    if path.is_dir():
        raise FileRefusedError(f"{path} is a directory; name a file")
    if not path.parent.is_dir():
        raise FileRefusedError(f"the directory {path.parent} does not exist; make it first")
    return make(path, connection_id)
