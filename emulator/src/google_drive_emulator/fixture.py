"""The fixture ``drive_emulator``: what its mark says in, a running emulator of a test's own out.

The plugin itself (``pytest_drive_emulator``) imports this only once a test asks for it, so that test runs which do not
are not slowed down.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from google_drive_emulator.background import Background, serve_in_background
from google_drive_emulator.emulator import Emulator
from google_drive_emulator.remote import Remote
from google_drive_emulator.scenario.scenario import Scene, load_scenario
from google_drive_emulator.scenario.stage import ScenarioError
from google_drive_emulator.sources.directory import DirectoryError, DirectorySource
from google_drive_emulator.sources.joined import synthetic_source
from google_drive_emulator.world.world import World

_FILES = 100
_SYNTHETIC = frozenset({"files", "seed", "drives", "drive_files", "shape"})
_WORLDS = frozenset({"scenario", "root"})
_BEHAVIOUR = frozenset({"auth", "latency_ms", "pages", "quota", "cache_bytes"})


class DriveEmulator(Background):
    """A running emulator: ``base_url``, ``run`` for its world, ``control`` for all else.

    ``ids`` are those that the keys of its scenario stand for.
    """

    def __init__(self, background: Background, ids: Mapping[str, str]) -> None:
        super().__init__(background.running, background.loop)
        self.control = Remote(self.base_url)
        self.ids = ids


@contextmanager
def serving(options: Mapping[str, Any], arguments: tuple[object, ...] = ()) -> Iterator[DriveEmulator]:
    """Serve a Google Drive from a thread of its own, on a free port, as the mark's options say.

    Raises ``pytest.UsageError`` for a mark that cannot be.
    """
    _check(options, arguments)
    world_options = {name: value for name, value in options.items() if name not in _BEHAVIOUR}
    behaviour = {name: value for name, value in options.items() if name in _BEHAVIOUR}
    scene = _scene(world_options)
    emulator = Emulator(_world(world_options) if scene is None else scene.world, **behaviour)
    if scene is not None:
        scene.equip(emulator.state)
    with serve_in_background(emulator) as background:
        yield DriveEmulator(background, {} if scene is None else scene.script.ids)


def _check(options: Mapping[str, Any], arguments: tuple[object, ...]) -> None:
    unknown = options.keys() - _SYNTHETIC - _WORLDS - _BEHAVIOUR
    if unknown or arguments:
        known = ", ".join(sorted(_SYNTHETIC | _WORLDS | _BEHAVIOUR))
        wrong = ", ".join(sorted(unknown)) or "an argument without a name"
        raise pytest.UsageError(f"the mark drive_emulator does not take {wrong}; it takes {known}")
    if len(_WORLDS & options.keys()) + bool(_SYNTHETIC & options.keys()) > 1:
        raise pytest.UsageError(
            "the mark drive_emulator takes one of scenario, root, and the options of synthetic worlds"
        )


def _scene(options: Mapping[str, Any]) -> Scene | None:
    if "scenario" not in options:
        return None
    try:
        return load_scenario(options["scenario"]).build()
    except (ScenarioError, OSError) as error:
        raise pytest.UsageError(f"the mark drive_emulator: scenario: {error}") from None


def _world(options: dict[str, Any]) -> World:
    try:
        if "root" in options:
            return World(DirectorySource(Path(options["root"])))
        return World(synthetic_source(options.pop("files", _FILES), **options))
    except (DirectoryError, ValueError) as error:
        raise pytest.UsageError(f"the mark drive_emulator: {error}") from None
