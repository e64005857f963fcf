"""The SQLite file: one row a resource, as docs/contracts.md tells a consumer to keep them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sinks_local.records import CONNECTION, EMPTY, delete, marker, state, upsert

from google_drive_worker.schemas.record import OutRecord, ResourceType
from google_drive_worker.sinks.local import schema
from google_drive_worker.sinks.local.sqlite import SqliteFile
from google_drive_worker.sinks.local.storage import FileRefusedError

Row = tuple[str, int | None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drive.sqlite"


@pytest.fixture
def file(path: Path) -> Iterator[SqliteFile]:
    opened = SqliteFile(path, CONNECTION)
    opened.open()
    yield opened
    opened.close()


def write(file: SqliteFile, *records: OutRecord) -> None:
    file.write(EMPTY, EMPTY, records)


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


def held(path: Path) -> dict[str, object]:
    """Ids and versions of the rows that are not markers."""
    rows = query(path, "SELECT resource_id, version FROM records WHERE resource_type <> 'snapshot'")
    return {str(identity): version for identity, version in rows}


def test_an_upsert_replaces_the_row(file: SqliteFile, path: Path) -> None:
    """There is one row a resource, and it is the newest."""
    write(file, upsert("a", 1), upsert("a", 2))
    assert query(path, "SELECT name, version FROM files") == [("a v2", 2)]


def test_a_lower_version_is_ignored(file: SqliteFile, path: Path) -> None:
    """A listing that lags does not take a row back."""
    write(file, upsert("a", 5), upsert("a", 4))
    assert query(path, "SELECT name, version FROM files") == [("a v5", 5)]


def test_a_row_that_a_snapshot_saw_in_a_lower_version_is_not_swept(file: SqliteFile, path: Path) -> None:
    """That the listing shows it, however old, means that it is there."""
    write(file, upsert("a", 5), upsert("a", 4, snapshot=2), marker("complete", snapshot=2))
    assert held(path) == {"a": 5}


def test_a_delete_removes_the_row(file: SqliteFile, path: Path) -> None:
    """What is gone from Drive is gone from the table."""
    write(file, upsert("a"), upsert("b"), delete("a"))
    assert held(path) == {"b": 1}


def test_a_delete_of_another_log_is_ignored(file: SqliteFile, path: Path) -> None:
    """An item that moved to another corpus is not taken away by the one it left."""
    write(file, upsert("a", corpus="drive:x"), delete("a"))
    assert held(path) == {"a": 1}


def test_a_complete_snapshot_sweeps_what_it_did_not_see(file: SqliteFile, path: Path) -> None:
    """Files and folders of the corpus that carry a smaller snapshot id are gone."""
    folder = upsert("folder", kind=ResourceType.FOLDER)
    write(file, upsert("old"), folder, upsert("elsewhere", corpus="drive:x"))
    write(file, marker("started", snapshot=2, complete=False), upsert("new", snapshot=2))
    assert set(held(path)) == {"old", "folder", "elsewhere", "new"}
    write(file, marker("complete", snapshot=2))
    assert set(held(path)) == {"elsewhere", "new"}


@pytest.mark.parametrize(
    "end", [marker("complete", snapshot=2, complete=False), marker("complete", snapshot=2, scope=("folder",))]
)
def test_a_snapshot_that_did_not_see_all_sweeps_nothing(file: SqliteFile, path: Path, end: OutRecord) -> None:
    """An incomplete or scoped snapshot proves no absence."""
    write(file, upsert("old"), upsert("new", snapshot=2), end)
    assert set(held(path)) == {"old", "new"}


def test_a_closed_corpus_is_emptied(file: SqliteFile, path: Path) -> None:
    """The end of a corpus takes all of its rows and no others."""
    write(file, upsert("a"), upsert("b", corpus="drive:x"), marker("closed"))
    assert set(held(path)) == {"b"}


def test_a_batch_is_written_as_a_whole_or_not_at_all(file: SqliteFile, path: Path) -> None:
    """When one record cannot be written, neither the others nor the checkpoint are."""
    broken = msgspec.structs.replace(upsert("b"), value=b"{")
    with pytest.raises(msgspec.DecodeError):
        file.write(EMPTY, state("9"), [upsert("a"), broken])
    write(file, upsert("c"))
    assert set(held(path)) == {"c"}
    assert query(path, "SELECT * FROM checkpoint") == []


def test_the_views_show_the_usual_columns(file: SqliteFile, path: Path) -> None:
    """A person finds name, size, parent, owner and grants without knowing the records' JSON."""
    grants = [
        {"id": "1", "type": "user", "role": "owner", "email_address": "me@example.com"},
        {"id": "anyoneWithLink", "type": "anyone", "role": "reader"},
    ]
    owners = [{"email_address": "me@example.com"}]
    write(
        file,
        upsert("d", kind=ResourceType.FOLDER, data={"name": "Papers", "parents": ["root"]}),
        upsert("f", data={"size_bytes": 12, "parents": ["d"], "owners": owners, "permissions": grants}),
    )
    assert query(path, "SELECT id, name, parent_id FROM folders") == [("d", "Papers", "root")]
    assert query(path, "SELECT id, size_bytes, parent_id, owner FROM files") == [("f", 12, "d", "me@example.com")]
    assert query(path, "SELECT file_id, type, role, email_address FROM permissions ORDER BY permission_id") == [
        ("f", "user", "owner", "me@example.com"),
        ("f", "anyone", "reader", None),
    ]


def test_a_database_of_something_else_is_refused_and_kept(tmp_path: Path) -> None:
    """Another program's tables are not touched."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE records(mine)")
        database.commit()
    before = path.read_bytes()
    file = SqliteFile(path, CONNECTION)
    with pytest.raises(FileRefusedError, match="a database of something else"):
        file.open()
    file.close()
    assert path.read_bytes() == before


def test_a_later_format_is_refused(file: SqliteFile, path: Path) -> None:
    """An older program does not guess at what a newer one wrote."""
    file.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    with pytest.raises(FileRefusedError, match="a newer version"):
        file.open()


IDS = st.sampled_from("abc")
KINDS = st.sampled_from([ResourceType.FILE, ResourceType.FOLDER])
EVENTS = st.one_of(
    st.builds(upsert, IDS, st.integers(1, 4), snapshot=st.integers(1, 3), kind=KINDS),
    st.builds(delete, IDS, snapshot=st.integers(1, 3), kind=KINDS),
    st.builds(marker, st.sampled_from(["started", "complete", "closed"]), snapshot=st.integers(1, 3)),
)


def consumed(records: Sequence[OutRecord]) -> dict[str, Row]:
    """What a consumer holds that follows docs/contracts.md to the letter: key to snapshot seen and version."""
    rows: dict[str, Row] = {}
    for record in records:
        place = msgspec.json.decode(record.value)
        if record.resource_type == ResourceType.SNAPSHOT:
            phase, snapshot = place["data"]["phase"], place["snapshot_id"]
            if phase == "closed":
                rows.clear()
            if phase == "complete":
                rows = {key: row for key, row in rows.items() if row[0] >= snapshot}
        elif record.op == "delete":
            rows.pop(record.idempotency_key, None)
        else:
            seen, version = rows.get(record.idempotency_key, ("", 0))
            rows[record.idempotency_key] = (max(seen, place["snapshot_id"]), max(version or 0, record.version or 0))
    return rows


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=30))
def test_the_table_is_what_a_consumer_by_the_contract_holds(
    tmp_path_factory: pytest.TempPathFactory, records: list[OutRecord]
) -> None:
    """For any sequence of records, rows, versions and snapshots equal those of a consumer in a few lines of Python."""
    path = tmp_path_factory.mktemp("model") / "drive.sqlite"
    file = SqliteFile(path, CONNECTION)
    file.open()
    write(file, *records)
    file.close()
    rows = query(path, "SELECT idempotency_key, snapshot_id, version FROM records WHERE resource_type <> 'snapshot'")
    assert {key: (snapshot, version) for key, snapshot, version in rows} == consumed(records)
