"""What hangs below a file, and drives, from arbitrary JSON of Drive's shape, against a slow rewriting of the JSON."""

import json
import re
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings
from msgspec import Raw
from tests.property.worker.drive_json import Json, resources

from google_drive_worker.client.listed_resources import DriveComment, DriveRevision
from google_drive_worker.client.resources import DrivePermission, SharedDrive
from google_drive_worker.normalizer import comment_data, drive_data, grant, permission_data, revision_data
from google_drive_worker.schemas.record import ENCODER

SETTINGS = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
RENAMED = {"size": "size_bytes", "createdTime": "created_at", "modifiedTime": "modified_at"}
VIEWER = {"hidden", "capabilities"}


def renamed(value: Any) -> Any:
    """JSON with the worker's names."""
    if isinstance(value, dict):
        return {_name(key): renamed(item) for key, item in value.items()}
    return [renamed(item) for item in value] if isinstance(value, list) else value


def _name(key: str) -> str:
    camel = re.fullmatch(r"[a-z][A-Za-z0-9]*", key)
    return RENAMED.get(key) or (re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key) if camel else key)


def raw(drive_json: Json) -> Raw:
    return Raw(json.dumps(drive_json).encode())


def shown(data: object) -> Json:
    found: Json = json.loads(ENCODER.encode(data))
    return found


@SETTINGS
@given(resources(DriveRevision))
def test_a_revision_loses_nothing(drive_json: Json) -> None:
    """Every field stands in the data under its own name, sizes as numbers, and no other field does."""
    links, size = drive_json.get("exportLinks"), drive_json.get("size")
    expected = renamed(drive_json) | {"file_id": "f"}
    expected |= {} if links is None else {"export_links": links}
    expected |= {} if size is None else {"size_bytes": int(size)}
    assert shown(revision_data("f", raw(drive_json))) == expected


@SETTINGS
@given(resources(DriveComment))
def test_a_comment_loses_nothing(drive_json: Json) -> None:
    """As for revisions, replies and all."""
    assert shown(comment_data("f", raw(drive_json))) == renamed(drive_json) | {"file_id": "f"}


@SETTINGS
@given(resources(DrivePermission), st.sampled_from(["file", "folder", "drive"]))
def test_a_grant_loses_nothing(drive_json: Json, item_type: Any) -> None:
    """The grant in a set and the grant by itself say the same; the latter names its item."""
    expected = renamed(drive_json)
    assert shown(grant(raw(drive_json))) == expected
    single = shown(permission_data("i", item_type, raw(drive_json)))
    assert single == expected | {"item_id": "i", "item_type": item_type}


@SETTINGS
@given(resources(SharedDrive))
def test_a_drive_loses_nothing(drive_json: Json) -> None:
    """As for revisions; what is the viewer's stands apart."""
    named = {key: _below_fields(value) for key, value in drive_json.items()}
    expected = {_name(key): value for key, value in named.items() if key not in VIEWER}
    viewer = {_name(key): value for key, value in named.items() if key in VIEWER}
    assert shown(drive_data(raw(drive_json))) == expected | {"viewer": viewer}


def _below_fields(value: Any, *, ids: bool = False) -> Any:
    """Keys renamed as JSON of unknown depth is; those of a map called `fields` are ids."""
    if isinstance(value, dict):
        return {
            key if ids else _plain(key): _below_fields(item, ids=not ids and key == "fields")
            for key, item in value.items()
        }
    return [_below_fields(item) for item in value] if isinstance(value, list) else value


def _plain(key: str) -> str:
    camel = re.fullmatch(r"[a-z][A-Za-z0-9]*", key)
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key) if camel else key
