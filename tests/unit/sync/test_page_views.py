"""What of a page belongs to a corpus and is wanted of it: drives, selections, what is gone, what is to be read."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.sync.test_pages import FOLDER, entry, said, writer

from google_drive_worker.schemas.record import Source
from google_drive_worker.schemas.state import FolderState
from google_drive_worker.sync.corpora import Belonging
from google_drive_worker.sync.pages import Page, View, change_page, file_page, folder_page, listed_lists
from google_drive_worker.sync.scope import Scope

Json = dict[str, Any]
MEMBERS = frozenset(["followed", "not-followed"])
MINE = View(Belonging(None, frozenset(["followed"]), MEMBERS))
DRIVES = View(Belonging("followed", frozenset(["followed"]), MEMBERS))
INDEX = {"docs": FolderState("user:me", 1, "root"), "music": FolderState("user:me", 1, "root")}
DOCS_ONLY = View(scope=Scope(frozenset(["docs"]), folders=INDEX), folders=INDEX, takes_back=True)
GRANTS: Json = {"driveId": "followed", "hasAugmentedPermissions": True}


def view_of(view: View) -> View:
    """The same view for another page: what one page shows is not remembered for the next."""
    return replace(view, scope=replace(view.scope, shown={}))


def listed(view: View, *items: Json) -> Page:
    return file_page(json.dumps({"files": list(items)}).encode(), writer(), view_of(view))


def logged(view: View, *entries: Json) -> Page:
    body = json.dumps({"changes": list(entries), "newStartPageToken": "18"}).encode()
    return change_page(body, writer(position="17"), view_of(view))


def done(page: Page) -> list[tuple[str, str, str]]:
    """What the page's records do to which resource; a delete says why."""
    return [
        (
            record.op if record.op == "upsert" else json.loads(record.data)["reason"],
            record.resource_type,
            record.resource_id,
        )
        for record in page.records
    ]


# Listings.


def test_a_listing_of_the_users_holds_what_no_followed_drive_has() -> None:
    """Items of drives that the account is a member of are met in their own corpora, or by somebody else."""
    page = listed(
        MINE,
        {"id": "mine"},
        {"id": "theirs", "driveId": "followed"},
        {"id": "nobody's", "driveId": "not-followed"},
        {"id": "shared", "driveId": "strange"},
    )
    assert [name for _, _, name in done(page)] == ["mine", "shared"]
    assert page.counts == {"file": 2}


def test_a_record_names_the_items_drive() -> None:
    """Also where the corpus has none: an item of a strange drive that is shared with the user."""
    page = listed(MINE, {"id": "mine"}, {"id": "shared", "driveId": "strange"})
    assert [said(record)["source"]["drive_id"] for record in page.records] == [None, "strange"]


def test_a_listing_shows_folders_and_parents() -> None:
    """Every folder with its parent, every parent that an item names; of items that belong elsewhere, nothing."""
    page = listed(
        MINE,
        {"id": "f", "mimeType": FOLDER, "parents": ["root"]},
        {"id": "a", "parents": ["f"]},
        {"id": "x", "mimeType": FOLDER, "driveId": "followed", "parents": ["drive-root"]},
    )
    assert {name: seen.parent for name, seen in page.sights.folders.items()} == {"f": "root"}
    assert page.sights.parents == {"root", "f"}


def test_the_folder_listing_is_the_corpuss_own() -> None:
    """Folders of followed drives are on the user's listing too, and are left to their corpora."""
    body = json.dumps(
        {"files": [{"id": "f", "parents": ["root"]}, {"id": "x", "driveId": "followed"}], "nextPageToken": "p2"}
    ).encode()
    assert folder_page(body, MINE) == ({"f": "root"}, "p2", False)


@pytest.mark.parametrize("takes_back", [True, False])
def test_a_listing_beside_the_scan_takes_back_what_is_out_of_scope(takes_back: bool) -> None:
    """What left the selection is deleted where no sweep follows; it is not counted."""
    view = replace(DOCS_ONLY, takes_back=takes_back)
    page = listed(view, {"id": "a", "parents": ["docs"]}, {"id": "b", "parents": ["music"]})
    taken = [("out_of_scope", "file", "b")] if takes_back else []
    assert done(page) == [("upsert", "file", "a"), *taken]
    assert page.counts == {"file": 1}


def test_folders_of_a_page_count_wherever_they_stand_on_it() -> None:
    """An item is selected by a folder further down on the same page, as that page shows it."""
    page = listed(
        DOCS_ONLY,
        {"id": "a", "parents": ["new"]},
        {"id": "new", "mimeType": FOLDER, "parents": ["docs"]},
    )
    assert [op for op, _, _ in done(page)] == ["upsert", "upsert"]


def test_what_a_listing_leads_to() -> None:
    """Who has access is read for items of drives with grants of their own; the rest is left to enrichment."""
    page = listed(
        DRIVES,
        {"id": "a", **GRANTS},
        {"id": "f", "mimeType": FOLDER, "driveId": "followed", "inheritedPermissionsDisabled": True},
        {"id": "b", "driveId": "followed", "capabilities": {"canReadRevisions": True}},
    )
    assert page.follow == {"a": ["file", "permission"], "f": ["folder", "permission"]}


def test_what_enrichment_reads() -> None:
    """Of every item the lists that the account may read; capabilities are the authority (facts A6)."""
    body = json.dumps(
        {
            "files": [
                {"id": "a", "capabilities": {"canReadRevisions": True}},
                {"id": "b", "capabilities": {"canReadRevisions": False}},
                {"id": "x", "driveId": "followed"},
            ],
            "nextPageToken": "p2",
        }
    ).encode()
    found, token = listed_lists(body, MINE)
    assert (found, token) == ({"a": ["file", "revision", "comment"], "b": ["file", "comment"]}, "p2")


# Logs: whose an item is.


@pytest.mark.parametrize(
    ("view", "change", "expected"),
    [
        pytest.param(MINE, {"file": {"id": "a"}}, [("upsert", "file", "a")], id="mine"),
        pytest.param(MINE, {"file": {"id": "a", "driveId": "followed"}}, [], id="a followed drive tells of it"),
        pytest.param(
            MINE,
            {"file": {"id": "a", "driveId": "not-followed"}},
            [("left_corpus", "file", "a")],
            id="moved to where nobody follows it, and not called removed",
        ),
        pytest.param(
            MINE,
            {"removed": True, "file": {"id": "a", "driveId": "followed"}},
            [("left_corpus", "file", "a")],
            id="moved to a followed drive: that one tells of it, if the account does not lose it first",
        ),
        pytest.param(
            MINE,
            {"removed": True, "file": {"id": "a", "driveId": "not-followed"}},
            [("left_corpus", "file", "a")],
            id="moved to a drive that is not followed",
        ),
        pytest.param(
            MINE, {"removed": True, "file": {"id": "a"}}, [("left_corpus", "file", "a")], id="gone, and only seen"
        ),
        pytest.param(
            DRIVES,
            {"removed": True, "file": {"id": "a"}},
            [("left_corpus", "file", "a")],
            id="moved to a My Drive: it may be visible and nobody's",
        ),
        pytest.param(
            DRIVES,
            {"removed": True, "file": {"id": "a", "driveId": "strange"}},
            [("left_corpus", "file", "a")],
            id="moved to a drive that is not known yet",
        ),
        pytest.param(
            DRIVES,
            {"removed": True, "file": {"id": "a", "mimeType": FOLDER, "driveId": "not-followed"}},
            [("left_corpus", "folder", "a")],
            id="a folder, moved to a drive that is not followed",
        ),
        pytest.param(
            MINE,
            {"removed": True},
            [("removed", "file", "a"), ("removed", "folder", "a")],
            id="gone, and nobody knows what it was",
        ),
    ],
)
def test_an_entry_of_a_log(view: View, change: Json, expected: list[tuple[str, str, str]]) -> None:
    """An item of this corpus is emitted; one that left it is deleted from it, wherever it is now."""
    assert done(logged(view, entry("a", **change))) == expected


def test_the_index_tells_a_folder_that_is_gone() -> None:
    """A removed id that is a folder of the index is deleted as that alone; one only heard of may be either."""
    known = replace(MINE, folders=INDEX | {"heard-of": FolderState("user:me")})
    assert done(logged(known, entry("docs", removed=True))) == [("removed", "folder", "docs")]
    assert len(done(logged(known, entry("heard-of", removed=True)))) == 2


def test_a_log_tells_which_items_are_gone() -> None:
    """Lost, moved to a drive that is followed, or to one that is not: what lay in them is no longer here."""
    page = logged(
        MINE,
        entry("lost", removed=True),
        entry("moved", removed=True, file={"id": "moved", "driveId": "followed"}),
        entry("left", removed=True, file={"id": "left", "driveId": "not-followed"}),
        entry("kept", file={"id": "kept"}),
    )
    assert page.sights.gone == {"lost", "moved", "left"}


@pytest.mark.parametrize(
    ("fields", "deletes"),
    [
        ({"driveId": "followed"}, [("removed", "permission_set", "a")]),
        (GRANTS, []),
        ({"driveId": "followed", "inheritedPermissionsDisabled": True}, []),
    ],
    ids=["inherited", "augmented", "limited"],
)
def test_an_item_of_a_drive_without_own_grants_has_no_set(fields: Json, deletes: list[tuple[str, str, str]]) -> None:
    """It may have had one before: the set is deleted with the change that shows there is none."""
    page = logged(DRIVES, entry("a", file={"id": "a", **fields}))
    assert done(page) == [("upsert", "file", "a"), *deletes]


# Logs: what follows from an entry.


def test_what_a_change_leads_to() -> None:
    """The lists below an item may have changed with it; folders and shortcuts have none but their grants."""
    page = logged(
        DRIVES,
        entry("a", file={"id": "a", **GRANTS, "capabilities": {"canReadRevisions": True}}),
        entry("b", file={"id": "b", "driveId": "followed"}),
        entry("f", file={"id": "f", "mimeType": FOLDER, **GRANTS}),
        entry("g", file={"id": "g", "mimeType": FOLDER, "driveId": "followed"}),
    )
    assert page.follow == {
        "a": ["file", "permission", "revision", "comment"],
        "b": ["file", "comment"],
        "f": ["folder", "permission"],
    }


def test_an_entry_out_of_scope_takes_its_item_back() -> None:
    """What was moved out of the selection is deleted, with its time, and nothing of it is read."""
    page = logged(DOCS_ONLY, entry("b", file={"id": "b", "parents": ["music"]}))
    assert done(page) == [("out_of_scope", "file", "b")]
    assert said(page.records[0])["source"]["change_time"] is not None
    assert page.follow == {}


def test_a_folder_that_moves_within_a_page_counts_from_then_on() -> None:
    """Entries are in the log's order: what lies in a folder is judged by where the folder was last seen."""
    page = logged(
        DOCS_ONLY,
        entry("music", file={"id": "music", "mimeType": FOLDER, "parents": ["docs"]}),
        entry("song", file={"id": "song", "parents": ["music"]}),
    )
    assert done(page) == [("upsert", "folder", "music"), ("upsert", "file", "song")]


def test_events_of_drives() -> None:
    """A drive as it is now, or none once the account is no member; no record, no error, no item of it."""
    page = logged(
        MINE,
        {"changeType": "drive", "driveId": "d1", "removed": False, "drive": {"id": "d1", "name": "Team"}},
        {"changeType": "drive", "driveId": "d2", "removed": True},
    )
    assert [(event.drive_id, None if event.raw is None else json.loads(bytes(event.raw))) for event in page.drives] == [
        ("d1", {"id": "d1", "name": "Team"}),
        ("d2", None),
    ]
    assert (done(page), list(page.rejected)) == ([], [])


def test_a_malformed_parent_list_costs_only_its_item() -> None:
    """In a log as in a listing, and the folder listing takes it for a folder without a parent."""
    page = logged(MINE, entry("bad", file={"id": "bad", "parents": "root"}), entry("a", file={"id": "a"}))
    assert [name for _, _, name in done(page)] == ["a"]
    assert [item.resource_id for item in page.rejected] == ["bad"]
    assert folder_page(b'{"files":[{"id":"f","parents":"root"}]}', MINE)[0] == {"f": None}


def test_the_source_is_the_corpuss() -> None:
    """A drive's log has records of that corpus and that drive."""
    of_drive = replace(writer(), source=Source("drive:followed", "followed"))
    body = json.dumps({"changes": [entry("a", file={"id": "a", "driveId": "followed"})]}).encode()
    source = said(change_page(body, of_drive, view_of(DRIVES)).records[0])["source"]
    assert (source["corpus"], source["drive_id"]) == ("drive:followed", "followed")


def test_grants_that_an_item_has_no_more_leave_no_single_one() -> None:
    """Where each grant has a record of its own, the manifest that names none takes them with the set."""
    single = replace(DRIVES, single_permissions=True)
    *_, manifest = logged(single, entry("a", file={"id": "a", "driveId": "followed"})).records
    assert (manifest.resource_id, said(manifest)["data"]["ids"]) == ("a:permission", [])
    assert said(manifest)["data"]["complete"] is True
