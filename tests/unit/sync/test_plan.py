"""What is done next, decided by the state and the time alone."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    DriveEntry,
    FollowUp,
    JobState,
    Parked,
    Phase,
    Range,
    corpus_part,
)
from google_drive_worker.sync.corpora import user_corpus
from google_drive_worker.sync.follow import follow_part
from google_drive_worker.sync.plan import (
    Account,
    Close,
    Enrich,
    Follow,
    Idle,
    ListDrives,
    LookBack,
    Open,
    Relist,
    Replay,
    ScanCorpus,
    Settle,
    Step,
    Sweep,
    due_at,
    has_work,
    next_backfill,
    next_increment,
    next_step,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE, LATER, MUCH_LATER = "2025-12-31T23:59:00.000Z", "2026-01-01T00:05:00.000Z", "2026-01-08T00:00:00.000Z"
ME, DRIVE = "user:me", "drive:d1"
DONE = {"all": Range(done=True)}
SCANNING = CorpusState(ME, Phase.SCANNING, "000000000001", "5", "5", 1, ranges={"all": Range()})
LISTED = replace(SCANNING, ranges=DONE)
ACCOUNTED = replace(LISTED, accounted=True)
LIVE = replace(SCANNING, phase=Phase.LIVE, ranges={}, is_live=True, replayed=1, full_done=1)
AGAIN = replace(LIVE, phase=Phase.SCANNING, ranges={"all": Range()}, snapshot_id="000000000002", full_wanted=2)
OF_DRIVE = replace(LIVE, corpus=DRIVE, drive_id="d1")
MEMBER = {"d1": DriveEntry("Team")}
QUIET: dict[str, Any] = {"full_wanted": 1, "full_done": 1, "incremental_wanted": 1, "incremental_done": 1}
TODO = FollowUp(ME, {"a": ["file", "comment"]})


def state_of(*corpora: CorpusState, config: dict[str, Any] | None = None, **job: Any) -> ConnectionState:
    """A connection whose drives were listed for its newest full wish, unless said otherwise."""
    given = {"drives_listed": job.get("full_wanted", 0), **job}
    state = ConnectionState("conn", {JOB: JobState(config=config or {}, **given)})
    for corpus in corpora:
        state = state.with_part(corpus_part(corpus.corpus), corpus)
    return state


@pytest.mark.parametrize(
    ("state", "step"),
    [
        pytest.param(ConnectionState("conn"), Idle(), id="nothing known"),
        pytest.param(state_of(), Idle(), id="nothing wanted"),
        pytest.param(state_of(incremental_wanted=1, paused=True), Idle(), id="paused"),
        pytest.param(state_of(incremental_wanted=1, parked=Parked("c", "m", "t")), Idle(), id="parked"),
        pytest.param(state_of(incremental_wanted=1), Open(ME, 0), id="first replay opens a snapshot"),
        pytest.param(state_of(full_wanted=1), Open(ME, 1), id="full"),
        pytest.param(state_of(incremental_wanted=1, last_cursor="9"), Open(ME, 0, "9"), id="cursor from elsewhere"),
        pytest.param(
            state_of(full_wanted=1, last_cursor="9"), Open(ME, 1), id="full does not use a cursor from elsewhere"
        ),
        pytest.param(
            state_of(incremental_wanted=1, last_cursor="9", snapshots=1), Open(ME, 0), id="a cursor only at first"
        ),
        pytest.param(
            state_of(SCANNING, full_wanted=1, drives_listed=None), ListDrives(), id="drives, once the user's is open"
        ),
        pytest.param(
            state_of(SCANNING, full_wanted=1, drives=MEMBER), Open(DRIVE, 1, drive_id="d1"), id="a drive is opened"
        ),
        pytest.param(
            state_of(LIVE, **QUIET | {"incremental_wanted": 2, "last_cursor": "9"}, drives=MEMBER),
            Replay(LIVE, 2, completes=False),
            id="the user's log before a new drive",
        ),
        pytest.param(
            state_of(replace(LIVE, replayed=2), **QUIET | {"incremental_wanted": 2}, drives=MEMBER),
            Open(DRIVE, 1, drive_id="d1"),
            id="then the new drive",
        ),
        pytest.param(
            state_of(LIVE, **QUIET, drives={"d1": DriveEntry(tracked=False)}), Idle(), id="a drive not to be followed"
        ),
        pytest.param(state_of(LIVE, OF_DRIVE, **QUIET), Close(OF_DRIVE), id="a drive that was left"),
        pytest.param(
            state_of(LIVE, **QUIET, config={"corpora": {"user": "none"}}), Close(LIVE), id="no user's corpus any more"
        ),
        pytest.param(
            state_of(config={"corpora": {"user": "none"}}, incremental_wanted=1), ListDrives(), id="drives alone"
        ),
        pytest.param(state_of(SCANNING, full_wanted=1), ScanCorpus(SCANNING), id="scan goes on"),
        pytest.param(state_of(LISTED, full_wanted=1), Account(LISTED), id="listed, then accounted for"),
        pytest.param(
            state_of(replace(ACCOUNTED, dirty={"f": ""}), full_wanted=1),
            Relist(replace(ACCOUNTED, dirty={"f": ""})),
            id="accounted for, then what was found is walked",
        ),
        pytest.param(
            state_of(ACCOUNTED, full_wanted=1, incremental_wanted=4),
            Replay(ACCOUNTED, 4, completes=True),
            id="accounted for, then replayed",
        ),
        pytest.param(state_of(SCANNING, full_wanted=2), Open(ME, 2), id="a newer full wish replaces the snapshot"),
        pytest.param(state_of(LIVE, **QUIET), Idle(), id="live, nothing wanted"),
        pytest.param(
            state_of(LIVE, **QUIET | {"incremental_wanted": 2}), Replay(LIVE, 2, completes=False), id="live, replay"
        ),
        pytest.param(
            state_of(replace(LIVE, nudges=1), **QUIET),
            Replay(replace(LIVE, nudges=1), 1, completes=False),
            id="live, a notification of this log alone",
        ),
        pytest.param(state_of(LIVE, **QUIET | {"full_wanted": 2}), Open(ME, 2), id="live, full again"),
        pytest.param(
            state_of(LIVE, **QUIET | {"full_wanted": 2, "full_done": 2}),
            Idle(),
            id="a cancelled full wish is not taken up again",
        ),
        pytest.param(
            state_of(replace(LIVE, rescan=True), **QUIET), Open(ME, 1), id="what only a new snapshot puts right"
        ),
        pytest.param(
            state_of(replace(LIVE, rescan=True, dirty={"f": ""}), **QUIET), Open(ME, 1), id="it spares the walk"
        ),
        pytest.param(
            state_of(replace(LIVE, dirty={"f": ""}), **QUIET), Relist(replace(LIVE, dirty={"f": ""})), id="dirty"
        ),
        pytest.param(
            state_of(replace(ACCOUNTED, is_live=True, held=500), full_wanted=1), Idle(), id="a held snapshot waits"
        ),
        pytest.param(
            state_of(replace(LIVE, settle_at=BEFORE, sweep_at=BEFORE), **QUIET),
            Settle(replace(LIVE, settle_at=BEFORE, sweep_at=BEFORE)),
            id="settling is due",
        ),
        pytest.param(
            state_of(replace(LIVE, settle_at=LATER, sweep_at=BEFORE), **QUIET),
            Sweep(replace(LIVE, settle_at=LATER, sweep_at=BEFORE)),
            id="a sweep is due",
        ),
        pytest.param(
            state_of(replace(LIVE, looks={"d9": "p2"}), **QUIET),
            LookBack(replace(LIVE, looks={"d9": "p2"}), "d9"),
            id="a look back",
        ),
        pytest.param(
            state_of(replace(LIVE, enrich={"history": Range()}), **QUIET).with_part(follow_part(ME, 3), TODO),
            Follow(follow_part(ME, 3), TODO),
            id="what is to be read of items",
        ),
        pytest.param(
            state_of(replace(LIVE, enrich={"history": Range()}), **QUIET),
            Enrich(replace(LIVE, enrich={"history": Range()}), "history", Range()),
            id="then more of it is found",
        ),
    ],
)
def test_next_step(state: ConnectionState, step: Step) -> None:
    """A state leads to this step, and there is work exactly when that step is not idle."""
    assert next_step(state, NOW) == step
    assert has_work(state, NOW) == (step != Idle())


@pytest.mark.parametrize(
    ("corpus", "increment", "backfill"),
    [
        pytest.param(AGAIN, Replay(AGAIN, 2, completes=False), ScanCorpus(AGAIN), id="a log beside its next scan"),
        pytest.param(
            replace(AGAIN, ranges=DONE, accounted=True),
            Replay(replace(AGAIN, ranges=DONE, accounted=True), 2, completes=True),
            Idle(),
            id="the lane of the log ends the snapshot",
        ),
        pytest.param(SCANNING, Idle(), ScanCorpus(SCANNING), id="a first scan leaves the log alone"),
        pytest.param(
            replace(AGAIN, ranges=DONE, accounted=True, replayed=2, rescan=True, dirty={"f": ""}),
            Relist(replace(AGAIN, ranges=DONE, accounted=True, replayed=2, rescan=True, dirty={"f": ""})),
            Idle(),
            id="a snapshot that is to be repeated ends first",
        ),
    ],
)
def test_the_lanes_of_a_corpus(corpus: CorpusState, increment: Step, backfill: Step) -> None:
    """What keeps up with changes and what fetches the rest are planned apart, and never both end a snapshot."""
    state = state_of(corpus, full_wanted=2, full_done=1, incremental_wanted=2, incremental_done=1)
    if corpus.full_wanted == 1:
        state = state_of(corpus, full_wanted=1, incremental_wanted=2, incremental_done=1)
    assert (next_increment(state, NOW), next_backfill(state, NOW)) == (increment, backfill)


@pytest.mark.parametrize(
    ("corpus", "due"),
    [
        (LIVE, None),
        (replace(LIVE, settle_at=LATER), LATER),
        (replace(LIVE, settle_at=MUCH_LATER, sweep_at=LATER), LATER),
        (replace(LIVE, sweep_at=BEFORE), BEFORE),
        (replace(LIVE, settle_at=BEFORE, is_live=False), MUCH_LATER),
    ],
    ids=["nothing", "settling", "the sooner of two", "past", "of a corpus that begins anew: not before it is live"],
)
def test_what_falls_due_of_itself(corpus: CorpusState, due: str | None) -> None:
    """The soonest time of all corpora; a connection that may not work has none."""
    later = replace(OF_DRIVE, sweep_at=None if due is None else MUCH_LATER)
    expected = None if due is None else datetime.fromisoformat(due)
    assert due_at(state_of(corpus, later, **QUIET, drives=MEMBER)) == expected
    assert due_at(state_of(corpus, later, **QUIET, drives=MEMBER, paused=True)) is None


def test_what_is_due_later_is_not_done_now() -> None:
    """Before its time, neither the settle pass nor the sweep is work; at its time it is."""
    state = state_of(replace(LIVE, settle_at=LATER, sweep_at=LATER), **QUIET)
    assert next_step(state, NOW) == Idle()
    assert isinstance(next_step(state, datetime.fromisoformat(LATER)), Settle)


@pytest.mark.parametrize(("subject", "name"), [(None, "user:me"), ("", "user:me"), ("a/b@x", "user:a/b@x")])
def test_the_corpus_is_named_after_the_delegated_user(subject: str | None, name: str) -> None:
    """A connection that stands for a user follows that user's log."""
    assert user_corpus(JobState(config={"subject": subject})) == name
