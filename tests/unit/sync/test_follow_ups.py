"""What more is to be read of items: kept until it was read, in lists of bounded length."""

import pytest

from google_drive_worker.schemas.state import (
    JOB,
    ConnectionState,
    CorpusState,
    FollowUp,
    JobState,
    Phase,
    Range,
    corpus_part,
)
from google_drive_worker.sync.follow import MAX_ITEMS, AddFollowUps, FollowedUp, ForgetFollowUps, follow_part
from google_drive_worker.sync.patch import StalePatchError
from google_drive_worker.sync.state import LoseCursor, OpenSnapshot

ME, DRIVE, ONE = "user:me", "drive:d1", "000000000001"
LIVE = CorpusState(ME, Phase.LIVE, ONE, "5", "9", 0, is_live=True)
STATE = ConnectionState("conn", {JOB: JobState(config={}), corpus_part(ME): LIVE})
COMMENTS = ["file", "comment"]


def added(state: ConnectionState, *names: str) -> ConnectionState:
    return AddFollowUps(ME, ONE, dict.fromkeys(names, COMMENTS)).apply(state)


def waiting(state: ConnectionState) -> list[list[str]]:
    return [list(part.items) for part in state.follow_ups.values()]


def test_items_wait_in_the_order_in_which_they_came() -> None:
    """Each page has a list of its own, behind those there are."""
    state = added(added(STATE, "b", "a"), "c")
    assert waiting(state) == [["b", "a"], ["c"]]
    assert list(state.follow_ups) == [follow_part(ME, 0), follow_part(ME, 1)]
    assert state.follow_ups[follow_part(ME, 0)] == FollowUp(ME, {"b": COMMENTS, "a": COMMENTS})


def test_a_list_is_bounded() -> None:
    """A page that asks for much is cut, so that no part of the state grows beyond a message."""
    names = [f"f{number}" for number in range(2 * MAX_ITEMS + 1)]
    lists = waiting(added(STATE, *names))
    assert [len(each) for each in lists] == [MAX_ITEMS, MAX_ITEMS, 1]
    assert [name for each in lists for name in each] == names


def test_what_was_read_is_taken_off() -> None:
    """Item by item, and with the last one the list goes; the next list gets a name that was never used."""
    state = added(STATE, "a", "b")
    name = follow_part(ME, 0)
    state = FollowedUp(name, frozenset(["a", "unknown"])).apply(state)
    assert waiting(state) == [["b"]]
    state = FollowedUp(name, frozenset(["b"])).apply(state)
    assert waiting(state) == []
    assert list(added(state, "c").follow_ups) == [follow_part(ME, 1)]


def test_what_is_gone_is_not_read() -> None:
    """Items that left the corpus are taken off all of its lists, and off no other corpus's."""
    others = follow_part(DRIVE, 0)
    state = added(added(STATE, "a", "b"), "a").with_part(others, FollowUp(DRIVE, {"a": COMMENTS}))
    state = ForgetFollowUps(ME, frozenset(["a"])).apply(state)
    assert waiting(state) == [["b"], ["a"]]
    assert set(state.follow_ups) == {follow_part(ME, 0), others}


def test_nothing_to_forget_changes_nothing() -> None:
    """Most of what is gone was on no list."""
    state = added(STATE, "a")
    assert ForgetFollowUps(ME, frozenset(["z"])).apply(state) is state


def test_a_new_snapshot_keeps_what_waits() -> None:
    """After a lost cursor the corpus begins anew; lists of before are still to be read, and none is written over."""
    state = LoseCursor(ME, ONE).apply(added(STATE, "a"))
    state = OpenSnapshot(ME, "000000000002", "5", "account", 0, {"all": Range()}, None, "now").apply(state)
    state = AddFollowUps(ME, "000000000002", {"b": COMMENTS}).apply(state)
    assert waiting(state) == [["a"], ["b"]]


def test_a_list_that_was_given_up_is_stale() -> None:
    """What was read of it is dropped, since its items are no longer this connection's."""
    with pytest.raises(StalePatchError):
        FollowedUp(follow_part(ME, 0), frozenset(["a"])).apply(STATE)
    with pytest.raises(StalePatchError):
        AddFollowUps(ME, "000000000009", {"a": COMMENTS}).apply(STATE)


def test_a_name_holds_no_slash() -> None:
    """The user's address may have one, and a key ends at the last."""
    assert "/" not in follow_part("user:a/b@example.com", 0)
