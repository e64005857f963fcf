"""The JSON Lines file: every record once at least, in order, each on a whole line."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.unit.sinks_local.records import CONNECTION, EMPTY, delete, state, upsert

from google_drive_worker.schemas.state import JobState, Phase, corpus_part
from google_drive_worker.sinks.local.jsonl import JsonlFile, cut_torn_line, replace_file
from google_drive_worker.sinks.local.storage import FileRefusedError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drive.jsonl"


@pytest.fixture
def file(path: Path) -> Iterator[JsonlFile]:
    opened = JsonlFile(path, CONNECTION)
    opened.open()
    yield opened
    opened.close()


def test_a_line_is_a_records_whole_envelope(file: JsonlFile, path: Path) -> None:
    """What Kafka would carry stands in the file, deletes too, in the order in which it came."""
    records = [upsert("a", 1), upsert("a", 2), delete("a")]
    file.write(EMPTY, state(), records)
    assert path.read_bytes().splitlines() == [record.value for record in records]


def test_a_later_run_appends(file: JsonlFile, path: Path) -> None:
    """What is in the file stays in it."""
    file.write(EMPTY, state("1"), [upsert("a")])
    file.close()
    again = JsonlFile(path, CONNECTION)
    again.write(again.open(), state("2"), [upsert("b")])
    again.close()
    assert [line.count(b'"b"') > 0 for line in path.read_bytes().splitlines()] == [False, True]


def test_a_torn_line_is_cut_off(file: JsonlFile, path: Path) -> None:
    """A crash in the middle of a line leaves whole lines only; those behind the checkpoint may come again."""
    file.write(EMPTY, state("1"), [upsert("a")])
    file.close()
    whole = path.read_bytes() + upsert("b").value + b"\n"
    path.write_bytes(whole + upsert("c").value[:-20])
    again = JsonlFile(path, CONNECTION)
    assert again.open() == state("1")
    again.close()
    assert path.read_bytes() == whole


def seen_cursor(path: Path) -> str:
    """The cursor in the checkpoint that is on disk."""
    checkpoint = json.loads(path.with_name("drive.jsonl.checkpoint").read_bytes())
    return str(checkpoint["parts"]["corpus:user:me"]["cursor"])


def test_the_checkpoint_costs_a_small_part_of_the_time(path: Path) -> None:
    """One that took a second is not written again for ten; what was left is saved at the end."""
    now = itertools.count()
    file = JsonlFile(path, CONNECTION, lambda: float(next(now)))
    before, saved = file.open(), []
    job = JobState(config={})
    for page in range(30):
        after = state(str(page), job=job)
        file.write(before, after, [upsert(str(page))])
        saved.append(seen_cursor(path))
        before = after
    assert saved == ["0"] * 10 + ["10"] * 10 + ["20"] * 10
    file.close()
    assert seen_cursor(path) == "29"


def test_what_a_snapshot_is_is_saved_at_once(path: Path) -> None:
    """A new snapshot, its end and a new wish are in the checkpoint whatever that costs: numbers are not given twice."""
    now = itertools.count()
    file = JsonlFile(path, CONNECTION, lambda: float(next(now)))
    before, job = file.open(), JobState(config={})
    first = state("1", job=job)
    again = replace(first.corpora[0], snapshot_id="000000000002", phase=Phase.SCANNING, cursor="2")
    opened = first.with_part(corpus_part("user:me"), again)
    completed = opened.with_part(corpus_part("user:me"), replace(again, phase=Phase.LIVE, cursor="3"))
    wished = completed.with_part("job", replace(job, full_wanted=1))
    for after in (first, opened, completed, wished):
        file.write(before, after, [])
        before = after
        assert seen_cursor(path) == after.corpora[0].cursor
    file.close()
    reopened = JsonlFile(path, CONNECTION)
    assert reopened.open() == wished
    reopened.close()


def test_missing_lines_are_noticed(file: JsonlFile, path: Path) -> None:
    """A file that is shorter than its checkpoint says is refused: to go on would leave a hole."""
    file.write(EMPTY, state("1"), [upsert("a")])
    file.close()
    path.write_bytes(b"")
    with pytest.raises(FileRefusedError, match="lines are missing"):
        file.open()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"{}", "is not a checkpoint"), (b'{"connection_id":"local","size_bytes":0,"parts":{},"v":2}', "newer version")],
)
def test_a_checkpoint_that_cannot_be_used_is_refused(file: JsonlFile, path: Path, content: bytes, reason: str) -> None:
    """What is not understood is not guessed at."""
    file.close()
    path.with_name("drive.jsonl.checkpoint").write_bytes(content)
    with pytest.raises(FileRefusedError, match=reason):
        file.open()


def test_a_file_is_replaced_without_a_trace(tmp_path: Path) -> None:
    """The new content stands there, and no temporary file beside it."""
    path = tmp_path / "checkpoint"
    replace_file(path, b"old")
    replace_file(path, b"new")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"checkpoint": b"new"}


@given(whole=st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line)), tail=st.binary(max_size=200))
def test_only_the_torn_end_is_cut(tmp_path_factory: pytest.TempPathFactory, whole: list[bytes], tail: bytes) -> None:
    """Whatever a crash left behind the checkpointed lines, all whole lines stay and nothing else does."""
    path = tmp_path_factory.mktemp("torn") / "file"
    kept = b"".join(line + b"\n" for line in whole)
    path.write_bytes(kept + tail)
    cut_torn_line(path, len(kept))
    assert path.read_bytes() == kept + tail[: tail.rfind(b"\n") + 1]


def test_a_torn_line_longer_than_a_read_is_cut(path: Path) -> None:
    """The end is searched backwards over several reads."""
    path.write_bytes(b"one\n" + b"x" * (3 * 1024 * 1024))
    cut_torn_line(path, 0)
    assert path.read_bytes() == b"one\n"
