"""A connection's state through any sequence of events: nothing wanted is lost, nothing late applies, ids grow."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from google_drive_worker.schemas.state import ConnectionState, Parked, Phase, Range, decode_part, encode_part
from google_drive_worker.sync.plan import Idle, Open, Replay, Scan, has_work, next_step
from google_drive_worker.sync.state import (
    Accept,
    AdoptCursor,
    AdvanceCursor,
    AdvanceScan,
    Cancel,
    Forget,
    LoseCursor,
    OpenSnapshot,
    Park,
    Patch,
    Pause,
    RestartRange,
    StalePatchError,
    snapshot_id,
)

CONFIG = {"refresh_token": "gAAAA"}
MAX_STEPS = 60


def step_patch(state: ConnectionState, *, more: bool = False) -> Patch | None:
    """What the engine commits next, by the plan; `more` says that another page follows."""
    match next_step(state):
        case Idle():
            return None
        case Open(corpus, full_wanted, None):
            number = 1 if state.job is None else state.job.snapshots + 1
            return OpenSnapshot(corpus, snapshot_id(number), "5", "account", full_wanted, {"all": Range()}, 3, "now")
        case Open(corpus, full_wanted, cursor):
            return AdoptCursor(corpus, str(cursor), "account", full_wanted, 3)
        case Scan(corpus, name):
            return AdvanceScan(corpus.corpus, corpus.snapshot_id, name, "p" if more else None)
        case Replay(corpus, wanted, completes):
            answered = None if more else wanted
            return AdvanceCursor(corpus.corpus, corpus.snapshot_id, "6", answered, completes=completes and not more)


def finished(state: ConnectionState) -> ConnectionState:
    """The state after an engine that nobody disturbs."""
    for _ in range(MAX_STEPS):
        patch = step_patch(state)
        if patch is None:
            return state
        state = patch.apply(state)
    raise AssertionError("the plan does not come to an end")


class ConnectionLife(RuleBasedStateMachine):
    """Handlers and engine take turns; the engine may work from a state that has been overtaken."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ConnectionState("conn")
        self.planned: Patch | None = None
        self.snapshots_seen: list[str] = []

    # Handlers.

    @rule(full=st.booleans(), cursor=st.none() | st.just("4"), resume=st.booleans())
    def accept(self, full: bool, cursor: str | None, resume: bool) -> None:
        """After an acceptance there is work, unless the connection is paused."""
        patch = Accept(CONFIG, full=full, last_cursor=cursor, resume=resume, unpark=True)
        self.state = patch.apply(self.state)
        assert self.state.job is not None
        assert has_work(self.state) != self.state.job.paused

    @precondition(lambda self: self.state.job is not None)
    @rule()
    def pause(self) -> None:
        self.state = Pause().apply(self.state)
        assert not has_work(self.state)

    @precondition(lambda self: self.state.job is not None)
    @rule()
    def park(self) -> None:
        self.state = Park(Parked("code", "message", "now")).apply(self.state)
        assert not has_work(self.state)

    @precondition(lambda self: self.state.job is not None)
    @rule()
    def cancel(self) -> None:
        self.state = Cancel().apply(self.state)
        assert not has_work(self.state)
        assert all(corpus.phase is Phase.LIVE for corpus in self.state.corpora)

    @rule()
    def forget(self) -> None:
        self.state = Forget().apply(self.state)
        self.snapshots_seen.clear()
        assert not has_work(self.state)

    # The engine.

    @rule(more=st.booleans())
    def plan(self, more: bool) -> None:
        """A run looks at the state as it is now."""
        self.planned = step_patch(self.state, more=more)

    @rule()
    def commit(self) -> None:
        """What was planned is committed, or dropped because the state has moved on; never half."""
        patch, self.planned = self.planned, None
        if patch is None:
            return
        before = self.state
        try:
            self.state = patch.apply(before)
        except StalePatchError:
            assert self.state is before
            return
        if isinstance(patch, OpenSnapshot):
            assert all(patch.snapshot_id > earlier for earlier in self.snapshots_seen)
            self.snapshots_seen.append(patch.snapshot_id)

    @precondition(lambda self: bool(self.state.corpora))
    @rule(restarts=st.booleans())
    def lose_tokens(self, restarts: bool) -> None:
        corpus = self.state.corpora[0]
        if restarts and "all" in corpus.ranges and not corpus.ranges["all"].done:
            self.state = RestartRange(corpus.corpus, corpus.snapshot_id, "all").apply(self.state)
        elif not restarts:
            self.state = LoseCursor(corpus.corpus, corpus.snapshot_id).apply(self.state)

    # What always holds.

    @invariant()
    def survives_storage(self) -> None:
        """Every part reads back as it was written."""
        parts = {name: decode_part(encode_part(part)) for name, part in self.state.parts.items()}
        assert parts == self.state.parts

    @invariant()
    def comes_to_an_end(self) -> None:
        """Left alone, the plan ends with every wish answered, and a crash on the way changes nothing of that."""
        if self.state.job is None or not has_work(self.state):
            return
        job = finished(self.state).job
        assert job is not None
        assert (job.full_done, job.incremental_done) == (job.full_wanted, job.incremental_wanted)

    @invariant()
    def answers_are_not_ahead_of_wishes(self) -> None:
        job = self.state.job
        if job is not None:
            assert job.full_done <= job.full_wanted
            assert job.incremental_done <= job.incremental_wanted


ConnectionLife.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestConnectionLife = ConnectionLife.TestCase
