"""Pages of Drive's answers to records: what is good goes on, what is bad costs itself."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from google_drive_worker.client.errors import MalformedResponseError
from google_drive_worker.schemas.record import OutRecord, Source
from google_drive_worker.sync.pages import Page, change_page, file_page
from google_drive_worker.sync.records import SCAN, RecordWriter

Json = dict[str, Any]
FOLDER = "application/vnd.google-apps.folder"


def writer(**other: str) -> RecordWriter:
    given = {
        "integration_id": "google-drive",
        "connection_id": "conn_1",
        "snapshot_id": "000000000001",
        "position": SCAN,
        "observed_at": "2026-01-01T00:00:00.000Z",
        **other,
    }
    return RecordWriter(source=Source("user:me"), **given)


def listed(*items: Json, **page: Any) -> Page:
    return file_page(json.dumps({"files": list(items), **page}).encode(), writer())


def logged(*entries: Json, **page: Any) -> Page:
    return change_page(json.dumps({"changes": list(entries), **page}).encode(), writer(position="17"))


def said(record: OutRecord) -> Json:
    """A record's envelope."""
    envelope: Json = json.loads(record.value)
    return envelope


def entry(file_id: str = "a", **other: Any) -> Json:
    return {"changeType": "file", "time": "2026-01-01T00:00:00.500Z", "fileId": file_id, **other}


def test_a_page_of_files_becomes_its_records() -> None:
    """Each item becomes one upsert of its type, in order; tokens and counts are the page's."""
    page = listed({"id": "a", "version": "7"}, {"id": "b", "mimeType": FOLDER}, nextPageToken="t2")
    assert [(r.resource_type, r.resource_id, r.op, r.version) for r in page.records] == [
        ("file", "a", "upsert", 7),
        ("folder", "b", "upsert", None),
    ]
    assert (page.next_page_token, page.counts, page.incomplete_search) == ("t2", {"file": 1, "folder": 1}, False)


def test_an_envelope_says_whose_and_from_where() -> None:
    """A record names its key, its snapshot and its source as the contract has them."""
    (record,) = listed({"id": "a", "version": "7"}).records
    envelope = said(record)
    assert envelope["idempotency_key"] == "google-drive:conn_1:file:a" == record.idempotency_key
    assert envelope["source"] == {"corpus": "user:me", "drive_id": None, "subject": None, "change_time": None}
    assert (envelope["op"], envelope["version"], envelope["snapshot_id"]) == ("upsert", 7, "000000000001")
    assert (envelope["payload"], envelope["s3_url"], envelope["metadata"]) == (None, None, {"sha256": None})
    assert json.loads(record.data) == envelope["data"]


def test_an_incomplete_search_is_told() -> None:
    """What Drive did not search is passed on, so that nothing is swept by such a listing (facts A4)."""
    assert listed(incompleteSearch=True).incomplete_search


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ({"id": "bad", "size": "many"}, "bad"),
        ({"id": "bad", "parents": "root"}, "bad"),
        ({"id": "bad", "permissions": [{"id": "1", "type": "user"}]}, "bad"),
        ({"name": "nameless"}, None),
        ({"id": 5}, None),
        ("not an object", None),
    ],
    ids=str,
)
def test_a_malformed_item_costs_only_itself(bad: Json, name: str | None) -> None:
    """The other items of the page come through, and the error names the bad one as far as it has a name."""
    page = listed({"id": "a"}, bad, {"id": "c"}, nextPageToken="t2")
    assert [record.resource_id for record in page.records] == ["a", "c"]
    assert [item.resource_id for item in page.rejected] == [name]
    assert page.next_page_token == "t2"


def test_text_that_is_no_utf_8_costs_only_its_item() -> None:
    """Broken bytes in one name leave the rest of the page as it is."""
    body = b'{"files":[{"id":"a"},{"id":"bad","name":"\xff"},{"id":"c"}]}'
    page = file_page(body, writer())
    assert [record.resource_id for record in page.records] == ["a", "c"]
    assert [item.resource_id for item in page.rejected] == ["bad"]


def test_a_malformed_change_costs_only_itself() -> None:
    """As for files; a change is named by its `fileId`."""
    page = logged(entry(file={"id": "a"}), entry("bad", file={"id": "bad", "size": "x"}), newStartPageToken="18")
    assert [record.resource_id for record in page.records] == ["a"]
    assert [item.resource_id for item in page.rejected] == ["bad"]
    assert page.head == "18"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"files":[{"id":"a"},{"id":',
        b"<html>502</html>",
        b"[]",
        b'{"files":{}}',
        b'{"changes":{}}',
        b'{"nextPageToken":5}',
        b'{"files":[{"id":"a","labelInfo":{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}}]}",
    ],
    ids=range(8),
)
def test_what_is_no_page_is_malformed(body: bytes) -> None:
    """A body that is cut short, no JSON, of another shape or nested beyond reason is one retryable error."""
    reads = change_page if b"changes" in body else file_page
    with pytest.raises(MalformedResponseError):
        reads(body, writer())


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_page_cut_anywhere_is_malformed(cut: int) -> None:
    """No prefix of a page passes for a shorter page."""
    body = json.dumps({"files": [{"id": "a", "name": "b"}], "nextPageToken": "t"}).encode()
    with pytest.raises(MalformedResponseError):
        file_page(body[: len(body) * cut // 12], writer())


def test_a_change_carries_its_file_and_time() -> None:
    """A change with a file is an upsert of that file, and its source says when the log had it."""
    page = logged(entry(file={"id": "a", "version": "3"}), newStartPageToken="18")
    (record,) = page.records
    assert (record.op, record.resource_id, record.version) == ("upsert", "a", 3)
    assert said(record)["source"]["change_time"] == "2026-01-01T00:00:00.500Z"
    assert page.newest_change == datetime(2026, 1, 1, 0, 0, 0, 500_000, UTC)


def test_a_removed_id_without_a_file_is_deleted_as_both_kinds() -> None:
    """Drive does not say whether a removed id was a folder, so both deletes are sent."""
    page = logged(entry(removed=True))
    assert [(r.resource_type, r.op) for r in page.records] == [("file", "delete"), ("folder", "delete")]
    assert [json.loads(r.data) for r in page.records] == [{"id": "a", "reason": "removed"}] * 2


@pytest.mark.parametrize(("mime_type", "kind"), [("text/plain", "file"), (FOLDER, "folder")])
def test_a_removed_id_with_its_file_left_the_corpus(mime_type: str, kind: str) -> None:
    """A removed entry that still shows its file has moved away: one delete, of the kind that it is (facts A5)."""
    page = logged(entry(removed=True, file={"id": "a", "mimeType": mime_type}))
    assert [(r.resource_type, r.op) for r in page.records] == [(kind, "delete")]
    assert json.loads(page.records[0].data) == {"id": "a", "reason": "left_corpus"}


def test_a_change_that_explains_nothing_deletes_nothing() -> None:
    """An entry that is no removal and shows no file is an error of that item, never a delete."""
    page = logged(entry("odd"), entry("a", file={"id": "a"}))
    assert [record.resource_id for record in page.records] == ["a"]
    assert [item.resource_id for item in page.rejected] == ["odd"]


@pytest.mark.parametrize(
    "ignored",
    [
        {"changeType": "drive", "driveId": "d", "removed": True},
        {"changeType": "drive", "driveId": "d", "fileId": "d", "removed": False},
        {"changeType": "file", "removed": True},
    ],
    ids=str,
)
def test_changes_of_drives_are_none_of_the_users(ignored: Json) -> None:
    """Entries on drives' membership, and entries that name no item, lead to no record and no error."""
    page = logged(ignored, newStartPageToken="18")
    assert not page.records
    assert not page.rejected


def test_the_same_page_gives_the_same_ids() -> None:
    """A page read again after a crash repeats its message ids, whenever it is read."""
    body = b'{"files":[{"id":"a"},{"id":"b","trashed":true}]}'
    later = writer(observed_at="2030-01-01T00:00:00.000Z")
    first, second = file_page(body, writer()), file_page(body, later)
    ids = [said(record)["message_id"] for record in first.records]
    assert ids == [said(record)["message_id"] for record in second.records]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    "other", [{"position": "18"}, {"snapshot_id": "000000000002"}, {"connection_id": "conn_2"}], ids=str
)
def test_another_place_gives_another_id(other: dict[str, str]) -> None:
    """The same item at another position, in another snapshot or of another connection is another message."""
    body = b'{"files":[{"id":"a"}]}'
    ids = {said(file_page(body, made).records[0])["message_id"] for made in (writer(), writer(**other))}
    assert len(ids) == 2


def test_an_upsert_and_a_delete_have_different_ids() -> None:
    """What is done to a resource is part of its message's identity."""
    page = logged(entry(file={"id": "a"}), entry(removed=True))
    ids = [said(record)["message_id"] for record in page.records]
    assert len(set(ids)) == len(ids) == 3


def test_an_empty_token_is_the_end() -> None:
    """As an absent one: to ask with it would begin the listing anew, for ever."""
    assert file_page(b'{"files":[],"nextPageToken":""}', writer()).next_page_token is None
    assert change_page(b'{"changes":[],"nextPageToken":"","newStartPageToken":"9"}', writer()).next_page_token is None
