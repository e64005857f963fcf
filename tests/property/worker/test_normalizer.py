"""The normaliser on arbitrary JSON of Drive's shape, against a slow rewriting of the JSON itself."""

import json
import re
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings
from tests.property.worker.drive_json import CAMEL, IDS, NESTED, Json, resources

from google_drive_worker.client.resources import FILE, DriveFile
from google_drive_worker.normalizer import file_data, rename_keys
from google_drive_worker.schemas.record import ENCODER

SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

FILES = resources(DriveFile)
RENAMED = {
    "size": "size_bytes",
    "createdTime": "created_at",
    "modifiedTime": "modified_at",
    "trashedTime": "trashed_at",
}
INT64_FIELDS = {"size", "version", "quotaBytesUsed"}
VIEWER = {
    "ownedByMe",
    "starred",
    "viewedByMe",
    "viewedByMeTime",
    "modifiedByMe",
    "modifiedByMeTime",
    "sharedWithMeTime",
    "sharingUser",
    "capabilities",
}
VERBATIM = {"properties", "appProperties", "exportLinks"}


def snake(name: str) -> str:
    camel = re.fullmatch(r"[a-z][A-Za-z0-9]*", name)
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name) if camel else name


def rewritten(value: Any, *, ids: bool = False) -> Any:
    """JSON with its keys renamed; `ids` says that the keys of this level are ids, which stay."""
    if isinstance(value, dict):
        return {
            key if ids else snake(key): rewritten(item, ids=not ids and key == "fields") for key, item in value.items()
        }
    if isinstance(value, list):
        return [rewritten(item) for item in value]
    return value


def expected(name: str, value: Any) -> Any:
    if name in INT64_FIELDS:
        return int(value)
    if name in VERBATIM:
        return value
    found = rewritten(value)
    if name == "videoMediaMetadata" and str(found.get("duration_millis", "")).isdecimal():
        found["duration_millis"] = int(found["duration_millis"])
    return found


def normalized(drive_json: Json) -> Json:
    found: Json = json.loads(ENCODER.encode(file_data(FILE.decode(json.dumps(drive_json)))))
    return found


@SETTINGS
@given(FILES)
def test_nothing_is_lost_and_nothing_is_added(drive_json: Json) -> None:
    """Every field that Drive gave stands in the data under its own name, and no field that it did not give."""
    data = normalized(drive_json)
    viewer = data.pop("viewer")
    data.pop("permissions_state", None)
    plain = {key: value for key, value in drive_json.items() if key not in VIEWER}
    assert data == {RENAMED.get(key, snake(key)): expected(key, value) for key, value in plain.items()}
    seen = {key: value for key, value in drive_json.items() if key in VIEWER}
    assert viewer == {snake(key): expected(key, value) for key, value in seen.items()}


@SETTINGS
@given(FILES)
def test_permissions_are_there_or_explained(drive_json: Json) -> None:
    """`permissions_state` stands where permissions do not, and says `own` or `inherited` only inside a drive."""
    data = normalized(drive_json)
    assert ("permissions" in data) != ("permissions_state" in data)
    in_a_drive = bool(drive_json.get("driveId"))
    assert in_a_drive or data.get("permissions_state") in {None, "not_visible"}
    assert not in_a_drive or data.get("permissions_state") in {None, "own", "inherited"}


@SETTINGS
@given(FILES)
def test_the_same_item_gives_the_same_bytes(drive_json: Json) -> None:
    """Encoding is a function of the item: ids made from it repeat."""
    first, second = (ENCODER.encode(file_data(FILE.decode(json.dumps(drive_json)))) for _ in range(2))
    assert first == second


@SETTINGS
@given(st.dictionaries(CAMEL | IDS, NESTED, max_size=4))
def test_ids_of_label_fields_are_not_renamed(fields: Json) -> None:
    """The keys of a label's `fields` are ids of the customer's: they stay as they are, what is below is renamed."""
    renamed = rename_keys({"labels": [{"id": "l", "fields": fields}]})
    assert renamed["labels"][0]["fields"] == {key: rewritten(value) for key, value in fields.items()}
