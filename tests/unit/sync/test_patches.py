"""Single changes of a state: what each does, what it leaves alone, when it comes too late."""

from dataclasses import replace as replaced
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from google_drive_worker.schemas.state import (
    Applied,
    ConnectionState,
    CorpusState,
    JobState,
    Parked,
    Phase,
    Range,
    corpus_part,
)
from google_drive_worker.sync.backfill import BeginBackfill
from google_drive_worker.sync.completion import CompleteSnapshot
from google_drive_worker.sync.enrich import AdvanceEnrichment
from google_drive_worker.sync.membership import TrackDrives
from google_drive_worker.sync.patch import All, Patch, StalePatchError, snapshot_id
from google_drive_worker.sync.plan import HISTORY, Idle, Open, has_work, next_step
from google_drive_worker.sync.state import (
    AdoptCursor,
    AdvanceCursor,
    AdvanceScan,
    LoseCursor,
    OpenSnapshot,
    RestartRange,
    added,
)
from google_drive_worker.sync.walk import CloseScope, OpenScope
from google_drive_worker.sync.wishes import (
    MAX_CHANNELS,
    Accept,
    Cancel,
    Forget,
    MarkApplied,
    Park,
    Pause,
    SeeNotification,
)

NEW = ConnectionState("conn")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONFIG = {"refresh_token": "gAAAA"}
ME = "user:me"
ONE = snapshot_id(1)
TROUBLE = Parked("domain_policy", "ask", "2026-01-01T00:00:00.000Z")
OPEN = OpenSnapshot(ME, ONE, "5", "account", 0, {"all": Range()}, None, "2026-01-01T00:00:00.000Z")
PAGE = AdvanceScan(ME, ONE, "all", "p2", {"file": 3})
LAST_PAGE = AdvanceScan(ME, ONE, "all", None, {"file": 1, "folder": 1})
HEAD = AdvanceCursor(ME, ONE, "9")
NO_DRIVES = TrackDrives({}, 0)
END = CompleteSnapshot(ME, ONE, 1)


def after(*patches: Patch, state: ConnectionState = NEW) -> ConnectionState:
    return All(patches).apply(state)


def job_of(state: ConnectionState) -> JobState:
    assert state.job is not None
    return state.job


def corpus_of(state: ConnectionState) -> CorpusState:
    corpus = state.corpus(ME)
    assert corpus is not None
    return corpus


ACCEPTED = after(Accept(CONFIG), NO_DRIVES)
SCANNING = after(OPEN, state=ACCEPTED)
LIVE = after(LAST_PAGE, HEAD, END, state=SCANNING)


def test_accepting_counts_wishes() -> None:
    """Each acceptance is one more wish of its kind; none replaces another."""
    job = job_of(after(Accept(CONFIG), Accept(None, full=True), Accept(None)))
    assert (job.full_wanted, job.incremental_wanted, job.full_done, job.incremental_done) == (1, 3, 0, 0)


def test_the_newest_settings_count() -> None:
    """A message that brings settings replaces them; one without keeps them."""
    state = after(Accept({"a": 1}), Accept({"b": 2}), Accept(None))
    assert job_of(state).config == {"b": 2}


def test_a_cursor_from_elsewhere_counts_only_without_state() -> None:
    """`last_cursor` of a first trigger is kept; that of any later trigger is not looked at."""
    assert job_of(after(Accept(CONFIG, last_cursor="7"), Accept(CONFIG, last_cursor="8"))).last_cursor == "7"
    assert job_of(after(Accept(CONFIG), Accept(CONFIG, last_cursor="8"))).last_cursor is None


@pytest.mark.parametrize(("unpark", "parked"), [(True, None), (False, TROUBLE)])
def test_only_an_act_ends_parking(unpark: bool, parked: Parked | None) -> None:
    """A parked connection stays parked unless the message is one that unparks."""
    assert job_of(after(Accept(CONFIG), Park(TROUBLE), Accept(None, unpark=unpark))).parked == parked


@pytest.mark.parametrize("resume", [True, False])
def test_only_resume_ends_a_pause(resume: bool) -> None:
    """A paused connection stays paused through triggers; what they want waits."""
    state = after(Accept(CONFIG), Pause(), Accept(CONFIG, full=True, resume=resume))
    assert job_of(state).paused != resume
    assert has_work(state, NOW) == resume
    assert job_of(state).full_wanted == 1


def test_a_snapshot_opens_with_its_token_parked() -> None:
    """The corpus scans from nothing, from the token taken before the listing, and its account is remembered."""
    corpus = corpus_of(SCANNING)
    assert (corpus.phase, corpus.start_token, corpus.cursor, corpus.counts) == (Phase.SCANNING, "5", "5", {})
    assert (job_of(SCANNING).snapshots, job_of(SCANNING).account_id) == (1, "account")


def test_pages_move_their_range() -> None:
    """A page token is kept, counts add up, the last page ends the range."""
    middle = corpus_of(after(PAGE, state=SCANNING))
    assert (middle.ranges["all"], middle.counts) == (Range(page_token="p2", counts={"file": 3}), {"file": 3})
    done = corpus_of(after(PAGE, LAST_PAGE, state=SCANNING))
    assert (done.ranges["all"].done, done.counts) == (True, {"file": 4, "folder": 1})


def test_an_incomplete_page_is_remembered() -> None:
    """Once something could not be accounted for, later pages do not make the snapshot complete again."""
    state = after(replaced(PAGE, complete=False), LAST_PAGE, state=SCANNING)
    assert not corpus_of(state).complete
    replayed = after(AdvanceCursor(ME, ONE, "6", complete=False), AdvanceCursor(ME, ONE, "7"), state=SCANNING)
    assert not corpus_of(replayed).complete


def test_a_restarted_range_begins_anew() -> None:
    """Its token goes, its bounds stay."""
    bounded = Range("2020-01-01T00:00:00Z", None)
    state = after(replaced(OPEN, ranges={"all": bounded}), PAGE, RestartRange(ME, ONE, "all"), state=ACCEPTED)
    assert corpus_of(state).ranges["all"] == bounded


def test_the_head_answers_the_wish() -> None:
    """At the log's head a snapshot's corpus is live, and the wishes that it answers are done."""
    assert corpus_of(LIVE).phase is Phase.LIVE
    assert corpus_of(LIVE).cursor == "9"
    assert next_step(LIVE, NOW) == Idle()


def test_a_wish_made_meanwhile_is_not_answered() -> None:
    """The head answers the wish that the replay began with; one made later is still open."""
    state = after(LAST_PAGE, Accept(None), HEAD, END, state=SCANNING)
    assert job_of(state).incremental_wanted == 2
    assert job_of(state).incremental_done == 1
    assert has_work(state, NOW)


def test_a_middle_page_of_the_log_answers_nothing() -> None:
    """The cursor moves, the wish stays open."""
    state = after(LAST_PAGE, AdvanceCursor(ME, ONE, "7"), state=SCANNING)
    assert (corpus_of(state).cursor, job_of(state).incremental_done) == ("7", 0)


def test_cancel_gives_up_wishes_and_scans() -> None:
    """Nothing is wanted any more; the snapshot can never be completed, and the next wish begins another one."""
    state = after(Accept(None, full=True), Park(TROUBLE), Cancel(), state=SCANNING)
    assert next_step(state, NOW) == Idle()
    assert corpus_of(state).is_given_up
    assert job_of(state).parked is None
    for late in (LAST_PAGE, END):
        with pytest.raises(StalePatchError):
            late.apply(state)
    assert next_step(after(Accept(None), state=state), NOW) == Open(ME, 1)


def test_a_snapshot_goes_on_from_the_oldest_cursor() -> None:
    """What changed since an unfinished snapshot began is replayed after the next: it may be in no other listing."""
    second = replaced(OPEN, snapshot_id=snapshot_id(2), start_token="8", full_wanted=1)
    for before in (
        after(Accept(None, full=True), state=SCANNING),
        after(Cancel(), Accept(None, full=True), state=LIVE),
    ):
        corpus = corpus_of(after(second, state=before))
        assert (corpus.start_token, corpus.cursor) == ("8", corpus_of(before).cursor)


def test_cancel_keeps_a_live_corpus() -> None:
    """The cursor of a live corpus is worth keeping; the next wish replays from there."""
    state = after(Accept(None), Cancel(), state=LIVE)
    assert corpus_of(state) == replace(corpus_of(LIVE), replayed=2)
    assert next_step(state, NOW) == Idle()


def test_forget_leaves_nothing() -> None:
    """All parts go, and nothing that was on its way applies any more."""
    state = after(Forget(), state=LIVE)
    assert state.parts == {}
    for late in (PAGE, HEAD, END, OPEN, Park(TROUBLE), Pause(), Cancel(), SeeNotification("c", 1), LoseCursor(ME, ONE)):
        with pytest.raises(StalePatchError):
            late.apply(state)


def test_a_lost_cursor_costs_the_corpus_alone() -> None:
    """The job keeps its count of snapshots, so that the next one has a larger id."""
    state = after(Accept(None), LoseCursor(ME, ONE), state=LIVE)
    assert job_of(state).snapshots == 1
    assert next_step(state, NOW) == Open(ME, 0)
    opened = corpus_of(after(replaced(OPEN, snapshot_id=snapshot_id(2), start_token="8"), state=state))
    assert (opened.cursor, opened.is_live) == ("8", False)


def test_what_was_to_be_read_outlives_cursors_that_are_lost_again_and_again() -> None:
    """Lists of what changed since the first loss are read after the last, from the first page; comments when due."""
    read = replace(corpus_of(LIVE), read_at="2026-01-01T05:00:00.000Z", sweep_at="2026-01-08T00:00:00.000Z")
    state, number = LIVE.with_part(corpus_part(ME), read), 1
    for _ in range(3):
        lost = LoseCursor(ME, snapshot_id(number))
        number += 1
        state = after(lost, replaced(OPEN, snapshot_id=snapshot_id(number)), state=state)
        missed = corpus_of(state).enrich["missed"]
        assert missed == Range(lower="2026-01-01T04:00:00.000Z")
        begun = replace(corpus_of(state), enrich={"missed": replace(missed, page_token="p2")})
        state = state.with_part(corpus_part(ME), begun)
    assert corpus_of(state).sweep_at == read.sweep_at


def test_a_lost_cursor_keeps_what_the_next_snapshot_is_measured_by() -> None:
    """An account that lost its access answers with empty lists: they are not to pass for an empty drive."""
    opened = after(LoseCursor(ME, ONE), replaced(OPEN, snapshot_id=snapshot_id(2)), state=LIVE)
    assert corpus_of(opened).expected == corpus_of(LIVE).expected == 2


@pytest.mark.parametrize(
    "late",
    [
        PAGE,
        LAST_PAGE,
        HEAD,
        END,
        RestartRange(ME, ONE, "all"),
        LoseCursor(ME, ONE),
        AdvanceCursor("drive:other", ONE, "7"),
        OPEN,
        replaced(OPEN, snapshot_id=snapshot_id(2)),
    ],
    ids=lambda patch: type(patch).__name__,
)
def test_what_belongs_to_a_replaced_snapshot_is_stale(late: Patch) -> None:
    """After a newer snapshot was opened, what the older one still sends is dropped, and so is opening it again."""
    second = replaced(OPEN, snapshot_id=snapshot_id(2), full_wanted=1)
    state = after(Accept(None, full=True), second, state=SCANNING)
    with pytest.raises(StalePatchError):
        late.apply(state)


def test_a_snapshot_that_is_no_longer_wanted_is_stale() -> None:
    """A newer full wish, made while a snapshot was being opened, is answered by a snapshot of its own."""
    state = after(Accept(None, full=True), state=ACCEPTED)
    with pytest.raises(StalePatchError):
        OPEN.apply(state)


@pytest.mark.parametrize("late", [PAGE, RestartRange(ME, ONE, "all"), AdvanceScan(ME, ONE, "unknown", None)])
def test_a_range_that_is_gone_is_stale(late: Patch) -> None:
    """A live corpus has no ranges: a page that comes after the end is dropped like any other late patch."""
    with pytest.raises(StalePatchError):
        late.apply(LIVE)


def test_an_adopted_cursor_is_live_at_once() -> None:
    """No snapshot is opened, and the cursor from elsewhere is used up."""
    state = after(Accept(CONFIG, last_cursor="7"), AdoptCursor(ME, "7", "account", 0, None))
    assert (corpus_of(state).phase, corpus_of(state).cursor) == (Phase.LIVE, "7")
    assert (job_of(state).last_cursor, job_of(state).snapshots) == (None, 0)


def test_channels_are_remembered_and_bounded() -> None:
    """The newest number of each channel is kept, and only the newest channels are."""
    state = after(*[SeeNotification(f"ch{number}", number) for number in range(40)], state=ACCEPTED)
    assert len(job_of(state).channels) == MAX_CHANNELS
    assert job_of(state).channels["ch39"] == 39
    assert job_of(after(SeeNotification("ch39", 50), state=state)).channels["ch39"] == 50


def test_applied_messages_are_remembered_by_place() -> None:
    """One entry a partition, the newest; an unknown connection has nothing to remember it in."""
    marked = after(MarkApplied("t/1", Applied("id", 1, 4)), MarkApplied("t/1", Applied("id", 1, 5)), state=ACCEPTED)
    assert job_of(marked).applied == {"t/1": Applied("id", 1, 5)}
    assert MarkApplied("t/1", Applied("id", 1, 4)).apply(NEW) is NEW


def test_a_patch_leaves_the_state_before_as_it_is() -> None:
    """States are values: applying a patch changes none that somebody else holds."""
    before = replace(corpus_of(SCANNING))
    after(PAGE, LAST_PAGE, HEAD, END, Cancel(), Forget(), state=SCANNING)
    assert corpus_of(SCANNING) == before


def test_several_patches_are_one() -> None:
    """If one of several is stale, none of them applies."""
    with pytest.raises(StalePatchError):
        All([Accept(CONFIG), PAGE]).apply(NEW)


def test_snapshot_ids_compare_as_text() -> None:
    """Ids have a fixed width, so that their order as text is their order as numbers."""
    assert snapshot_id(9) < snapshot_id(10) < snapshot_id(10**11)


def test_counts_add_up() -> None:
    """Counts of both sides, by name."""
    assert added({"file": 1}, {"file": 2, "folder": 3}) == {"file": 3, "folder": 3}


def test_a_range_that_is_listed_anew_counts_anew() -> None:
    """What its pages had brought is not counted twice: by these numbers the next snapshot is held, or is not."""
    state = after(replaced(OPEN, ranges={"all": Range(), "b": Range()}), state=ACCEPTED)
    state = after(PAGE, AdvanceScan(ME, ONE, "b", "q2", {"file": 2}), RestartRange(ME, ONE, "all"), state=state)
    assert corpus_of(state).counts == {"file": 2}
    assert corpus_of(after(PAGE, state=state)).counts == {"file": 5}


def test_a_snapshot_of_folders_that_is_asked_for_meanwhile_stays_open() -> None:
    """The one that ends closes its own folders and no others."""
    state = after(OpenScope(ME, ("a",)), OpenScope(ME, ("b", "a")), CloseScope(ME, ONE, ("a",)), state=LIVE)
    assert corpus_of(state).scope == ("b",)
    assert set(corpus_of(state).dirty) == {"a", "b"}


def test_a_range_of_enrichment_that_was_begun_anew_is_not_moved_on() -> None:
    """A page of before would skip what the new beginning is to read."""
    state = after(BeginBackfill(), AdvanceEnrichment(ME, ONE, HISTORY, "p2", None), state=LIVE)
    state = after(BeginBackfill(), state=state)
    with pytest.raises(StalePatchError):
        AdvanceEnrichment(ME, ONE, HISTORY, "p3", "p2").apply(state)
    assert corpus_of(after(AdvanceEnrichment(ME, ONE, HISTORY, None, None), state=state)).enrich == {}
