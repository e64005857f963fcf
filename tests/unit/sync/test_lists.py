"""Lists below an item to records: each entry one, then the manifest, which claims no more than the list shows."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import Raw

from google_drive_worker.schemas.record import OutRecord, Source
from google_drive_worker.sync import lists
from google_drive_worker.sync.records import RecordWriter

Json = dict[str, Any]
AT = "2026-01-01T00:00:00.000Z"
WRITER = RecordWriter("google-drive", "conn_1", Source("drive:d", drive_id="d"), "000000000001", "enrichment:1", AT)
ANA = {"displayName": "Ana", "emailAddress": "ana@example.com", "permissionId": "101"}
ANA_OUT = {"display_name": "Ana", "email_address": "ana@example.com", "permission_id": "101"}


def raws(*entries: object) -> list[Raw]:
    return [Raw(json.dumps(entry).encode()) for entry in entries]


def said(records: Sequence[OutRecord]) -> list[tuple[str, str, Json]]:
    """Type, resource id and data of each record; all are upserts without a version."""
    assert {(record.op, record.version) for record in records} <= {("upsert", None)}
    return [(record.resource_type, record.resource_id, json.loads(record.data)) for record in records]


def manifest(listed: lists.Listed) -> Json:
    kind, _, data = said(listed.records)[-1]
    assert kind == "manifest"
    return data


GRANT = {"id": "101", "type": "user", "role": "writer", "emailAddress": "ana@example.com", "view": "metadata"}
INHERITED = {
    "id": "102",
    "type": "group",
    "role": "reader",
    "expirationTime": "2026-05-01T00:00:00.000Z",
    "permissionDetails": [{"permissionType": "member", "role": "reader", "inherited": True, "inheritedFrom": "d"}],
}
GRANT_OUT = {"id": "101", "type": "user", "role": "writer", "email_address": "ana@example.com", "view": "metadata"}
INHERITED_OUT = {
    "id": "102",
    "type": "group",
    "role": "reader",
    "expiration_time": "2026-05-01T00:00:00.000Z",
    "permission_details": [{"permission_type": "member", "role": "reader", "inherited": True, "inherited_from": "d"}],
}


def test_a_permission_set_is_one_record() -> None:
    """It has the id of its item, and its grants in Drive's order with inheritance and expiry."""
    listed = lists.permission_set(WRITER, "f", "file", raws(GRANT, INHERITED))
    data = {
        "item_id": "f",
        "item_type": "file",
        "complete": True,
        "permissions": [GRANT_OUT, INHERITED_OUT],
    }
    assert said(listed.records) == [("permission_set", "f", data)]
    assert listed.rejected == []


def test_single_permissions_follow_their_set() -> None:
    """Each grant is a record that names its item, and the manifest names them all."""
    listed = lists.permission_set(WRITER, "d", "drive", raws(GRANT, INHERITED), also_single=True)
    (_, *singles) = said(listed.records)
    item = {"item_id": "d", "item_type": "drive"}
    assert singles == [
        ("permission", "d:101", item | GRANT_OUT),
        ("permission", "d:102", item | INHERITED_OUT),
        (
            "manifest",
            "d:permission",
            {"file_id": "d", "of": "permission", "ids": ["101", "102"], "complete": True, "observed_at": AT},
        ),
    ]


def test_permissions_that_may_not_be_seen_are_not_shown_as_none() -> None:
    """The set says `not_visible` and has no list; what is known of single grants is not taken back."""
    listed = lists.permission_set(WRITER, "f", "folder", None, also_single=True)
    (_, _, data), _ = said(listed.records)
    assert data == {
        "item_id": "f",
        "item_type": "folder",
        "complete": False,
        "permissions_state": "not_visible",
    }
    assert (manifest(listed)["ids"], manifest(listed)["complete"]) == ([], False)


def test_a_malformed_grant_makes_its_set_incomplete() -> None:
    """The other grants are there, the set does not pass for whole, and the error names the bad one once."""
    bad = {"id": "9", "type": "user"}
    listed = lists.permission_set(WRITER, "f", "file", raws(GRANT, bad), also_single=True)
    (_, _, data), single, _ = said(listed.records)
    assert (data["permissions"], data["complete"]) == ([GRANT_OUT], False)
    assert single[1] == "f:101"
    assert manifest(listed)["complete"] is False
    assert [rejected.resource_id for rejected in listed.rejected] == ["f:9"]


BLOB = {
    "id": "r1",
    "mimeType": "application/pdf",
    "modifiedTime": "2025-02-01T10:00:00.000Z",
    "size": "9007199254740993",
    "keepForever": False,
    "originalFilename": "Q4.pdf",
    "md5Checksum": "d41d8cd98f00b204e9800998ecf8427e",
    "lastModifyingUser": ANA,
}
BLOB_OUT = {
    "file_id": "f",
    "id": "r1",
    "mime_type": "application/pdf",
    "modified_at": "2025-02-01T10:00:00.000Z",
    "size_bytes": 9007199254740993,
    "keep_forever": False,
    "original_filename": "Q4.pdf",
    "md5_checksum": "d41d8cd98f00b204e9800998ecf8427e",
    "last_modifying_user": ANA_OUT,
}
DOCUMENT = {
    "id": "2",
    "mimeType": "application/vnd.google-apps.document",
    "published": True,
    "publishAuto": True,
    "publishedOutsideDomain": False,
    "publishedLink": "https://docs.google.com/document/d/f/pub",
    "exportLinks": {"application/pdf": "https://docs.google.com/export"},
}
DOCUMENT_OUT = {
    "file_id": "f",
    "id": "2",
    "mime_type": "application/vnd.google-apps.document",
    "published": True,
    "publish_auto": True,
    "published_outside_domain": False,
    "published_link": "https://docs.google.com/document/d/f/pub",
    "export_links": {"application/pdf": "https://docs.google.com/export"},
}


def test_revisions_come_before_their_manifest() -> None:
    """One record a revision, named within its file, then what the list held."""
    listed = lists.revisions(WRITER, "f", raws(BLOB, {"id": "r2"}))
    named = {"file_id": "f", "of": "revision", "ids": ["r1", "r2"], "complete": True, "observed_at": AT}
    assert said(listed.records) == [
        ("revision", "f:r1", BLOB_OUT),
        ("revision", "f:r2", {"file_id": "f", "id": "r2"}),
        ("manifest", "f:revision", named),
    ]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([DOCUMENT], id="of a Google document"),
        pytest.param([BLOB, {"id": "r2", "mimeType": "application/vnd.google-apps.drawing"}], id="of a drawing"),
        pytest.param([], id="no entry at all"),
        pytest.param([BLOB, {"id": "r2", "size": "many"}], id="one is malformed"),
    ],
)
def test_revision_lists_that_prove_no_absence(entries: list[Json]) -> None:
    """Drive leaves revisions of its documents out (facts A8), and a file without any revision does not exist."""
    assert manifest(lists.revisions(WRITER, "f", raws(*entries)))["complete"] is False


def test_a_revision_of_a_document_has_what_documents_have() -> None:
    """Links and publication are there; sizes and checksums are absent, never zero or empty."""
    listed = lists.revisions(WRITER, "f", raws(DOCUMENT))
    assert said(listed.records)[0][2] == DOCUMENT_OUT


COMMENT = {
    "id": "c1",
    "content": "look +ana@example.com",
    "htmlContent": "look <b>ana</b>",
    "createdTime": "2025-01-01T10:00:00.000Z",
    "modifiedTime": "2025-01-02T10:00:00.000Z",
    "deleted": False,
    "resolved": True,
    "anchor": '{"r":"head"}',
    "quotedFileContent": {"mimeType": "text/html", "value": "words"},
    "author": {"displayName": "Ben", "photoLink": "https://example.com/b"},
    "assigneeEmailAddress": "ana@example.com",
    "mentionedEmailAddresses": ["ana@example.com"],
    "replies": [
        {
            "id": "y1",
            "content": "done",
            "htmlContent": "done",
            "createdTime": "2025-01-02T10:00:00.000Z",
            "modifiedTime": "2025-01-02T10:00:00.000Z",
            "deleted": False,
            "author": {"displayName": "Ana"},
            "action": "resolve",
            "mentionedEmailAddresses": [],
        },
        {"id": "y2", "deleted": True},
    ],
}
COMMENT_OUT = {
    "file_id": "f",
    "id": "c1",
    "content": "look +ana@example.com",
    "html_content": "look <b>ana</b>",
    "created_at": "2025-01-01T10:00:00.000Z",
    "modified_at": "2025-01-02T10:00:00.000Z",
    "deleted": False,
    "resolved": True,
    "anchor": '{"r":"head"}',
    "quoted_file_content": {"mime_type": "text/html", "value": "words"},
    "author": {"display_name": "Ben", "photo_link": "https://example.com/b"},
    "assignee_email_address": "ana@example.com",
    "mentioned_email_addresses": ["ana@example.com"],
    "replies": [
        {
            "id": "y1",
            "content": "done",
            "html_content": "done",
            "created_at": "2025-01-02T10:00:00.000Z",
            "modified_at": "2025-01-02T10:00:00.000Z",
            "deleted": False,
            "author": {"display_name": "Ana"},
            "action": "resolve",
            "mentioned_email_addresses": [],
        },
        {"id": "y2", "deleted": True},
    ],
}


def test_comments_carry_their_replies() -> None:
    """A comment is one record with all that was answered; a deleted one stays, without its content."""
    listed = lists.comments(WRITER, "f", raws(COMMENT, {"id": "c2", "deleted": True}))
    assert said(listed.records)[:2] == [
        ("comment", "f:c1", COMMENT_OUT),
        ("comment", "f:c2", {"file_id": "f", "id": "c2", "deleted": True}),
    ]
    assert manifest(listed) == {
        "file_id": "f",
        "of": "comment",
        "ids": ["c1", "c2"],
        "complete": True,
        "observed_at": AT,
    }


def test_a_file_without_comments_says_so() -> None:
    """An empty list of comments is a whole one: what was known is gone."""
    listed = lists.comments(WRITER, "f", [])
    assert (manifest(listed)["ids"], manifest(listed)["complete"]) == ([], True)


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ({"id": "bad", "content": 5}, "f:bad"),
        ({"id": "bad", "replies": [{"content": "no id"}]}, "f:bad"),
        ({"content": "nameless"}, "f"),
        ("not an object", "f"),
    ],
    ids=str,
)
def test_a_malformed_entry_costs_only_itself(bad: object, name: str) -> None:
    """The others come through, the error names the bad one as far as it has a name, and nothing is taken for gone."""
    listed = lists.comments(WRITER, "f", raws({"id": "a"}, bad, {"id": "c"}))
    assert [record.resource_id for record in listed.records] == ["f:a", "f:c", "f:comment"]
    assert [rejected.resource_id for rejected in listed.rejected] == [name]
    assert manifest(listed)["complete"] is False


def test_bytes_that_are_no_utf_8_cost_only_their_entry() -> None:
    """A broken text is an error of that comment."""
    listed = lists.comments(WRITER, "f", [Raw(b'{"id":"a","content":"\xff"}'), *raws({"id": "b"})])
    assert [record.resource_id for record in listed.records] == ["f:b", "f:comment"]
    assert len(listed.rejected) == 1


def test_a_drive_is_one_record() -> None:
    """What is the drive's stands in its data, what is the viewer's apart."""
    raw = {
        "id": "0A",
        "name": "Plans",
        "hidden": False,
        "createdTime": "2025-01-01T10:00:00.000Z",
        "orgUnitId": "org",
        "colorRgb": "#ff0000",
        "themeId": "blank",
        "backgroundImageLink": "https://example.com/p",
        "restrictions": {"domainUsersOnly": True, "downloadRestriction": {"restrictedForReaders": True}},
        "capabilities": {"canManageMembers": True},
    }
    record = lists.drive(WRITER, *raws(raw))
    data = {
        "id": "0A",
        "name": "Plans",
        "created_at": "2025-01-01T10:00:00.000Z",
        "org_unit_id": "org",
        "color_rgb": "#ff0000",
        "theme_id": "blank",
        "background_image_link": "https://example.com/p",
        "restrictions": {"domain_users_only": True, "download_restriction": {"restricted_for_readers": True}},
        "viewer": {"hidden": False, "capabilities": {"can_manage_members": True}},
    }
    assert said([record]) == [("drive", "0A", data)]


def test_a_drive_without_an_id_is_refused() -> None:
    """What is no drive becomes no record."""
    with pytest.raises(ValueError, match="id"):
        lists.drive(WRITER, *raws({"name": "nameless"}))


def test_a_list_read_again_repeats_its_ids() -> None:
    """The same entries at the same position are the same messages, whenever they are read."""
    later = RecordWriter(
        "google-drive", "conn_1", WRITER.source, WRITER.snapshot_id, WRITER.position, "2030-01-01T00:00:00.000Z"
    )
    first, second = (lists.comments(writer, "f", raws(COMMENT)) for writer in (WRITER, later))
    ids = [[json.loads(record.value)["message_id"] for record in listed.records] for listed in (first, second)]
    assert ids[0][0] == ids[1][0]
    assert ids[0][1] != ids[1][1], "a manifest says when it was read, so each reading is one of its own"
