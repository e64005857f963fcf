"""What stands in the `data` of records below items is of the published shapes, and each shape has its type."""

import json

import pytest
from tests.unit.schemas.json_schema import problems
from tests.unit.sinks_local import records

from google_drive_worker.schemas.export import documents
from google_drive_worker.schemas.record import OutRecord

DOCUMENT = documents()["record"]
LISTS = [
    *records.permission_set("i", "g"),
    *records.permission_set("i", visible=False),
    *records.revisions("f", "r"),
    *records.comments("f", "c"),
    records.drive("drive:x"),
]
SHAPES = {
    "permission_set": "PermissionSetData",
    "permission": "PermissionData",
    "revision": "RevisionData",
    "comment": "CommentData",
    "drive": "DriveData",
    "manifest": "ManifestData",
}


@pytest.mark.parametrize("record", LISTS, ids=lambda record: record.resource_type)
def test_what_hangs_below_an_item_is_as_the_schemas_say(record: OutRecord) -> None:
    """Its records fit, and their data is of the shape that is named for its type, no field beyond it."""
    assert list(problems(json.loads(record.value), DOCUMENT, DOCUMENT)) == []
    data = json.loads(record.data)
    shape = DOCUMENT["$defs"][SHAPES[record.resource_type]]
    assert list(problems(data, shape, DOCUMENT)) == []
    assert set(data) <= set(shape["properties"])
