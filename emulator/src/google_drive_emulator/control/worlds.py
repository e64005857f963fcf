"""``/__emulator__/``: other worlds: seeds, scenarios, and snapshots of the present one to return to."""

import asyncio
from typing import cast

from google_drive_emulator.control.messages import ControlError, Message, control_route, read_message
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.scenario.scenario import Scenario, example_scenarios, load_scenario
from google_drive_emulator.scenario.script import Script
from google_drive_emulator.scenario.stage import ScenarioError
from google_drive_emulator.sources.joined import synthetic_source
from google_drive_emulator.sources.tree import Shape
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.world import MutationError, World

_MOST_SNAPSHOTS = 100


class _Snapshot(Message, frozen=True):
    name: str


class _Seed(Message, frozen=True):
    files: int
    seed: int = 0
    drives: int = 0
    drive_files: int = 0
    shape: Shape = "usual"


class _Steps(Message, frozen=True):
    count: int | None = None


async def snapshots(state: EmulatorState, _call: Call) -> Reply:
    """``GET snapshots``: the names of the snapshots, the oldest first."""
    return _named(state)


async def take_snapshot(state: EmulatorState, call: Call) -> Reply:
    """``POST snapshots`` ``{"name"}``: keep the world as it is, in memory; an earlier one of that name goes."""
    name = (await read_message(call, _Snapshot)).name
    if not name or "/" in name:
        raise ControlError(f"a name is not empty and has no slash in it, not {name!r}")
    if name not in state.snapshots and len(state.snapshots) >= _MOST_SNAPSHOTS:
        raise ControlError(f"there can be {_MOST_SNAPSHOTS} snapshots; DELETE /__emulator__/snapshots/NAME drops one")
    state.snapshots[name] = state.world.snapshot()
    return _named(state)


async def restore_snapshot(state: EmulatorState, call: Call) -> Reply:
    """``POST snapshots/{name}/restore``: return the world, its logs and its record to what they were."""
    state.world.rewind(state.snapshots[_known(state, call)])
    return json_reply({"change_id": state.world.change_id})


async def drop_snapshot(state: EmulatorState, call: Call) -> Reply:
    """``DELETE snapshots/{name}``: forget a snapshot."""
    del state.snapshots[_known(state, call)]
    return _named(state)


async def seed(state: EmulatorState, call: Call) -> Reply:
    """``POST seed``: serve another synthetic world; ``reset`` returns to it from then on."""
    wanted = await read_message(call, _Seed)
    try:
        source = synthetic_source(
            wanted.files, wanted.seed, drives=wanted.drives, drive_files=wanted.drive_files, shape=wanted.shape
        )
        world = await asyncio.to_thread(World, source, clock=state.world.clock)
    except ValueError as error:
        raise ControlError(str(error)) from None
    _serve(state, world, None)
    return json_reply({"items": world.counts().items, "drives": len(world.drives)})


async def scenario(state: EmulatorState, _call: Call) -> Reply:
    """``GET scenario``: what the keys of the scenario stand for, and how many of its mutations are to come."""
    return _scripted(state.script)


async def set_scenario(state: EmulatorState, call: Call) -> Reply:
    """``POST scenario``: serve the world of a scenario, which is the body, or ``?name=`` one of the examples."""
    name = call.params.text("name")
    try:
        wanted = load_scenario(await call.read()) if name is None else _example(name)
        scene = await asyncio.to_thread(wanted.build)
    except ScenarioError as error:
        raise ControlError(str(error)) from None
    _serve(state, scene.world, scene.script)
    return _scripted(state.script)


async def play(state: EmulatorState, call: Call) -> Reply:
    """``POST scenario/play`` ``{"count"}``: carry out the scenario's next mutations, by default all."""
    wanted = await read_message(call, _Steps)
    if state.script is None:
        raise ControlError("no scenario is served; POST /__emulator__/scenario begins one")
    try:
        ids = state.script.play(state.world, wanted.count)
    except MutationError as error:
        raise ControlError(f"a mutation cannot be carried out, those before it were: {error}") from None
    return json_reply({"results": [{"id": each} for each in ids], "remaining": state.script.remaining})


def _example(name: str) -> Scenario:
    if name not in example_scenarios():
        raise ControlError(f"there is no example {name!r}; there are {', '.join(example_scenarios())}")
    return load_scenario(name)


def _serve(state: EmulatorState, world: World, script: Script | None) -> None:
    """Serve another world from the start; snapshots of the old one are dropped."""
    state.world.become(world)
    state.snapshots.clear()
    state.script = script
    state.reset()


def _known(state: EmulatorState, call: Call) -> str:
    name = call.path["name"]
    if name not in state.snapshots:
        raise ControlError(f"there is no snapshot {name!r}; GET /__emulator__/snapshots names them")
    return name


def _named(state: EmulatorState) -> Reply:
    return json_reply({"snapshots": cast("list[Json]", list(state.snapshots))})


def _scripted(script: Script | None) -> Reply:
    if script is None:
        return json_reply({"ids": {}, "remaining": 0})
    return json_reply({"ids": dict[str, Json](script.ids), "remaining": script.remaining})


ROUTES = (
    control_route("snapshots", "GET", "snapshots", snapshots),
    control_route("snapshots.take", "POST", "snapshots", take_snapshot),
    control_route("snapshots.restore", "POST", "snapshots/{name}/restore", restore_snapshot),
    control_route("snapshots.drop", "DELETE", "snapshots/{name}", drop_snapshot),
    control_route("seed", "POST", "seed", seed),
    control_route("scenario", "GET", "scenario", scenario),
    control_route("scenario.set", "POST", "scenario", set_scenario),
    control_route("scenario.play", "POST", "scenario/play", play),
)
