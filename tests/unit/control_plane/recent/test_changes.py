"""The worker's own records to changes in words."""

from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.control_plane.recent.writing import FOLDER, MINE, PDF, Worker, at, time

from clustera_toolkit.kafka import InboundMessage
from drive_control_plane.recent.changes import Change, Kind, Picker
from drive_control_plane.recent.words import KINDS, type_in_words
from google_drive_worker.schemas.record import DeleteReason, OutRecord, ResourceType

WORKER = Worker(observed=100)
FILE, DIRECTORY = ResourceType.FILE, ResourceType.FOLDER


def changes(*records: OutRecord, limit: int = 20, worker: Worker = WORKER) -> list[Change]:
    return told(worker.read_back(*records), limit)


def told(messages: list[InboundMessage], limit: int = 20) -> list[Change]:
    picker = Picker(MINE)
    return picker.newest([change for each in messages if (change := picker.take(each)) is not None], limit)


def test_a_change_has_time_kind_name_and_type() -> None:
    """As the record tells them."""
    assert changes(WORKER.file("a", 50)) == [Change(at(50), Kind.CHANGED, "file", "a", "a.pdf", PDF)]
    assert changes(WORKER.file("d", 50, mime_type=FOLDER, name="D"))[0].resource_type == "folder"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"created_at": time(49.5)}, Kind.ADDED),
        ({"created_at": time(30)}, Kind.CHANGED),
        ({"created_at": "some day"}, Kind.CHANGED),
        ({"trashed": True, "created_at": time(49.5)}, Kind.TRASHED),
    ],
)
def test_what_became_of_an_item_is_told_as_far_as_it_is_known(data: dict[str, Any], kind: Kind) -> None:
    """It is new when it was made at the time of the change; else it changed, and how nobody says."""
    assert [change.kind for change in changes(WORKER.file("a", 50, **data))] == [kind]


@pytest.mark.parametrize("odd", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "", "T", "2026-13-01"])
def test_times_beyond_time_are_none(odd: str) -> None:
    """A record that names one is passed over, and hides no other."""
    honest = WORKER.file("b", 50, created_at=odd)
    (message,) = WORKER.read_back(WORKER.file("a", 50))
    forged = replace(message, value=(message.value or b"").replace(time(50).encode(), odd.encode()))
    assert [each.item_id for each in told([forged, *WORKER.read_back(honest)])] == ["b"]


def test_what_a_listing_found_is_no_change() -> None:
    """Nor are markers, permission sets, or anybody else's records."""
    listed = WORKER.file("a", None)
    taken_away = WORKER.gone(ResourceType.PERMISSION_SET, "a", 50)
    assert changes(listed, taken_away) == []
    assert changes(WORKER.file("a", 50), worker=Worker("conn_other")) == []


def test_a_removed_item_has_the_name_it_had() -> None:
    """Where a record that was read tells it; a file or folder nobody knows which is told of once."""
    known = changes(
        WORKER.file("a", None, name="old.pdf"),
        WORKER.file("a", None, name="new.pdf"),
        WORKER.gone(FILE, "a", 50),
        WORKER.gone(DIRECTORY, "a", 50),
        WORKER.gone(FILE, "unknown", 40),
    )
    assert [(each.kind, each.item_id, each.name) for each in known] == [
        (Kind.REMOVED, "a", "new.pdf"),
        (Kind.REMOVED, "unknown", None),
    ]
    (left,) = changes(WORKER.gone(DIRECTORY, "b", 50, DeleteReason.OUT_OF_SCOPE))
    assert (left.kind, left.resource_type) == (Kind.LEFT, "folder")


def test_names_are_the_newest_also_when_they_are_read_backwards() -> None:
    """Windows of a topic come newest first."""
    messages = WORKER.read_back(
        WORKER.file("a", None, name="old.pdf"), WORKER.file("a", None, name="new.pdf"), WORKER.gone(FILE, "a", 50)
    )
    assert [change.name for change in told([messages[2], messages[1], messages[0]])] == ["new.pdf"]


def test_comments_have_a_time_of_their_own() -> None:
    """Old ones, which are read again with others, are nothing new; nor is the same one told twice."""
    week = 7 * 86_400
    found = changes(
        WORKER.file("a", None),
        WORKER.comment("a", "1", 90),
        WORKER.comment("a", "1", 90),
        WORKER.comment("a", "2", 80, deleted=True),
        WORKER.comment("a", "3", 100 - week - 1),
    )
    assert [(each.kind, each.at, each.name) for each in found] == [
        (Kind.COMMENTED, at(90), "a.pdf"),
        (Kind.COMMENT_DELETED, at(80), "a.pdf"),
    ]


def test_the_newest_come_first_and_only_so_many() -> None:
    """By the time at which they happened."""
    found = changes(*(WORKER.file(f"f{number}", number) for number in (3, 1, 4, 2)), limit=3)
    assert [each.item_id for each in found] == ["f4", "f3", "f2"]


def test_a_record_whose_data_lies_in_the_object_store_is_a_change_without_a_name() -> None:
    """It still says when, and of what."""
    (message,) = WORKER.read_back(WORKER.file("a", 50))
    value = (message.value or b"").replace(b'"data":{', b'"data":null,"left":{')
    (change,) = told([InboundMessage("records", 0, 0, message.key, value, message.headers)])
    assert (change.at, change.kind, change.name) == (at(50), Kind.CHANGED, None)


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[1]", b'{"resource_type": 7}', b"[" * 100_000, b"\xff"])
def test_what_is_no_record_is_passed_over(value: bytes | None) -> None:
    """Somebody else may write to the topic, too."""
    assert told([InboundMessage("records", 0, 0, MINE.encode(), value, (("resource_type", b"file"),))]) == []


def test_every_kind_has_words_and_every_type_one() -> None:
    """Of what is not known it is said that it is a file, or nothing."""
    assert set(KINDS) == set(Kind)
    types = {PDF: "PDF", "image/png": "Image", "application/x-odd": "File", None: "–"}
    assert {mime_type: type_in_words("file", mime_type) for mime_type in types} == types
    assert type_in_words("folder", None) == "Folder"
