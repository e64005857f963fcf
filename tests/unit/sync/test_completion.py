"""The end of a snapshot: what it does to the state, and when it is held."""

from dataclasses import replace as replace_field
from typing import Any

import pytest
from msgspec.structs import replace

from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    DriveEntry,
    FolderState,
    JobState,
    Phase,
    Range,
    corpus_part,
)
from google_drive_worker.sync.completion import HELD_ITEMS, CompleteSnapshot, Confirm, Hold, would_remove
from google_drive_worker.sync.patch import StalePatchError
from google_drive_worker.sync.state import AdvanceCursor, OpenSnapshot
from google_drive_worker.sync.wishes import Cancel

ME, TWO = "user:me", "000000000002"
LISTED = CorpusState(
    ME,
    Phase.SCANNING,
    TWO,
    "5",
    "9",
    1,
    is_live=True,
    accounted=True,
    ranges={"all": Range(done=True)},
    counts={"file": 900, "folder": 50},
    expected=1000,
    settle_token="t",
)
END = CompleteSnapshot(ME, TWO, 3, "later", "much later", ("history",))


def state_of(corpus: CorpusState = LISTED, **job: Any) -> ConnectionState:
    given = JobState(config={}, full_wanted=1, incremental_wanted=3, drives_listed=1, **job)
    return ConnectionState("conn", {JOB: given, corpus_part(corpus.corpus): corpus})


def corpus_of(state: ConnectionState) -> CorpusState:
    corpus = state.corpus(ME)
    assert corpus is not None
    return corpus


def test_a_complete_snapshot_is_live_and_has_answered() -> None:
    """Its ranges go, its counts are what the next one is compared with, and both wishes are done."""
    state = END.apply(state_of())
    corpus = corpus_of(state)
    assert (corpus.phase, corpus.is_live, corpus.ranges, corpus.accounted) == (Phase.LIVE, True, {}, False)
    assert (corpus.expected, corpus.settle_at, corpus.sweep_at) == (950, "later", "much later")
    assert corpus.enrich == {"history": Range()}
    assert state.job is not None
    assert (state.job.full_done, state.job.incremental_done) == (1, 3)


def test_a_wish_waits_for_the_other_corpora() -> None:
    """The user's snapshot alone answers nothing while a drive's is under way."""
    state = END.apply(state_of(drives={"d1": DriveEntry()}))
    assert state.job is not None
    assert (state.job.full_done, state.job.incremental_done) == (0, 0)


@pytest.mark.parametrize(("complete", "left"), [(True, {"met", "other"}), (False, {"met", "other", "old"})])
def test_only_a_complete_snapshot_sweeps(complete: bool, left: set[str]) -> None:
    """One that lost something takes no folder out of the index, and is no measure for the next."""
    folders = {
        "met": FolderState(ME, 2),
        "old": FolderState(ME, 1),
        "other": FolderState("drive:d1", 1),
    }
    state = END.apply(state_of(replace(LISTED, complete=complete)).with_folders(folders))
    assert set(state.folders) == left
    assert corpus_of(state).expected == (950 if complete else 1000)


def test_an_enrichment_under_way_goes_on() -> None:
    """A later snapshot, which begins no pass of its own, leaves the first one's where it stands."""
    begun = {"history": Range(page_token="p9")}
    state = replace_field(END, enrich=()).apply(state_of(replace(LISTED, enrich=begun)))
    assert corpus_of(state).enrich == begun


@pytest.mark.parametrize(
    ("before", "period_ends", "due"),
    [
        pytest.param("2026-01-03", "2026-01-09", "2026-01-03", id="it was due sooner"),
        pytest.param("2026-01-09", "2026-01-03", "2026-01-03", id="the period is shorter now"),
        pytest.param(None, "2026-01-09", "2026-01-09", id="the first time"),
        pytest.param("2026-01-03", None, None, id="switched off"),
    ],
)
def test_snapshots_do_not_put_off_the_reading_of_comments(
    before: str | None, period_ends: str | None, due: str | None
) -> None:
    """They read none: where they come more often than the period ends, comments would never be read again."""
    end = replace_field(END, sweep_at=period_ends)
    assert corpus_of(end.apply(state_of(replace(LISTED, sweep_at=before)))).sweep_at == due


def test_a_snapshot_ends_once() -> None:
    """Completed already, or given up, it cannot be completed."""
    for ended in (END.apply(state_of()), Cancel().apply(state_of())):
        with pytest.raises(StalePatchError):
            END.apply(ended)


@pytest.mark.parametrize(
    ("expected", "met", "missing"),
    [
        (0, 0, 0),
        (1000, 1000, 0),
        (1000, 2000, 0),
        (1000, 801, 0),
        (1000, 800, 0),
        (1000, 799, 201),
        (1000, 0, 1000),
        (HELD_ITEMS, 0, 0),
        (HELD_ITEMS + 1, 0, HELD_ITEMS + 1),
        (400, 299, 101),
        (100_000, 80_000, 0),
    ],
)
def test_how_many_may_be_missing(expected: int, met: int, missing: int) -> None:
    """Up to a hundred items or a fifth of all, whichever is more, go without a question."""
    corpus = replace(LISTED, expected=expected, counts={"file": met})
    assert would_remove(corpus) == missing
    assert would_remove(replace(corpus, complete=False)) == 0


def test_what_the_log_took_away_is_not_missed() -> None:
    """Deletes that were told already lower what the next snapshot is expected to meet, never below nothing."""
    state = AdvanceCursor(ME, TWO, "10", removed=300).apply(state_of())
    assert corpus_of(state).expected == 700
    assert corpus_of(AdvanceCursor(ME, TWO, "11", removed=5000).apply(state)).expected == 0


def test_a_held_snapshot_waits_for_a_word() -> None:
    """It says how many it would take away; confirmed, it may complete."""
    held = Hold(ME, TWO, 500).apply(state_of())
    assert corpus_of(held).held == 500
    confirmed = Confirm().apply(held)
    assert (corpus_of(confirmed).held, corpus_of(confirmed).confirmed) == (None, True)
    assert not corpus_of(END.apply(confirmed)).confirmed


def test_a_word_is_of_the_snapshot_that_was_held() -> None:
    """A newer snapshot, or one that nobody was asked about, is not covered by it."""
    assert not corpus_of(Confirm().apply(state_of())).confirmed
    confirmed = Confirm().apply(Hold(ME, TWO, 500).apply(state_of()))
    opened = OpenSnapshot(ME, "000000000003", "7", "account", 1, {"all": Range()}, None, "now")
    assert not corpus_of(opened.apply(confirmed)).confirmed
    assert not corpus_of(Cancel().apply(confirmed)).confirmed


def test_holding_a_replaced_snapshot_is_stale() -> None:
    """The newer one is held by itself, if it must be."""
    with pytest.raises(StalePatchError):
        Hold(ME, "000000000001", 500).apply(state_of())
