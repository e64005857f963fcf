"""What is done next, decided by the state alone."""

from typing import Any

import pytest
from msgspec.structs import replace

from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    JobState,
    Parked,
    Phase,
    Range,
    corpus_part,
)
from google_drive_worker.sync.plan import Idle, Open, Replay, Scan, Step, has_work, next_step, user_corpus

SCANNING = CorpusState("user:me", Phase.SCANNING, "000000000001", "5", "5", 1, ranges={"all": Range()})
SCANNED = replace(SCANNING, ranges={"all": Range(done=True)})
LIVE = replace(SCANNING, phase=Phase.LIVE, ranges={})


def state_of(corpus: CorpusState | None = None, **job: Any) -> ConnectionState:
    state = ConnectionState("conn", {JOB: JobState(config={}, **job)})
    return state if corpus is None else state.with_part(corpus_part(corpus.corpus), corpus)


@pytest.mark.parametrize(
    ("state", "step"),
    [
        pytest.param(ConnectionState("conn"), Idle(), id="nothing known"),
        pytest.param(state_of(), Idle(), id="nothing wanted"),
        pytest.param(state_of(incremental_wanted=1, paused=True), Idle(), id="paused"),
        pytest.param(state_of(incremental_wanted=1, parked=Parked("c", "m", "t")), Idle(), id="parked"),
        pytest.param(state_of(incremental_wanted=1), Open("user:me", 0), id="first replay opens a snapshot"),
        pytest.param(state_of(full_wanted=1), Open("user:me", 1), id="full"),
        pytest.param(
            state_of(incremental_wanted=1, last_cursor="9"), Open("user:me", 0, "9"), id="cursor from elsewhere"
        ),
        pytest.param(
            state_of(full_wanted=1, last_cursor="9"), Open("user:me", 1), id="full does not use a cursor from elsewhere"
        ),
        pytest.param(
            state_of(incremental_wanted=1, last_cursor="9", snapshots=1),
            Open("user:me", 0),
            id="a cursor only at first",
        ),
        pytest.param(state_of(SCANNING, full_wanted=1), Scan(SCANNING, "all"), id="scan goes on"),
        pytest.param(
            state_of(SCANNED, full_wanted=1, incremental_wanted=4),
            Replay(SCANNED, 4, completes=True),
            id="scanned, then replayed",
        ),
        pytest.param(
            state_of(SCANNING, full_wanted=2), Open("user:me", 2), id="a newer full wish replaces the snapshot"
        ),
        pytest.param(state_of(LIVE, full_wanted=1, full_done=1), Idle(), id="live, nothing wanted"),
        pytest.param(
            state_of(LIVE, full_wanted=1, full_done=1, incremental_wanted=2, incremental_done=1),
            Replay(LIVE, 2, completes=False),
            id="live, replay",
        ),
        pytest.param(state_of(LIVE, full_wanted=2, full_done=1), Open("user:me", 2), id="live, full again"),
        pytest.param(
            state_of(LIVE, full_wanted=2, full_done=2), Idle(), id="a cancelled full wish is not taken up again"
        ),
    ],
)
def test_next_step(state: ConnectionState, step: Step) -> None:
    """A state leads to this step, and there is work exactly when that step is not idle."""
    assert next_step(state) == step
    assert has_work(state) == (step != Idle())


@pytest.mark.parametrize(("subject", "name"), [(None, "user:me"), ("", "user:me"), ("a/b@x", "user:a/b@x")])
def test_the_corpus_is_named_after_the_delegated_user(subject: str | None, name: str) -> None:
    """A connection that stands for a user follows that user's log."""
    assert user_corpus(JobState(config={"subject": subject})) == name
