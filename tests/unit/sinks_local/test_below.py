"""What hangs below an item in the SQLite file: it comes, is listed anew, and goes with its item."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sinks_local.records import (
    CONNECTION,
    CORPUS,
    EMPTY,
    comments,
    delete,
    drive,
    marker,
    permission_set,
    revisions,
    state,
    upsert,
)

from drive_demo.replica import Replica
from google_drive_worker.schemas.record import OutRecord, ResourceType
from google_drive_worker.sinks.local import schema
from google_drive_worker.sinks.local.sqlite import SqliteFile
from google_drive_worker.sinks.local.views import VIEWS

TYPES = ("permission_set", "permission", "revision", "comment", "manifest")
OTHER = "drive:x"
OWN = {"permissions_state": "own"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drive.sqlite"


@pytest.fixture
def file(path: Path) -> Iterator[SqliteFile]:
    opened = SqliteFile(path, CONNECTION)
    opened.open()
    yield opened
    opened.close()


def write(file: SqliteFile, *records: OutRecord | Sequence[OutRecord]) -> None:
    flat = [one for each in records for one in ([each] if isinstance(each, OutRecord) else each)]
    file.write(EMPTY, EMPTY, flat)


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


def below(path: Path) -> set[str]:
    """`type:resource id` of every row that hangs below something."""
    kinds = ",".join(f"'{kind}'" for kind in TYPES)
    rows = query(path, f"SELECT resource_type, resource_id FROM records WHERE resource_type IN ({kinds})")  # noqa: S608
    return {f"{kind}:{identity}" for kind, identity in rows}


def everything(item_id: str, corpus: str = CORPUS) -> list[OutRecord]:
    """All lists that an item can have, one entry each."""
    return [
        *permission_set(item_id, "g", corpus=corpus),
        *revisions(item_id, "r", corpus=corpus),
        *comments(item_id, "c", corpus=corpus),
    ]


def named(item_id: str) -> set[str]:
    entries = {f"permission:{item_id}:g", f"revision:{item_id}:r", f"comment:{item_id}:c"}
    return entries | {f"permission_set:{item_id}"} | {f"manifest:{item_id}:{of}" for of in TYPES[1:4]}


@pytest.mark.parametrize("kind", [ResourceType.FILE, ResourceType.FOLDER])
def test_a_delete_takes_all_that_hangs_below(file: SqliteFile, path: Path, kind: ResourceType) -> None:
    """Permission set, single permissions, revisions, comments and manifests of that item go, and no others."""
    write(file, upsert("a", kind=kind), upsert("ab"), everything("a"), everything("ab"))
    assert below(path) == named("a") | named("ab")
    write(file, delete("a", kind=kind))
    assert below(path) == named("ab")


def test_a_delete_of_another_log_takes_nothing(file: SqliteFile, path: Path) -> None:
    """An item that moved to another corpus keeps what hangs below it, also what the old corpus read."""
    write(file, upsert("a"), everything("a"), upsert("a", 2, corpus=OTHER), delete("a"))
    assert below(path) == named("a")
    write(file, delete("a", corpus=OTHER))
    assert below(path) == set()


def test_a_delete_as_both_kinds_takes_the_lists_once(file: SqliteFile, path: Path) -> None:
    """Drive does not say what a removed id was: the delete that meets no row does no harm."""
    write(file, upsert("a", kind=ResourceType.FOLDER), everything("a"), delete("a"))
    assert below(path) == named("a")
    write(file, delete("a", kind=ResourceType.FOLDER))
    assert below(path) == set()


def test_a_whole_list_removes_what_it_does_not_name(file: SqliteFile, path: Path) -> None:
    """What was there before and is not in the manifest is gone, in that list of that file alone."""
    write(file, comments("a", "1", "2"), comments("ab", "1", "2"), revisions("a", "1", "2"))
    write(file, comments("a", "2", "3"))
    rows = {row for row in below(path) if not row.startswith("manifest")}
    assert rows == {"comment:a:2", "comment:a:3", "comment:ab:1", "comment:ab:2", "revision:a:1", "revision:a:2"}


def test_a_list_that_is_not_whole_removes_nothing(file: SqliteFile, path: Path) -> None:
    """Such a list proves no absence."""
    write(file, comments("a", "1", "2"), comments("a", "3", complete=False))
    assert {"comment:a:1", "comment:a:2", "comment:a:3"} < below(path)


def test_a_whole_list_without_entries_removes_all(file: SqliteFile, path: Path) -> None:
    """When the last comment is gone, the empty list says so."""
    write(file, comments("a", "1", "2"), comments("a"))
    assert below(path) == {"manifest:a:comment"}


def test_a_sweep_takes_what_hangs_below(file: SqliteFile, path: Path) -> None:
    """Items that the snapshot did not see go with their lists; lists of an earlier snapshot stay with seen items."""
    write(file, upsert("old"), upsert("seen"), upsert("away", corpus=OTHER))
    write(file, everything("old"), everything("seen"), everything("away"))
    write(file, marker("started", snapshot=2, complete=False), upsert("seen", snapshot=2))
    write(file, marker("complete", snapshot=2))
    assert below(path) == named("seen") | named("away")


def test_a_closed_corpus_takes_what_hangs_below(file: SqliteFile, path: Path) -> None:
    """All of the corpus and below its items goes, the drive itself and what was read before its items moved there."""
    write(file, upsert("a", corpus=OTHER), everything("a"), drive(OTHER), permission_set("x", "g", corpus=OTHER))
    write(file, upsert("b"), everything("b"), marker("closed", corpus=OTHER))
    assert below(path) == named("b")
    assert query(path, "SELECT * FROM drives") == []


def test_a_lagging_row_of_a_corpus_that_was_left_does_not_take_the_item_back(file: SqliteFile, path: Path) -> None:
    """A lower version of another corpus is ignored altogether: neither its delete nor its snapshot touches the row."""
    write(file, upsert("a", 5, corpus=OTHER), upsert("a", 4, snapshot=2), delete("a"))
    assert query(path, "SELECT id, version FROM files") == [("a", 5)]
    write(file, marker("started", snapshot=2, corpus=OTHER), marker("complete", snapshot=2, corpus=OTHER))
    assert query(path, "SELECT id FROM files") == []


def test_the_views_show_the_usual_columns(file: SqliteFile, path: Path) -> None:
    """A person finds who wrote, when and what, without knowing the records' JSON."""
    write(file, revisions("f", "r"), comments("f", "c"), drive(OTHER))
    assert query(path, "SELECT file_id, revision_id, size_bytes, modified_by FROM revisions") == [
        ("f", "r", 12, "me@example.com")
    ]
    assert query(path, "SELECT file_id, comment_id, author, content, resolved, replies FROM comments") == [
        ("f", "c", "Ana", "hello", 0, 1)
    ]
    assert query(path, "SELECT id, name, hidden FROM drives") == [("x", "Plans", 1)]


def test_permissions_show_grants_of_permission_sets(file: SqliteFile, path: Path) -> None:
    """Beside those that items hold themselves; of a drive's own set too, and each with its item's name."""
    inline = {"permissions": [{"id": "i", "type": "anyone", "role": "reader"}]}
    write(file, upsert("f", data=inline), upsert("d", kind=ResourceType.FOLDER, corpus=OTHER, data=OWN), drive(OTHER))
    write(file, permission_set("d", "g", item_type="folder", corpus=OTHER))
    write(file, permission_set("x", "m", item_type="drive", corpus=OTHER))
    shown = query(path, "SELECT file_id, file_type, file_name, permission_id, role FROM permissions ORDER BY file_id")
    assert shown == [
        ("d", "folder", "d v1", "g", "writer"),
        ("f", "file", "f v1", "i", "reader"),
        ("x", "drive", "Plans", "m", "writer"),
    ]
    assert query(path, "SELECT item_id, complete, grants FROM permission_sets ORDER BY item_id") == [
        ("d", 1, 1),
        ("x", 1, 1),
    ]


def test_a_permission_set_counts_while_its_item_says_so(file: SqliteFile, path: Path) -> None:
    """A set that was read before the item lost its own grants, or moved to My Drive, gives nobody access."""
    write(file, upsert("f", 1, data=OWN), permission_set("f", "g"))
    assert query(path, "SELECT permission_id FROM permissions") == [("g",)]
    write(file, upsert("f", 2, data={"permissions_state": "inherited"}))
    assert query(path, "SELECT permission_id FROM permissions") == []


def test_permissions_that_may_not_be_seen_are_no_grants(file: SqliteFile, path: Path) -> None:
    """The set says why; the view of grants has nothing to show."""
    write(file, upsert("f", data=OWN), permission_set("f", "g"), permission_set("f", visible=False))
    assert query(path, "SELECT complete, permissions_state, grants FROM permission_sets") == [(0, "not_visible", None)]
    assert query(path, "SELECT * FROM permissions") == []


def test_a_file_of_the_first_format_is_taken_over(path: Path) -> None:
    """Rows and checkpoint stay as they are, and the views of today are there."""
    old = SqliteFile(path, CONNECTION)
    old.open()
    old.write(EMPTY, state("7"), [upsert("f", data=OWN)])
    old.close()
    with closing(sqlite3.connect(path)) as database:
        for view in VIEWS:
            database.execute(f"DROP VIEW {view}")
        database.execute("CREATE VIEW files AS SELECT resource_id AS id FROM records")
        database.execute("PRAGMA user_version = 1")
        database.commit()
    again = SqliteFile(path, CONNECTION)
    assert again.open() == state("7")
    write(again, permission_set("f", "g"))
    again.close()
    assert query(path, "SELECT id, version FROM files") == [("f", 1)]
    assert query(path, "SELECT permission_id FROM permissions") == [("g",)]
    assert query(path, "PRAGMA user_version") == [(schema.FORMAT,)]


IDS = st.sampled_from("ab")
KINDS = st.sampled_from([ResourceType.FILE, ResourceType.FOLDER])
CORPORA = st.sampled_from([CORPUS, OTHER])
SNAPSHOTS = st.integers(1, 3)
MAKERS: Sequence[Callable[..., list[OutRecord]]] = (permission_set, revisions, comments)
ENTRIES = st.lists(st.sampled_from("123"), max_size=2, unique=True)


@st.composite
def lists_of(draw: st.DrawFn) -> list[OutRecord]:
    make = MAKERS[draw(st.integers(0, len(MAKERS) - 1))]
    place = {"corpus": draw(CORPORA), "snapshot": draw(SNAPSHOTS), "complete": draw(st.booleans())}
    return make(draw(IDS), *draw(ENTRIES), **place)


EVENTS = st.one_of(
    st.builds(upsert, IDS, st.integers(1, 4), snapshot=SNAPSHOTS, corpus=CORPORA, kind=KINDS).map(lambda one: [one]),
    st.builds(delete, IDS, snapshot=SNAPSHOTS, corpus=CORPORA, kind=KINDS).map(lambda one: [one]),
    st.builds(drive, st.just(OTHER), snapshot=SNAPSHOTS).map(lambda one: [one]),
    lists_of(),
    st.builds(
        lambda snapshot, corpus, complete: [
            marker("started", snapshot=snapshot, corpus=corpus, complete=False),
            marker("complete", snapshot=snapshot, corpus=corpus, complete=complete),
        ],
        SNAPSHOTS,
        CORPORA,
        st.booleans(),
    ),
    st.builds(marker, st.just("closed"), snapshot=SNAPSHOTS, corpus=CORPORA).map(lambda one: [one]),
)


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_the_table_is_what_the_demos_consumer_holds(
    tmp_path_factory: pytest.TempPathFactory, events: list[list[OutRecord]]
) -> None:
    """Two consumers that share no code hold the same of any sequence of records."""
    records, replica = [record for event in events for record in event], Replica()
    for record in records:
        replica.apply(record.value)
    path = tmp_path_factory.mktemp("model") / "drive.sqlite"
    file = SqliteFile(path, CONNECTION)
    file.open()
    write(file, records)
    file.close()
    for kind in ("file", "folder", "drive", *TYPES):
        rows = query(path, f"SELECT resource_id, data FROM records WHERE resource_type = '{kind}'")  # noqa: S608
        assert {identity: json.loads(str(data)) for identity, data in rows} == replica.held(kind)
