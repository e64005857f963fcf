"""A connection's state as a value: parts and folders replaced, and what differs from what is stored."""

import pytest

from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    DriveEntry,
    FolderState,
    FollowUp,
    JobState,
    Part,
    Phase,
    Range,
    decode_part,
    encode_part,
)

DOCS, MOVED = FolderState("user:me", 1, "root", 77), FolderState("user:me", 1, "attic", 77)
STATE = ConnectionState("conn", {JOB: JobState(config={})}).with_folders({"docs": DOCS, "music": DOCS})
STORED = STATE.saved()


def test_a_folder_is_a_part() -> None:
    """By its name it is put into the index and taken out, as every other part is."""
    state = ConnectionState("conn").with_part("folder:docs", DOCS)
    assert (dict(state.folders), state.parts) == ({"docs": DOCS}, {})
    assert len(state.without_part("folder:docs").folders) == 0


def test_replacing_folders_leaves_the_state_before_as_it_is() -> None:
    """States are values."""
    after = STORED.with_folders({"docs": MOVED, "music": None, "new": DOCS})
    assert dict(STORED.folders) == {"docs": DOCS, "music": DOCS}
    assert dict(after.folders) == {"docs": MOVED, "new": DOCS}
    assert STORED.with_folders({}) is STORED


def test_what_differs_is_told_by_part() -> None:
    """Parts that are new or changed with their values, those that are gone with none; what is equal is left out."""
    after = STORED.with_part("corpus:x", FollowUp("x", {})).with_folders({"docs": MOVED, "music": None, "never": None})
    assert after.changes_since(STORED) == {
        "corpus:x": FollowUp("x", {}),
        "folder:docs": MOVED,
        "folder:music": None,
    }
    assert after.without_part(JOB).changes_since(STORED)[JOB] is None
    assert STORED.changes_since(STORED) == {}


def test_changes_add_up_over_several_steps() -> None:
    """A state that went on for some batches tells of all of them, and of a folder that came and went of none."""
    after = STORED.with_folders({"docs": MOVED}).with_folders({"new": DOCS}).with_folders({"new": None})
    assert after.changes_since(STORED) == {"folder:docs": MOVED}


def test_a_saved_state_differs_from_nothing() -> None:
    """Once stored, what was unsaved is forgotten; nothing else changes."""
    assert STATE.saved().unsaved == ()
    assert STATE.saved().folders is STATE.folders
    assert STORED.saved() is STORED


@pytest.mark.parametrize(
    "part",
    [
        DOCS,
        FolderState("user:me"),
        FollowUp("user:me", {"a": ["file", "comment"]}),
        JobState(config={}, drives={"d1": DriveEntry("Team"), "d2": DriveEntry(tracked=False)}, drives_listed=0),
        CorpusState(
            "drive:d1",
            Phase.LIVE,
            "000000000001",
            "5",
            "9",
            1,
            drive_id="d1",
            is_live=True,
            dirty={"docs": "p2"},
            looks={"d9": ""},
            held=5,
            walked=("docs",),
            enrich={"history": Range(page_token="p")},
        ),
    ],
    ids=lambda part: type(part).__name__,
)
def test_every_kind_of_part_is_read_back(part: Part) -> None:
    """Encoded and decoded, a part is what it was."""
    assert decode_part(encode_part(part)) == part


def test_a_folder_is_small() -> None:
    """There may be half a million of them: a folder's value stays below 200 bytes at its longest."""
    longest = FolderState("drive:0AABBCCDDEEFFGGUk9PVA", 10**6, "1" * 44, 2**56 - 1, 10**6, 10**6)
    assert len(encode_part(longest)) < 200
