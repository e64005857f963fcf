"""The guides name all there is: what is added to the code and not to them fails here."""

import inspect
import json
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import google_drive_emulator
from google_drive_emulator import load_scenario
from google_drive_emulator.control.messages import PREFIX
from google_drive_emulator.control.routes import ROUTES
from google_drive_emulator.http.calls import Route
from google_drive_emulator.http.faults import Fault
from google_drive_emulator.http.quota import QuotaSettings
from google_drive_emulator.push.settings import PushSettings
from google_drive_emulator.scenario import format as scenario_format
from google_drive_emulator.scenario.scenario import example_scenarios
from google_drive_emulator.world import mutations
from google_drive_emulator.world.quirks import Quirks

EMULATOR = Path(__file__).parents[3] / "emulator"
SCENARIOS = (EMULATOR / "docs" / "scenarios.md").read_text()
CONTROL = (EMULATOR / "docs" / "control-api.md").read_text()
README = (EMULATOR / "README.md").read_text()

PARTS = [
    part
    for _, part in inspect.getmembers(scenario_format, inspect.isclass)
    if part.__module__ == scenario_format.__name__
]
OPERATIONS = get_args(mutations.Operation)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_guide_to_scenarios_names_every_field(part: type[msgspec.Struct]) -> None:
    assert [name for name in part.__struct_encode_fields__ if f"`{name}`" not in SCENARIOS] == []


@pytest.mark.parametrize("name", example_scenarios())
def test_the_examples_are_in_the_guide(name: str) -> None:
    assert f"| `{name}` |" in SCENARIOS


def test_the_example_of_the_guide_can_be_built() -> None:
    blocks = re.findall(r"```json\n(.*?)```", SCENARIOS, re.DOTALL)
    scenes = [load_scenario(block.encode()).build() for block in blocks]
    assert [scene.script.remaining for scene in scenes] == [1]
    assert all(json.loads(block) for block in blocks)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_guide_to_the_control_api_names_every_call(route: Route) -> None:
    path = route.paths[0].removeprefix(PREFIX)
    rows = [row for row in CONTROL.splitlines() if f" {path}`" in row or f" {path}?" in row]
    assert any(set(route.methods) <= set(re.findall("GET|PUT|POST|DELETE", row)) for row in rows), rows


@pytest.mark.parametrize("settings", [Fault, Quirks, QuotaSettings, PushSettings], ids=lambda kind: kind.__name__)
def test_the_guide_to_the_control_api_names_every_setting(settings: type[msgspec.Struct]) -> None:
    assert [name for name in settings.__struct_encode_fields__ if f"`{name}`" not in CONTROL] == ["kind"] * (
        settings is Fault
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_the_guide_to_the_control_api_names_every_operation(operation: type[msgspec.Struct]) -> None:
    text = " ".join(CONTROL.split())
    named = re.search(rf"`{operation.__struct_config__.tag}`[^(]*\(([^)]*)\)", text)
    assert named is not None
    fields = set(named[1].split(", "))
    assert fields >= set(operation.__struct_encode_fields__) - {"by"}


def test_the_readme_uses_names_that_exist() -> None:
    imported = {
        name.strip()
        for names in re.findall(r"from google_drive_emulator import (.+)", README + SCENARIOS)
        for name in names.split(",")
    }
    assert imported <= set(google_drive_emulator.__all__)
