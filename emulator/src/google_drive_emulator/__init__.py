"""An emulator of Google Drive: a world of files in, Google's HTTP APIs over it out."""

from pathlib import Path

from google_drive_emulator.emulator import Emulator, Running
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.sources.directory import DirectoryError, DirectorySource
from google_drive_emulator.sources.synthetic import SyntheticSource
from google_drive_emulator.world.world import MutationError, World

__all__ = [
    "DirectoryError",
    "Emulator",
    "MutationError",
    "PageSettings",
    "Running",
    "World",
    "directory_world",
    "synthetic_world",
]


def synthetic_world(*, files: int, seed: int = 0) -> World:
    """Make a world of ``files`` items besides the root folders, all following from ``seed``. Raises ``ValueError``."""
    return World(SyntheticSource(files, seed))


def directory_world(path: Path | str) -> World:
    """Make a world of a real directory tree. Raises ``DirectoryError``."""
    return World(DirectorySource(Path(path)))
