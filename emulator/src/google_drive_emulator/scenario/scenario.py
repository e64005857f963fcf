"""Scenarios: a file in, the world it describes and its script out."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from google_drive_emulator.http.faults import FaultError, FaultPlan
from google_drive_emulator.scenario.accounts import NOBODY, add_groups, add_users, make_user, remove_deleted
from google_drive_emulator.scenario.drives import add_drives
from google_drive_emulator.scenario.format import Base, ScenarioPart, Settings
from google_drive_emulator.scenario.items import ItemBuilder
from google_drive_emulator.scenario.script import Script, Start
from google_drive_emulator.scenario.stage import ScenarioError, Stage
from google_drive_emulator.sources.directory import DirectoryError, DirectorySource
from google_drive_emulator.sources.empty import EmptySource
from google_drive_emulator.sources.joined import synthetic_source
from google_drive_emulator.world.clock import WorldClock
from google_drive_emulator.world.items import Source
from google_drive_emulator.world.world import World

if TYPE_CHECKING:
    from google_drive_emulator.state import EmulatorState

_EXAMPLES = files("google_drive_emulator.scenario") / "examples"
_decoder = msgspec.json.Decoder(ScenarioPart)


class Scene(msgspec.Struct, frozen=True):
    """A scenario that was built: its world, and its script, in which keys are known by their ids."""

    world: World
    script: Script

    def equip(self, state: "EmulatorState") -> None:
        """Give an emulator that serves this world the scenario's settings, faults and mutations."""
        state.script = self.script
        self.script.begin(state)


class Scenario:
    """A scenario as it was written; each ``build`` makes another world of it."""

    def __init__(self, part: ScenarioPart, directory: Path) -> None:
        self._part = part
        self._directory = directory

    @property
    def description(self) -> str:
        """Return what the scenario says of itself."""
        return self._part.description

    def build(self) -> Scene:
        """Make the world. Raises ``ScenarioError`` when parts of the scenario do not fit together."""
        part, clock = self._part, WorldClock()
        clock.freeze()
        world = World(self._source(), clock=clock)
        stage = Stage(world, clock())
        stage = Stage(world, stage.moment(part.clock.now, clock(), "$.clock.now"))
        add_users(stage, part.users)
        add_groups(stage, part.groups)
        add_drives(stage, part.drives)
        ItemBuilder(stage).build(part.items)
        remove_deleted(stage, part.users, part.groups)
        world.begin_here()
        start = Start(None if part.clock.now is None else stage.now_ms, part.clock.frozen)
        clock.reset()
        start.set(clock)
        return Scene(world, Script(part.settings, part.mutations, stage.ids, start))

    def _source(self) -> Source:
        base = self._part.base
        if base is None:
            first = self._part.users[0] if self._part.users else NOBODY
            return EmptySource([make_user(first)])
        if base.directory is None:
            return _synthetic(base)
        try:
            return DirectorySource(self._directory / base.directory)
        except DirectoryError as error:
            raise ScenarioError("$.base.directory", str(error)) from None


def load_scenario(source: Path | str | bytes) -> Scenario:
    """Read a scenario: JSON as bytes, the path of a file, or the name of one of ``example_scenarios``.

    Raises ``ScenarioError``, whose message names the place in the file, and ``OSError``.
    """
    if isinstance(source, bytes):
        return Scenario(_decode(source), Path())
    path = Path(source)
    if str(source) in example_scenarios() and not path.exists():
        return Scenario(_decode((_EXAMPLES / f"{source}.json").read_bytes()), Path())
    return Scenario(_decode(path.read_bytes()), path.parent)


def example_scenarios() -> Sequence[str]:
    """Return the names of the scenarios that come with the emulator."""
    return sorted(each.name.removesuffix(".json") for each in _EXAMPLES.iterdir() if each.name.endswith(".json"))


def _decode(data: bytes) -> ScenarioPart:
    try:
        part = _decoder.decode(data)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        raise ScenarioError(place.strip("`") or "$", problem) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioError("$", str(error)) from None
    _check(part.settings)
    return part


def _check(settings: Settings) -> None:
    """Refuse settings that the control API would refuse. Raises ``ScenarioError``."""
    for name in ("limits", "uploads", "operations"):
        _check_numbers(getattr(settings, name), f"$.settings.{name}")
    for name, problem in (
        ("quota", settings.quota and settings.quota.problem()),
        ("push", settings.push and settings.push.problem()),
    ):
        if problem:
            raise ScenarioError(f"$.settings.{name}", problem)
    try:
        FaultPlan().add(settings.faults)
    except FaultError as error:
        raise ScenarioError("$.settings.faults", str(error)) from None


def _check_numbers(settings: msgspec.Struct | None, place: str) -> None:
    for name, value in msgspec.structs.asdict(settings).items() if settings is not None else ():
        if isinstance(value, int | float) and value < 0:
            raise ScenarioError(f"{place}.{name}", f"this must be at least 0, not {value}")


def _synthetic(base: Base) -> Source:
    try:
        return synthetic_source(
            base.files, base.seed, drives=base.drives, drive_files=base.drive_files, shape=base.shape
        )
    except ValueError as error:
        raise ScenarioError("$.base", str(error)) from None
