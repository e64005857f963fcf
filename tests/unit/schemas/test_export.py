"""The exported schemas are those of the code, and what goes over the wire is as they say."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.schemas.json_schema import problems
from tests.unit.sync.emulated import CONFIG, emulated_drive, run_job
from tests.unit.sync.memory_outlet import MemoryOutlet

from google_drive_worker.client.errors import DomainPolicyError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.schemas.event import ErrorRecord
from google_drive_worker.schemas.export import documents, main, rendered
from google_drive_worker.schemas.state import JobState, encode_part
from google_drive_worker.sync.runner import Runner
from google_drive_worker.sync.wishes import Accept

WRITTEN = Path(__file__).parents[3] / "docs" / "schemas"
NAMES = sorted(documents())
TRIGGER = {"integration_connection_id": "conn", "trigger_type": "incremental", "connection_config": CONFIG}


def wrong(name: str, value: bytes) -> list[str]:
    """What is wrong with a message by the schema of that name."""
    document = documents()[name]
    return list(problems(json.loads(value), document, document))


def as_json(**fields: Any) -> bytes:
    return json.dumps({**TRIGGER, **fields}).encode()


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_what_the_code_says(name: str) -> None:
    """Published schemas are generated: `python -m google_drive_worker.schemas.export docs/schemas` renews them."""
    assert (WRITTEN / f"{name}.schema.json").read_bytes() == rendered(documents()[name])


def test_nothing_else_is_published() -> None:
    """A schema that no longer exists is not left behind."""
    assert sorted(path.name for path in WRITTEN.iterdir()) == [f"{name}.schema.json" for name in NAMES]


async def test_what_the_engine_emits_is_as_the_schemas_say() -> None:
    """Records of a snapshot and of changes, events, errors and state parts, of a whole emulated sync."""
    outlet = MemoryOutlet()
    async with emulated_drive(files=60) as drive:
        runner = drive.runner(outlet)
        await run_job(runner, outlet)
        drive.world.delete((await drive.file_ids())[0])
        drive.world.create("new")
        await run_job(runner, outlet, Accept(None))

        async def forbidden(_: str, __: JobState) -> DriveSession:
            raise DomainPolicyError("not here")

        broken = Runner(drive.engine(), outlet, forbidden, max_scans=1, timing=drive.time.timing)
        await run_job(broken, outlet, Accept(None))
    assert {record.op for record in outlet.records} == {"upsert", "delete"}
    assert [problem for record in outlet.records for problem in wrong("record", record.value)] == []
    assert [problem for event in outlet.events for problem in wrong("event", msgspec.json.encode(event))] == []
    assert [problem for error in outlet.errors for problem in wrong("error", msgspec.json.encode(error))] == []
    parts = outlet.states["conn_1"].parts.values()
    assert len(parts) == 2
    assert [problem for part in parts for problem in wrong("state", encode_part(part))] == []


@pytest.mark.parametrize(
    "message",
    [as_json(), as_json(connection_config=None), as_json(later=[1]), as_json(connection_config={"later": {}})],
    ids=range(4),
)
def test_triggers_are_as_the_schema_says(message: bytes) -> None:
    """What the worker takes, the schema takes."""
    assert wrong("trigger", message) == []


@pytest.mark.parametrize(
    "message",
    [
        as_json(trigger_type="everything"),
        as_json(integration_connection_id=None),
        as_json(connection_config={"refresh_token": 5}),
        b"{}",
    ],
    ids=range(4),
)
def test_what_is_no_trigger_is_none_by_the_schema(message: bytes) -> None:
    """A sender that checks against the schema finds its mistakes before the worker does."""
    assert wrong("trigger", message)


def test_an_error_record_of_the_intake_fits() -> None:
    """Nothing may be known of the connection."""
    error = ErrorRecord(None, None, "2026-01-01T00:00:00.000Z", "intake", "not_json", retryable=False, message="no")
    assert wrong("error", msgspec.json.encode(error)) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A mistake on the command line is answered in a line, without a traceback."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "cannot be written" in str(main([str(blocked)]))
    assert "usage" in str(main([]))
    assert main([str(tmp_path / "schemas")]) is None
    assert len(list((tmp_path / "schemas").iterdir())) == len(NAMES)
