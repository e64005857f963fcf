"""Golden examples: what Drive says of the usual kinds of items, and the record data it becomes."""

import json
from typing import Any

import pytest

from google_drive_worker.client.resources import FILE
from google_drive_worker.normalizer import file_data, resource_type, snake_case
from google_drive_worker.schemas.record import ENCODER

Json = dict[str, Any]
ANA = {"displayName": "Ana", "emailAddress": "ana@example.com", "permissionId": "101"}
ANA_OUT = {"display_name": "Ana", "email_address": "ana@example.com", "permission_id": "101"}


def normalized(drive_json: Json) -> Json:
    """A Drive resource as it stands in a record."""
    found: Json = json.loads(ENCODER.encode(file_data(FILE.decode(json.dumps(drive_json)))))
    return found


def kind_of(drive_json: Json) -> str:
    return resource_type(FILE.decode(json.dumps(drive_json))).value


PDF = {
    "id": "f1",
    "name": "Q4 Report.pdf",
    "mimeType": "application/pdf",
    "parents": ["root1"],
    "version": "1871",
    "size": "2048576",
    "quotaBytesUsed": "9007199254740993",
    "md5Checksum": "d41d8cd98f00b204e9800998ecf8427e",
    "createdTime": "2025-01-01T10:00:00.000Z",
    "modifiedTime": "2025-02-01T10:00:00.000Z",
    "trashed": False,
    "starred": True,
    "ownedByMe": True,
    "owners": [ANA],
    "permissions": [{"id": "101", "type": "user", "role": "owner", "emailAddress": "ana@example.com"}],
    "capabilities": {"canEdit": True, "canReadRevisions": False},
}
PDF_DATA = {
    "id": "f1",
    "name": "Q4 Report.pdf",
    "mime_type": "application/pdf",
    "parents": ["root1"],
    "version": 1871,
    "size_bytes": 2048576,
    "quota_bytes_used": 9007199254740993,
    "md5_checksum": "d41d8cd98f00b204e9800998ecf8427e",
    "created_at": "2025-01-01T10:00:00.000Z",
    "modified_at": "2025-02-01T10:00:00.000Z",
    "trashed": False,
    "owners": [ANA_OUT],
    "permissions": [{"id": "101", "type": "user", "role": "owner", "email_address": "ana@example.com"}],
    "viewer": {"owned_by_me": True, "starred": True, "capabilities": {"can_edit": True, "can_read_revisions": False}},
}
FOLDER = {
    "id": "d1",
    "name": "Plans",
    "mimeType": "application/vnd.google-apps.folder",
    "folderColorRgb": "#ff0000",
    "permissions": [],
}
FOLDER_DATA = {
    "id": "d1",
    "name": "Plans",
    "mime_type": "application/vnd.google-apps.folder",
    "folder_color_rgb": "#ff0000",
    "permissions": [],
    "viewer": {},
}
SHORTCUT = {
    "id": "s1",
    "mimeType": "application/vnd.google-apps.shortcut",
    "shortcutDetails": {"targetId": "f1", "targetMimeType": "application/pdf", "targetResourceKey": "0-k"},
}
SHORTCUT_DATA = {
    "id": "s1",
    "mime_type": "application/vnd.google-apps.shortcut",
    "permissions_state": "not_visible",
    "shortcut_details": {"target_id": "f1", "target_mime_type": "application/pdf", "target_resource_key": "0-k"},
    "viewer": {},
}
DOCUMENT = {
    "id": "g1",
    "mimeType": "application/vnd.google-apps.document",
    "size": "1",
    "exportLinks": {"application/pdf": "https://docs.google.com/export?format=pdf"},
    "permissions": [{"id": "anyoneWithLink", "type": "anyone", "role": "reader", "allowFileDiscovery": False}],
}
DOCUMENT_DATA = {
    "id": "g1",
    "mime_type": "application/vnd.google-apps.document",
    "size_bytes": 1,
    "export_links": {"application/pdf": "https://docs.google.com/export?format=pdf"},
    "permissions": [{"id": "anyoneWithLink", "type": "anyone", "role": "reader", "allow_file_discovery": False}],
    "viewer": {},
}
IN_A_DRIVE = {
    "id": "t1",
    "mimeType": "text/plain",
    "driveId": "0AdriveUk9PVA",
    "hasAugmentedPermissions": True,
    "trashedTime": "2025-03-01T10:00:00.000Z",
    "trashingUser": ANA,
    "labelInfo": {"labels": [{"id": "lab1", "revisionId": "2", "fields": {"fieldId9": {"valueType": "text"}}}]},
    "videoMediaMetadata": {"width": 640, "durationMillis": "61000"},
}
IN_A_DRIVE_DATA = {
    "id": "t1",
    "mime_type": "text/plain",
    "drive_id": "0AdriveUk9PVA",
    "trashed_at": "2025-03-01T10:00:00.000Z",
    "trashing_user": ANA_OUT,
    "permissions_state": "own",
    "has_augmented_permissions": True,
    "label_info": {"labels": [{"id": "lab1", "revision_id": "2", "fields": {"fieldId9": {"value_type": "text"}}}]},
    "video_media_metadata": {"width": 640, "duration_millis": 61000},
    "viewer": {},
}


@pytest.mark.parametrize(
    ("drive_json", "data", "kind"),
    [
        pytest.param(PDF, PDF_DATA, "file", id="file"),
        pytest.param(FOLDER, FOLDER_DATA, "folder", id="folder"),
        pytest.param(SHORTCUT, SHORTCUT_DATA, "file", id="shortcut"),
        pytest.param(DOCUMENT, DOCUMENT_DATA, "file", id="google document"),
        pytest.param(IN_A_DRIVE, IN_A_DRIVE_DATA, "file", id="item of a shared drive"),
    ],
)
def test_golden(drive_json: Json, data: Json, kind: str) -> None:
    """An item becomes exactly this record data, and this type of resource."""
    assert normalized(drive_json) == data
    assert kind_of(drive_json) == kind


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"permissions": []}, None),
        ({"permissions": [], "driveId": "d"}, None),
        ({}, "not_visible"),
        ({"hasAugmentedPermissions": True}, "not_visible"),
        ({"driveId": "d"}, "inherited"),
        ({"driveId": "d", "hasAugmentedPermissions": False}, "inherited"),
        ({"driveId": "d", "hasAugmentedPermissions": True}, "own"),
        ({"driveId": "d", "inheritedPermissionsDisabled": True}, "own"),
        ({"inheritedPermissionsDisabled": True}, "not_visible"),
    ],
    ids=str,
)
def test_missing_permissions_say_why(said: Json, state: str | None) -> None:
    """Permissions are there, or `permissions_state` says why they are not; never both, never neither."""
    data = normalized({"id": "x", **said})
    assert data.get("permissions_state") == state
    assert ("permissions" in data) == (state is None)


@pytest.mark.parametrize(
    ("name", "renamed"),
    [
        ("canReadRevisions", "can_read_revisions"),
        ("id", "id"),
        ("md5Checksum", "md5_checksum"),
        ("Title", "Title"),
        ("application/pdf", "application/pdf"),
        ("", ""),
    ],
)
def test_only_camel_case_is_renamed(name: str, renamed: str) -> None:
    """A name of Drive's becomes snake_case; what is no such name stays."""
    assert snake_case(name) == renamed


def test_sets_of_grants_keep_their_order() -> None:
    """The same grants in another order, or some of them, are another set; each set comes out as Drive gave it."""
    grants = [{"id": name, "type": "user", "role": "reader"} for name in ("a", "b", "c")]
    for shown in (grants, grants[::-1], grants[:1], [], grants):
        file = FILE.decode(json.dumps({"id": "f", "permissions": shown}))
        assert json.loads(ENCODER.encode(file_data(file)))["permissions"] == shown


@pytest.mark.parametrize("grants", [None, {}, ["owner"], [{"id": "a"}]])
def test_grants_of_another_shape_are_refused(grants: Any) -> None:
    """What is no list of grants is an error of this file, never an empty list."""
    with pytest.raises(ValueError, match=r"Expected|missing"):
        file_data(FILE.decode(json.dumps({"id": "f", "permissions": grants})))
