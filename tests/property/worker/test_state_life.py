"""A connection's state through any sequence of events: nothing wanted is lost, nothing late applies, ids grow."""

from datetime import UTC, datetime
from random import Random

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from google_drive_worker.schemas.state import (
    ConnectionState,
    CorpusState,
    DriveEntry,
    JobState,
    Parked,
    Phase,
    Range,
    corpus_part,
    decode_part,
    encode_part,
)
from google_drive_worker.sync.completion import CompleteSnapshot, Confirm, Hold
from google_drive_worker.sync.corpora import drives_target
from google_drive_worker.sync.enrich import AdvanceEnrichment, BeginSweep
from google_drive_worker.sync.folders import Accounted, MarkDirty, ScanAnew, WalkFolder
from google_drive_worker.sync.follow import AddFollowUps, FollowedUp
from google_drive_worker.sync.membership import CloseCorpus, JoinDrive, LeaveDrive, TrackDrives
from google_drive_worker.sync.patch import All, Patch, StalePatchError, snapshot_id
from google_drive_worker.sync.plan import (
    Account,
    Close,
    Enrich,
    Follow,
    ListDrives,
    LookBack,
    Open,
    Plan,
    Relist,
    Replay,
    ScanCorpus,
    Settle,
    Step,
    Sweep,
    has_work,
    next_step,
)
from google_drive_worker.sync.runner import LANES as RUNNER_LANES
from google_drive_worker.sync.settle import AdvanceLook, AdvanceSettling
from google_drive_worker.sync.state import (
    AdoptCursor,
    AdvanceCursor,
    AdvanceScan,
    LoseCursor,
    OpenSnapshot,
    RestartRange,
)
from google_drive_worker.sync.wishes import Accept, Cancel, Forget, Park, Pause

CONFIG = {"refresh_token": "gAAAA"}
MAX_STEPS = 200
NOW, SOON = datetime(2026, 1, 1, tzinfo=UTC), "2025-12-31T00:00:00.000Z"
TEAM = DriveEntry("Team")
LANES: list[Plan] = list(RUNNER_LANES.values())


def step_patch(step: Step, job: JobState | None, *, more: bool = False) -> Patch | None:
    """What the engine commits first for a step of the plan; `more` says that another page follows."""
    following = "p" if more else None
    match step:
        case Open(corpus, full_wanted, None, drive_id):
            number = 1 if job is None else job.snapshots + 1
            ranges = {"folders": Range(), "all": Range()}
            return OpenSnapshot(corpus, snapshot_id(number), "5", "account", full_wanted, ranges, 3, "now", drive_id)
        case Open(corpus, full_wanted, cursor):
            return AdoptCursor(corpus, str(cursor), "account", full_wanted, 3)
        case ListDrives():
            assert job is not None
            return TrackDrives({"d1": TEAM, **job.drives}, drives_target(job), frozenset(job.drives))
        case Close(corpus):
            return CloseCorpus(corpus.corpus, corpus.snapshot_id)
        case ScanCorpus(corpus):
            name = next(name for name, part in corpus.ranges.items() if not part.done)
            return AdvanceScan(corpus.corpus, corpus.snapshot_id, name, following)
        case Account(corpus):
            return Accounted(corpus.corpus, corpus.snapshot_id, done=True)
        case Relist(corpus):
            return WalkFolder(corpus.corpus, corpus.snapshot_id, next(iter(corpus.dirty)), following)
        case Replay(corpus, wanted, completes):
            return replayed(corpus, wanted, completes=completes, more=more)
        case _:
            return late_patch(step, following)


def replayed(corpus: CorpusState, wanted: int, *, completes: bool, more: bool) -> Patch:
    """A page of the log, and the end of the snapshot with the last one if that is due."""
    where = (corpus.corpus, corpus.snapshot_id)
    if more:
        return AdvanceCursor(*where, "6")
    answered = wanted if corpus.is_live else None
    head = AdvanceCursor(*where, "6", answered, nudges=corpus.nudges, at=SOON)
    end = CompleteSnapshot(*where, wanted, settle_at=SOON, sweep_at=SOON, enrich=("history",))
    return All([head, end]) if completes else head


def late_patch(step: Step, following: str | None) -> Patch | None:
    """What the engine commits for a step that comes after a snapshot."""
    match step:
        case Settle(corpus):
            return AdvanceSettling(corpus.corpus, corpus.snapshot_id, following)
        case LookBack(corpus, drive_id):
            return AdvanceLook(corpus.corpus, corpus.snapshot_id, drive_id, following)
        case Follow(name, part):
            return FollowedUp(name, frozenset(part.items))
        case Enrich(corpus, name, part):
            return AdvanceEnrichment(corpus.corpus, corpus.snapshot_id, name, following, part.page_token)
        case Sweep(corpus):
            return BeginSweep(corpus.corpus, corpus.snapshot_id, None)
        case _:
            return None


def finished(state: ConnectionState) -> ConnectionState:
    """The state after an engine that nobody disturbs, with every held snapshot confirmed."""
    state = Confirm().apply(state)
    for _ in range(MAX_STEPS):
        patch = step_patch(next_step(state, NOW), state.job)
        if patch is None:
            return state
        state = patch.apply(state)
    raise AssertionError("the plan does not come to an end")


def is_workable(state: ConnectionState) -> bool:
    """Whether the connection is known, and neither paused nor parked."""
    return state.job is not None and not state.job.paused and state.job.parked is None


def is_held(state: ConnectionState) -> bool:
    """Whether a snapshot waits for a word."""
    return any(corpus.held is not None for corpus in state.corpora)


def is_open(part: Range | None) -> bool:
    """Whether a range is still to be listed."""
    return part is not None and not part.done


class ConnectionLife(RuleBasedStateMachine):
    """Handlers and engine take turns; the engine may work from a state that has been overtaken."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ConnectionState("conn")
        self.planned: dict[int, Patch | None] = {}
        self.snapshots_seen: list[str] = []

    # Handlers.

    @rule(full=st.booleans(), cursor=st.none() | st.just("4"), resume=st.booleans())
    def accept(self, full: bool, cursor: str | None, resume: bool) -> None:
        """After an acceptance there is work, unless the connection is paused."""
        patch = Accept(CONFIG, full=full, last_cursor=cursor, resume=resume, unpark=True)
        self.state = patch.apply(self.state)
        assert self.state.job is not None
        assert has_work(self.state, NOW) != self.state.job.paused or is_held(self.state)

    @precondition(lambda self: self.state.job is not None)
    @rule()
    def pause(self) -> None:
        self.state = Pause().apply(self.state)
        assert not has_work(self.state, NOW)

    @precondition(lambda self: self.state.job is not None)
    @rule()
    def park(self) -> None:
        self.state = Park(Parked("code", "message", "now")).apply(self.state)
        assert not has_work(self.state, NOW)

    @precondition(lambda self: self.state.job is not None)
    @rule()
    def cancel(self) -> None:
        """Nothing is scanned any more, and no log is read but for what a notification told of."""
        self.state = Cancel().apply(self.state)
        step = next_step(self.state, NOW)
        assert not isinstance(step, Open | ListDrives | ScanCorpus | Account)
        assert not isinstance(step, Replay) or step.corpus.nudges > step.corpus.nudges_done
        assert all(corpus.phase is Phase.LIVE for corpus in self.state.corpora)

    @rule()
    def forget(self) -> None:
        self.state = Forget().apply(self.state)
        self.snapshots_seen.clear()
        assert not has_work(self.state, NOW)

    # The engine.

    @rule(lane=st.integers(0, len(LANES) - 1), more=st.booleans())
    def plan(self, lane: int, more: bool) -> None:
        """A lane looks at the state as it is now."""
        self.planned[lane] = step_patch(LANES[lane](self.state, NOW), self.state.job, more=more)

    @rule(lane=st.integers(0, len(LANES) - 1))
    def commit(self, lane: int) -> None:
        """What was planned is committed, or dropped because the state has moved on; never half."""
        patch = self.planned.pop(lane, None)
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
    @rule(chance=st.randoms(use_true_random=False), kind=st.sampled_from(["restart", "lose", "dirty", "anew", "hold"]))
    def meet_trouble(self, chance: Random, kind: str) -> None:
        """A token is lost, a folder turns out to be stale, a snapshot to be held."""
        corpus = chance.choice(self.state.corpora)
        where = (corpus.corpus, corpus.snapshot_id)
        patches: dict[str, Patch | None] = {
            "restart": RestartRange(*where, "all") if is_open(corpus.ranges.get("all")) else None,
            "lose": LoseCursor(*where),
            "dirty": MarkDirty(corpus.corpus, frozenset([chance.choice("xyz")])),
            "anew": ScanAnew(*where),
            "hold": Hold(*where, 500) if corpus.phase is Phase.SCANNING else None,
        }
        if (patch := patches[kind]) is not None:
            self.state = patch.apply(self.state)

    @precondition(lambda self: bool(self.state.corpora))
    @rule(chance=st.randoms(use_true_random=False))
    def have_more_to_read(self, chance: Random) -> None:
        """A page leads to calls; the log of one corpus has grown."""
        corpus = chance.choice(self.state.corpora)
        self.state = AddFollowUps(corpus.corpus, corpus.snapshot_id, {"a": ["file", "comment"]}).apply(self.state)
        named = corpus_part(corpus.corpus)
        grown = self.state.corpus(corpus.corpus)
        assert grown is not None
        self.state = self.state.with_part(named, replace(grown, nudges=grown.nudges + 1))

    @precondition(lambda self: self.state.job is not None)
    @rule(joins=st.booleans(), drive_id=st.sampled_from(["d1", "d2"]))
    def change_membership(self, joins: bool, drive_id: str) -> None:
        """The user's log tells of a drive."""
        self.state = (JoinDrive(drive_id, TEAM) if joins else LeaveDrive(drive_id)).apply(self.state)

    @precondition(lambda self: self.state.job is not None)
    @rule()
    def confirm(self) -> None:
        self.state = Confirm().apply(self.state)
        assert not is_held(self.state)

    # What always holds.

    @invariant()
    def survives_storage(self) -> None:
        """Every part reads back as it was written."""
        parts = {name: decode_part(encode_part(part)) for name, part in self.state.parts.items()}
        assert parts == self.state.parts

    @invariant()
    def comes_to_an_end(self) -> None:
        """Left alone, the plan ends with every wish answered, and a crash on the way changes nothing of that."""
        if not is_workable(self.state):
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
