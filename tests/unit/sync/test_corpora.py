"""Whose an item is, which corpora a connection has, and when all of them have answered a wish."""

from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    DriveEntry,
    FolderState,
    FollowUp,
    JobState,
    Phase,
    corpus_part,
)
from google_drive_worker.sync.corpora import (
    Belonging,
    belonging,
    drives_are_known,
    drives_part,
    drives_target,
    tracks,
    user_part,
    wanted_corpora,
    with_answers,
)
from google_drive_worker.sync.follow import follow_part
from google_drive_worker.sync.membership import CloseCorpus, JoinDrive, LeaveDrive, TrackDrives
from google_drive_worker.sync.patch import Patch, StalePatchError
from google_drive_worker.sync.state import AdvanceCursor, OpenSnapshot
from google_drive_worker.sync.wishes import Accept

ME, DRIVE, ONE = "user:me", "drive:d1", "000000000001"
TEAM, STRANGE = DriveEntry("Team"), DriveEntry("Elsewhere", tracked=False)
MINE = CorpusState(ME, Phase.LIVE, ONE, "5", "9", 0, is_live=True)
TEAMS = CorpusState(DRIVE, Phase.LIVE, ONE, "5", "9", 0, is_live=True, drive_id="d1")
USER = Belonging(None, frozenset(["d1"]), frozenset(["d1", "d2"]))
D1 = Belonging("d1", frozenset(["d1", "d3"]), frozenset(["d1", "d2", "d3"]))


def state_of(*corpora: CorpusState, config: dict[str, Any] | None = None, **job: Any) -> ConnectionState:
    state = ConnectionState("conn", {JOB: JobState(config=config or {}, drives_listed=0, **job)})
    for corpus in corpora:
        state = state.with_part(corpus_part(corpus.corpus), corpus)
    return state


def job_of(state: ConnectionState) -> JobState:
    assert state.job is not None
    return state.job


def mine_of(state: ConnectionState) -> CorpusState | None:
    return state.corpus(ME)


# Belonging.


@pytest.mark.parametrize(
    ("whose", "drive_id", "owns"),
    [
        pytest.param(USER, UNSET, True, id="user: somebody's My Drive"),
        pytest.param(USER, "d1", False, id="user: a drive that is followed"),
        pytest.param(USER, "d2", False, id="user: a drive that somebody else follows"),
        pytest.param(USER, "d9", True, id="user: a drive that the account is no member of"),
        pytest.param(D1, "d1", True, id="drive: its own"),
        pytest.param(D1, "d2", False, id="drive: one that is not followed"),
        pytest.param(D1, "d3", False, id="drive: another that is followed"),
        pytest.param(D1, UNSET, False, id="drive: gone to a My Drive"),
        pytest.param(D1, "d9", False, id="drive: gone where only the user sees it"),
    ],
)
def test_an_item_belongs_to_one_corpus(whose: Belonging, drive_id: Any, owns: bool) -> None:
    """Its drive's if that is followed, else the user's; nobody's if the drive is another connection's to follow."""
    assert whose.owns(drive_id) == owns


def test_belonging_follows_the_job() -> None:
    """Drives that are known, those of them that are followed, and how much of the user's corpus is wanted."""
    state = state_of(config={"corpora": {"user": "owned"}}, drives={"d1": TEAM, "d2": STRANGE})
    owned = belonging(job_of(state), TEAMS)
    assert owned == Belonging("d1", frozenset(["d1"]), frozenset(["d1", "d2"]), only_owned=True)


# Settings.


@pytest.mark.parametrize(
    ("corpora", "user", "drives", "tracked"),
    [
        (None, "all", "all", {"d1": True, "d2": True}),
        ({}, "all", "all", {"d1": True, "d2": True}),
        ({"user": "none"}, "none", "all", {"d1": True, "d2": True}),
        ({"user": "owned", "drives": "none"}, "owned", "none", {"d1": False, "d2": False}),
        ({"drives": ["d2"]}, "all", ["d2"], {"d1": False, "d2": True}),
    ],
    ids=str,
)
def test_the_settings_say_which_corpora(corpora: Any, user: str, drives: Any, tracked: dict[str, bool]) -> None:
    """What they do not say is wanted."""
    job = JobState(config={"corpora": corpora})
    assert (user_part(job), drives_part(job)) == (user, drives)
    assert {drive: tracks(job, drive) for drive in tracked} == tracked


def test_the_wanted_corpora() -> None:
    """The user's first, then the drives that are followed; without the user's, the drives alone."""
    drives = {"d2": STRANGE, "d1": TEAM}
    assert wanted_corpora(JobState(config={}, drives=drives)) == [ME, DRIVE]
    assert wanted_corpora(JobState(config={"corpora": {"user": "none"}}, drives=drives)) == [DRIVE]


@pytest.mark.parametrize(("user", "target"), [("all", 2), ("none", 7)])
def test_how_often_drives_are_listed(user: str, target: int) -> None:
    """Once a full wish where the user's log tells of drives; where there is none, for every replay."""
    job = JobState(config={"corpora": {"user": user}}, full_wanted=2, incremental_wanted=5)
    assert drives_target(job) == target
    assert not drives_are_known(job)
    assert not drives_are_known(replace(job, drives_listed=target - 1))
    assert drives_are_known(replace(job, drives_listed=target))


# Answers.


@pytest.mark.parametrize(
    ("mine", "teams", "replayed", "completed"),
    [((3, 2), (3, 2), 3, 2), ((3, 2), (1, 0), 1, 0), ((2, 2), None, 0, 0)],
    ids=["both", "one lags", "one is not open"],
)
def test_a_wish_is_answered_by_all(
    mine: tuple[int, int], teams: tuple[int, int] | None, replayed: int, completed: int
) -> None:
    """The least of what the wanted corpora have answered."""
    corpora = [replace(MINE, replayed=mine[0], full_done=mine[1])]
    if teams is not None:
        corpora.append(replace(TEAMS, replayed=teams[0], full_done=teams[1]))
    state = state_of(*corpora, incremental_wanted=3, full_wanted=2, drives={"d1": TEAM})
    state = state.with_part(JOB, replace(job_of(state), drives_listed=2))
    answered = job_of(with_answers(state))
    assert (answered.incremental_done, answered.full_done) == (replayed, completed)


def test_no_wish_is_answered_before_the_drives_are_known() -> None:
    """A drive that nobody has asked for yet may be wanted."""
    state = state_of(replace(MINE, replayed=3, full_done=1), incremental_wanted=3, full_wanted=1)
    assert with_answers(state) is state


def test_an_answer_is_not_taken_back() -> None:
    """A drive that is joined later makes no old wish unanswered."""
    state = state_of(replace(MINE, replayed=3), incremental_wanted=3, incremental_done=3, drives={"d1": TEAM})
    assert job_of(with_answers(state)).incremental_done == 3


def test_a_connection_without_any_corpus_has_answered() -> None:
    """No drive, and no user's corpus wanted: there is nothing to wait for."""
    state = state_of(config={"corpora": {"user": "none"}}, incremental_wanted=2)
    state = state.with_part(JOB, replace(job_of(state), drives_listed=2))
    assert job_of(with_answers(state)).incremental_done == 2


# Membership.


def test_listed_drives_take_the_place_of_those_known() -> None:
    """Those that are gone go, new ones come, and the listing has answered its wish."""
    state = state_of(MINE, drives={"d1": TEAM, "d2": TEAM}, full_wanted=1)
    job = job_of(TrackDrives({"d2": STRANGE, "d3": TEAM}, 1, frozenset(["d1", "d2"])).apply(state))
    assert (dict(job.drives), job.drives_listed) == ({"d2": STRANGE, "d3": TEAM}, 1)


def test_what_the_log_told_meanwhile_is_newer_than_a_list_of_drives() -> None:
    """A drive that was joined since the listing is kept, one that was left since stays left."""
    state = state_of(MINE, drives={"joined": TEAM, "d1": TEAM})
    job = job_of(TrackDrives({"left": TEAM, "d1": TEAM}, 0, frozenset(["left", "d1"])).apply(state))
    assert set(job.drives) == {"joined", "d1"}


def test_a_drive_that_is_joined_is_a_wish() -> None:
    """It is open work until its first snapshot is there, although everybody else has answered."""
    state = state_of(replace(MINE, replayed=2), incremental_wanted=2, incremental_done=2)
    joined = JoinDrive("d1", DriveEntry()).apply(state)
    job = job_of(joined)
    assert job.incremental_done < job.incremental_wanted
    assert wanted_corpora(job) == [ME, DRIVE]


def test_a_drive_that_is_known_is_not_joined_again() -> None:
    """A change of it that says nothing new to the state leaves it, and the name that a listing gave."""
    state = state_of(MINE, drives={"d1": TEAM})
    assert JoinDrive("d1", DriveEntry()).apply(state) is state
    assert job_of(JoinDrive("d1", DriveEntry(tracked=False)).apply(state)).drives == {"d1": DriveEntry("Team", False)}


def test_a_drive_that_is_not_followed_is_no_wish() -> None:
    """Its membership alone is remembered."""
    job = job_of(JoinDrive("d1", STRANGE).apply(state_of(MINE)))
    assert (job.drives, job.incremental_wanted) == ({"d1": STRANGE}, 0)


def test_a_drive_that_was_never_opened_and_is_left_keeps_no_wish_open() -> None:
    """Once it is left, the others' answers are all there are."""
    state = state_of(replace(MINE, replayed=2), incremental_wanted=2, drives={"d1": TEAM})
    left = LeaveDrive("d1").apply(state)
    assert (job_of(left).drives, job_of(left).incremental_done) == ({}, 2)
    assert LeaveDrive("d1").apply(left) is left


@pytest.mark.parametrize(
    ("teams", "rescan"),
    [([], True), ([replace(TEAMS, is_live=False)], True), ([TEAMS], False)],
    ids=["never opened", "never live", "live"],
)
def test_what_the_user_had_of_a_drive_that_was_left_is_listed_anew(teams: list[CorpusState], rescan: bool) -> None:
    """Its own corpus had taken all of it over, if that ever was live; else the user's is told of its end alone."""
    left = LeaveDrive("d1").apply(state_of(MINE, *teams))
    assert mine_of(left) == replace(MINE, rescan=rescan)


@pytest.mark.parametrize("corpora", [{"drives": "none"}, {"user": "owned"}, {"user": "none"}], ids=str)
def test_a_drive_that_was_left_had_nothing_where_nothing_of_drives_is_wanted(corpora: dict[str, str]) -> None:
    """The user's corpus then has no items of drives, or is not followed at all."""
    state = state_of(MINE, config={"corpora": corpora})
    assert LeaveDrive("d1").apply(state) is state


@pytest.mark.parametrize(
    ("mine", "later"),
    [(replace(MINE, phase=Phase.SCANNING, retraces=True), True), (replace(MINE, is_live=False), False)],
    ids=["being retraced", "given up"],
)
def test_what_is_listed_later_anyway_is_not_asked_for(mine: CorpusState, later: bool) -> None:
    """The same entry, read again before each snapshot, would ask for snapshots without end; a cancel still counts."""
    left = LeaveDrive("d1").apply(state_of(mine))
    assert mine_of(left) == replace(mine, rescan_later=later)


def test_a_closed_corpus_leaves_nothing_but_a_look_back() -> None:
    """Its part, its folders and its follow-ups go; what of the drive is still shared is looked for by the user's."""
    todo = {follow_part(DRIVE, 0): FollowUp(DRIVE, {}), follow_part(ME, 0): FollowUp(ME, {})}
    state = state_of(MINE, TEAMS, incremental_wanted=0)
    for name, part in todo.items():
        state = state.with_part(name, part)
    state = state.with_folders({"mine": FolderState(ME), "theirs": FolderState(DRIVE)})
    closed = CloseCorpus(DRIVE, ONE).apply(state)
    assert [corpus.corpus for corpus in closed.corpora] == [ME]
    assert closed.corpora[0].looks == {"d1": ""}
    assert (set(closed.folders), set(closed.follow_ups)) == ({"mine"}, {follow_part(ME, 0)})


def test_closing_the_last_that_lagged_answers_the_wish() -> None:
    """What is wanted no more is not waited for."""
    state = state_of(replace(MINE, replayed=2), TEAMS, incremental_wanted=2)
    assert job_of(CloseCorpus(DRIVE, ONE).apply(state)).incremental_done == 2


@pytest.mark.parametrize("corpora", [{"drives": "none"}, {"user": "none"}], ids=str)
def test_nobody_looks_back_where_it_is_not_wanted(corpora: dict[str, str]) -> None:
    """Without drives nothing of them is wanted; without the user's corpus there is nobody to have it."""
    mine = [] if corpora.get("user") == "none" else [MINE]
    closed = CloseCorpus(DRIVE, ONE).apply(state_of(*mine, TEAMS, config={"corpora": corpora}))
    assert all(not corpus.looks for corpus in closed.corpora)


def test_other_corpora_are_listed_anew() -> None:
    """A trigger that changes which drives are wanted has them listed again; one that does not, keeps them."""
    state = state_of(MINE, config={"corpora": {"drives": "all"}})
    assert job_of(Accept({"corpora": {"drives": "all"}, "page_size": 5}).apply(state)).drives_listed == 0
    assert job_of(Accept({"corpora": {"drives": ["d1"]}}).apply(state)).drives_listed is None


@pytest.mark.parametrize(
    "late",
    [
        TrackDrives({}, 0),
        JoinDrive("d1", TEAM),
        LeaveDrive("d1"),
        CloseCorpus(DRIVE, ONE),
    ],
    ids=lambda patch: type(patch).__name__,
)
def test_nothing_is_known_of_a_forgotten_connection(late: Patch) -> None:
    """What was on its way to it is dropped."""
    with pytest.raises(StalePatchError):
        late.apply(ConnectionState("conn"))


def test_a_drive_that_was_left_is_not_opened() -> None:
    """Its snapshot, opened while it was left, is dropped; one that is known is opened."""
    opened = OpenSnapshot(DRIVE, ONE, "5", "account", 0, {}, None, "now", drive_id="d1")
    assert opened.apply(state_of(MINE, drives={"d1": TEAM})).corpus(DRIVE) is not None
    with pytest.raises(StalePatchError):
        opened.apply(state_of(MINE))


def test_the_log_is_read_from_one_place_only() -> None:
    """A page that was read from another cursor than the corpus's is dropped."""
    state = state_of(MINE)
    assert AdvanceCursor(ME, ONE, "10", since="9").apply(state).corpora[0].cursor == "10"
    with pytest.raises(StalePatchError):
        AdvanceCursor(ME, ONE, "10", since="8").apply(state)
