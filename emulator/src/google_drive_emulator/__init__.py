"""An emulator of Google Drive: a world of files in, Google's HTTP APIs over it out."""

from pathlib import Path

from google_drive_emulator.background import Background, serve_in_background
from google_drive_emulator.emulator import Emulator, Running
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.faults import Fault
from google_drive_emulator.http.quota import QuotaSettings
from google_drive_emulator.http.tls import Tls, TlsError, generated_tls, tls_of_files
from google_drive_emulator.push.settings import PushSettings
from google_drive_emulator.remote import Remote, RemoteError
from google_drive_emulator.scenario.scenario import Scenario, Scene, example_scenarios, load_scenario
from google_drive_emulator.scenario.stage import ScenarioError
from google_drive_emulator.sources.directory import DirectoryError, DirectorySource
from google_drive_emulator.sources.joined import synthetic_source
from google_drive_emulator.sources.tree import Shape
from google_drive_emulator.world.policy import SharingPolicy
from google_drive_emulator.world.quirks import Quirks
from google_drive_emulator.world.world import MutationError, World

__all__ = [
    "Background",
    "DirectoryError",
    "Emulator",
    "Fault",
    "MutationError",
    "PageSettings",
    "PushSettings",
    "Quirks",
    "QuotaSettings",
    "Remote",
    "RemoteError",
    "Running",
    "Scenario",
    "ScenarioError",
    "Scene",
    "SharingPolicy",
    "Tls",
    "TlsError",
    "World",
    "directory_world",
    "example_scenarios",
    "generated_tls",
    "load_scenario",
    "serve_in_background",
    "synthetic_world",
    "tls_of_files",
]


def synthetic_world(
    *, files: int, seed: int = 0, drives: int = 0, drive_files: int = 0, shape: Shape = "usual"
) -> World:
    """Make a world of ``files`` items in My Drives and ``drives`` shared drives of ``drive_files`` items each.

    Root folders are not counted. All follows from ``seed``; ``shape`` is that of the trees: usual, deep or wide. Raises
    ``ValueError``.
    """
    return World(synthetic_source(files, seed, drives=drives, drive_files=drive_files, shape=shape))


def directory_world(path: Path | str) -> World:
    """Make a world of a real directory tree. Raises ``DirectoryError``."""
    return World(DirectorySource(Path(path)))
