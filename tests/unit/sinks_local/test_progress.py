"""What a person is told of a sync."""

import io

import pytest
from rich.console import Console
from tests.unit.sinks_local.records import comments, delete, drive, permission_set, revisions, upsert

from google_drive_worker.commands.display import LiveDisplay, PlainDisplay, TroubleObserver, display_for, rate, summary
from google_drive_worker.schemas.event import ErrorRecord
from google_drive_worker.schemas.record import ResourceType
from google_drive_worker.schemas.state import DriveEntry
from google_drive_worker.sinks.local.progress import (
    LISTING,
    MAX_ERRORS_KEPT,
    READING,
    REPLAYING,
    WALKING,
    Progress,
    phase_of,
)
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.completion import CompleteSnapshot
from google_drive_worker.sync.enrich import AdvanceEnrichment
from google_drive_worker.sync.folders import Accounted, WalkFolder
from google_drive_worker.sync.follow import AddFollowUps, FollowedUp, follow_part
from google_drive_worker.sync.membership import TrackDrives
from google_drive_worker.sync.patch import All, Patch
from google_drive_worker.sync.settle import AdvanceLook, AdvanceSettling
from google_drive_worker.sync.state import AdvanceCursor, AdvanceScan, SplitRange


def error(stage: str, code: str = "malformed_item") -> ErrorRecord:
    return ErrorRecord(
        None, "local", "2026-01-01T00:00:00.000Z", stage, code, retryable=False, message="odd", resource_id="x"
    )


def test_files_folders_and_deletes_are_counted() -> None:
    """An unknown id that is deleted as file and as folder counts once."""
    progress = Progress()
    gone = [delete("c"), delete("c", kind=ResourceType.FOLDER)]
    progress.add(Batch(None, records=[upsert("a"), upsert("b", kind=ResourceType.FOLDER), *gone]))
    assert (progress.files, progress.folders, progress.deletes, progress.items) == (1, 1, 1, 3)


def test_what_is_beside_items_is_counted_apart() -> None:
    """Lists and drives say nothing of how many items were written; their deletes and manifests are not counted."""
    progress = Progress()
    assert progress.beside_items == ""
    gone = delete("a", kind=ResourceType.PERMISSION_SET)
    progress.add(Batch(None, records=[*permission_set("a", "g"), *revisions("a", "1", "2"), gone]))
    progress.add(Batch(None, records=[drive("drive:d"), *comments("a", "x")]))
    assert progress.items == 0
    assert progress.beside_items == "1 drives, 1 permission sets, 2 revisions, 1 comments"


def test_the_phase_follows_the_patches() -> None:
    """Listings, logs, walks and lists below items are told apart; what moves none of them leaves the phase."""
    progress, listed = Progress(), AdvanceScan("user:me", "1", "all", "t")
    phases = []
    for patch in (
        None,
        listed,
        None,
        AdvanceCursor("user:me", "1", "2"),
        WalkFolder("user:me", "1", "folder", None),
        All([AddFollowUps("user:me", "1", {}), listed]),
        FollowedUp(follow_part("user:me", 3), frozenset()),
    ):
        progress.add(Batch(patch))
        phases.append(progress.doing)
    mine = [f"{phase} of My Drive" for phase in (LISTING, LISTING, REPLAYING, WALKING, LISTING, READING)]
    assert phases == ["starting", *mine]


@pytest.mark.parametrize(
    ("corpus", "place"),
    [
        ("user:me", "My Drive"),
        ("user:ana@example.com", "the Drive of ana@example.com"),
        ("drive:d", "the shared drive Plans"),
        ("drive:other", "the shared drive other"),
    ],
)
def test_a_corpus_has_a_name_for_people(corpus: str, place: str) -> None:
    """A shared drive goes by its name once the drives were listed."""
    progress = Progress()
    progress.add(Batch(TrackDrives({"d": DriveEntry("Plans"), "other": DriveEntry(None)}, 1)))
    for patch in (AdvanceScan(corpus, "1", "all", "t"), FollowedUp(follow_part(corpus, 0), frozenset())):
        progress.add(Batch(patch))
        assert progress.place == place


@pytest.mark.parametrize(
    ("patch", "phase"),
    [
        (SplitRange("user:me", "1", "all", {}), LISTING),
        (Accounted("user:me", "1"), None),
        (WalkFolder("user:me", "1", "docs", None), WALKING),
        (AdvanceSettling("user:me", "1", None), LISTING),
        (AdvanceLook("user:me", "1", "d1", None), LISTING),
        (CompleteSnapshot("user:me", "1", 1), REPLAYING),
        (All([TrackDrives({}, 0), AdvanceCursor("user:me", "1", "2")]), REPLAYING),
        (AdvanceEnrichment("user:me", "1", "history", None, None), READING),
        (TrackDrives({}, 0), None),
        (All([]), None),
    ],
    ids=lambda given: type(given).__name__,
)
def test_every_step_has_a_name_or_none(patch: Patch, phase: str | None) -> None:
    """What a person calls it; a step of no length leaves the name as it is."""
    assert phase_of(patch) == (None if phase is None else (phase, "user:me"))


def test_errors_are_bounded_and_failures_apart() -> None:
    """The first errors of items are kept, all are counted; what ended the job is none of them."""
    progress = Progress()
    progress.add(Batch(None, notices=[error("normalize")] * 25 + [error("sync", "network")]))
    assert (progress.errors, len(progress.first_errors)) == (25, MAX_ERRORS_KEPT)
    assert progress.last_failure is not None
    assert progress.last_failure.code == "network"


def test_the_summary_lists_the_first_errors_and_counts_the_rest() -> None:
    """Ten are enough to see what is wrong."""
    progress = Progress()
    progress.add(Batch(None, records=[upsert("a"), *revisions("a", "1")], notices=[error("normalize")] * 12))
    lines = summary(progress, 2.0).splitlines()
    assert lines[0] == "1 files, 0 folders, 0 deletes, 12 errors in 2.0 s (0 items/s)"
    assert lines[1] == "  beside them: 1 revisions"
    assert lines[2:] == ["  item x: odd [malformed_item]"] * 10 + ["  and 2 more"]


def test_plain_lines_come_with_a_new_phase_and_now_and_then() -> None:
    """A log file is not flooded by one line a page."""
    now, stream, progress = [0.0], io.StringIO(), Progress(phase="listing files")
    with PlainDisplay(progress, stream, lambda: now[0]) as display:
        for second in range(12):
            now[0] = second
            progress.files += 100
            display.update()
        display.trouble("network")
    assert stream.getvalue().splitlines() == [
        "listing files: 100 items, 0/s, 0 s",
        "listing files: 600 items, 120/s, 5 s",
        "listing files: 1,100 items, 110/s, 10 s",
        "listing files: trying again (network)",
    ]


def test_only_what_is_repeated_is_told_of() -> None:
    """A list that may not be read is an answer: nobody tries again."""
    stream = io.StringIO()
    observer = TroubleObserver(PlainDisplay(Progress(), stream))
    observer.error("permissions.list", "insufficient_file_permissions")
    observer.error("files.list", "backend_error")
    observer.retried("files.list", "backend_error")
    assert stream.getvalue().splitlines() == ["starting: trying again (backend_error)"]


def test_lanes_that_alternate_are_told_once() -> None:
    """A log that is replayed while files are listed does not write a line for each turn."""
    stream, progress = io.StringIO(), Progress()
    with PlainDisplay(progress, stream, lambda: 0.0) as display:
        for phase in ("listing files", "replaying changes") * 5:
            progress.phase = phase
            display.update()
    assert [line.split(":")[0] for line in stream.getvalue().splitlines()] == ["listing files", "replaying changes"]


def test_a_live_line_makes_room_for_a_question() -> None:
    """While it is paused, what is written stands by itself; afterwards the line is drawn again."""
    stream, progress = io.StringIO(), Progress(files=7)
    with LiveDisplay(progress, Console(file=stream, force_terminal=True)) as display:
        display.update()
        with display.paused():
            before = stream.tell()
            display.update()
            assert stream.tell() == before
        progress.files = 4321
        display.update()
    assert "4,321 items" in stream.getvalue()


def test_a_live_line_is_drawn_on_a_terminal() -> None:
    """What is drawn last is the newest progress."""
    stream, progress = io.StringIO(), Progress()
    with LiveDisplay(progress, Console(file=stream, force_terminal=True)) as display:
        progress.files = 1234
        display.trouble("network")
        display.update()
    assert "1,234 items" in stream.getvalue()


def test_the_stream_decides_how_progress_is_shown() -> None:
    """What is not a terminal gets plain lines."""
    assert isinstance(display_for(Progress(), io.StringIO()), PlainDisplay)


@pytest.mark.parametrize(("items", "seconds", "expected"), [(10, 2.0, 5.0), (10, 0.0, 0.0)])
def test_a_rate_needs_time(items: int, seconds: float, expected: float) -> None:
    """Before any time has passed there is no rate."""
    assert rate(items, seconds) == expected
