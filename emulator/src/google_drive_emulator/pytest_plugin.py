"""A pytest plugin: the fixture ``drive_emulator``, a Google Drive of its own for each test.

A mark says what it serves::

    @pytest.mark.drive_emulator(files=500, seed=7, drives=2, drive_files=20)
    @pytest.mark.drive_emulator(scenario="museum", latency_ms=50)
    @pytest.mark.drive_emulator(root="some/directory")

Without one it is a synthetic drive of 100 items. ``scenario`` is a file or one of the examples; what else ``Emulator``
takes (``auth``, ``latency_ms``, ``pages``, ``quota``) may be given too.
"""

from collections.abc import Iterator, Mapping
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


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        "drive_emulator(files=100, seed=0, drives=0, drive_files=0, scenario=None, root=None, ...): what the"
        " fixture drive_emulator serves and how",
    )


@pytest.fixture
def drive_emulator(request: pytest.FixtureRequest) -> Iterator[DriveEmulator]:
    """Serve a Google Drive from a thread of its own, on a free port, as the mark ``drive_emulator`` says."""
    mark = request.node.get_closest_marker("drive_emulator")
    options: dict[str, Any] = {} if mark is None else dict(mark.kwargs)
    _check(options, () if mark is None else mark.args)
    behaviour = {name: options.pop(name) for name in _BEHAVIOUR & options.keys()}
    scene = _scene(options)
    emulator = Emulator(_world(options) if scene is None else scene.world, **behaviour)
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
