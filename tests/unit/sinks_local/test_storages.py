"""What every local file promises, whatever its format."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.sinks_local.records import CONNECTION, EMPTY, state, upsert

from google_drive_worker.schemas.state import ConnectionState, FolderState
from google_drive_worker.sinks.local.formats import storage_for
from google_drive_worker.sinks.local.storage import FileRefusedError, Storage

Open = Callable[[str], Storage]


@pytest.fixture(params=["drive.sqlite", "drive.db", "drive.jsonl"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


@pytest.fixture
def storage(path: Path) -> Iterator[Storage]:
    opened = storage_for(path, CONNECTION)
    yield opened
    opened.close()


def test_a_new_file_holds_no_state(storage: Storage) -> None:
    """A first run starts from nothing."""
    assert storage.open() == EMPTY


def test_the_state_is_there_again_after_the_file_was_closed(storage: Storage, path: Path) -> None:
    """A later run goes on from the last committed state."""
    storage.write(storage.open(), state("7"), [upsert("a")])
    storage.close()
    again = storage_for(path, CONNECTION)
    assert again.open() == state("7")
    again.close()


def test_the_folder_index_is_there_again(storage: Storage, path: Path) -> None:
    """Folders are found by the next run, those that were taken out are not, and none counts as unsaved."""
    before = storage.open()
    full = state("7").with_folders({name: FolderState("user:me", 1, "root") for name in ("a", "b", "c")})
    storage.write(before, full, [])
    left = full.saved().with_folders({"b": None, "c": FolderState("user:me", 2, "a")})
    storage.write(full.saved(), left, [])
    storage.close()
    again = storage_for(path, CONNECTION)
    assert again.open() == left.saved()
    again.close()


def test_a_part_that_was_dropped_stays_dropped(storage: Storage, path: Path) -> None:
    """What a patch takes out of the state is not found again by the next run."""
    storage.write(storage.open(), state("7"), [])
    left = ConnectionState(CONNECTION, {"job": state("7").parts["job"]})
    storage.write(state("7"), left, [])
    storage.close()
    again = storage_for(path, CONNECTION)
    assert again.open() == left
    again.close()


def test_two_syncs_do_not_write_one_file(storage: Storage, path: Path) -> None:
    """While one has the file, a second one is refused and told why."""
    storage.open()
    second = storage_for(path, CONNECTION)
    with pytest.raises(FileRefusedError, match="another sync is writing"):
        second.open()
    second.close()


def test_a_closed_file_can_be_taken_again(storage: Storage, path: Path) -> None:
    """Closing gives the lock back and leaves no lock file."""
    storage.open()
    storage.close()
    storage.close()
    assert not list(path.parent.glob("*.lock"))
    second = storage_for(path, CONNECTION)
    second.open()
    second.close()


def test_another_connection_is_refused(storage: Storage, path: Path) -> None:
    """A file belongs to one connection: two would be mixed under one checkpoint."""
    storage.write(storage.open(), state(), [upsert("a")])
    storage.close()
    before = path.read_bytes()
    other = storage_for(path, "other")
    with pytest.raises(FileRefusedError, match="holds the connection 'local', not 'other'"):
        other.open()
    other.close()
    assert path.read_bytes() == before


def test_a_file_that_is_not_ours_is_refused_and_kept(storage: Storage, path: Path) -> None:
    """Somebody's notes under that name stay as they are."""
    path.write_bytes(b"dear diary,\n" * 100)
    with pytest.raises(FileRefusedError, match="use another file name"):
        storage.open()
    assert path.read_bytes() == b"dear diary,\n" * 100


@pytest.mark.parametrize(
    ("name", "reason"),
    [("drive.csv", "must end in one of"), ("missing/drive.db", "does not exist"), ("folder.db", "is a directory")],
)
def test_a_name_that_cannot_be_written_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    """A wrong name is answered by what is wrong with it, before anything is asked of Drive."""
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(FileRefusedError, match=reason):
        storage_for(tmp_path / name, CONNECTION)
