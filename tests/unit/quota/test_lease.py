"""A lease: what is told, what is asked, what may be paid from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.lease import Lease, Unreported
from google_drive_worker.quota.shared_books import LimitAnswer, LimitAsk

LIMIT = 6000.0
SCAN, CHANGES = Lane.FIRST_SCAN, Lane.CHANGES


def answered(lease: Lease, now: float, granted: float, *, free: float = 0.0, replicas: int = 1) -> LimitAsk:
    """Ask, and be granted a total."""
    ask = lease.ask(0.0, now, leaving=False)
    lease.take(LimitAnswer(granted=granted, allowed=LIMIT, used=0, free=free, paused=0, born=1), replicas)
    return ask


def test_calls_are_paid_from_what_was_granted() -> None:
    """A lease affords what is left of it, and no more."""
    lease = Lease(LIMIT, 60.0)
    assert not lease.affords(5, SCAN)
    answered(lease, 0.0, 100)
    assert lease.affords(100, SCAN)
    lease.spend(60, 0.0)
    assert lease.units == 40
    assert not lease.affords(60, SCAN)


def test_what_waits_is_asked_for() -> None:
    """A wish asks for at least the price that waits; a change's wish is urgent."""
    lease = Lease(LIMIT, 60.0)
    lease.wish(100, SCAN)
    ask = lease.ask(0.0, 0.0, leaving=False)
    assert (ask.want, ask.least, ask.urgent) == (100, 100, 0)
    lease.wish(5, CHANGES)
    assert lease.ask(0.0, 0.0, leaving=False).urgent == 5


def test_a_lease_follows_the_need() -> None:
    """Twice what the last second spent is wanted, up to a second of all there is; without need it goes back."""
    lease = Lease(LIMIT, 60.0)
    answered(lease, 0.0, 200)
    lease.spend(30, 0.0)
    assert lease.ask(0.0, 0.5, leaving=False).want == 60
    lease.spend(170, 0.5)
    assert lease.ask(0.0, 0.6, leaving=False).want == LIMIT / 60
    assert lease.ask(0.0, 5.0, leaving=False).want == 0


def test_who_has_all_that_is_ever_leased_does_not_ask_for_more() -> None:
    """After a second of dear calls, what is granted is less than they cost: to ask again at once would give nothing."""
    lease = Lease(LIMIT, 60.0)
    answered(lease, 0.0, 600)
    lease.spend(600, 0.0)
    assert lease.is_low(0.1)
    assert answered(lease, 0.1, 700).want == LIMIT / 60
    assert not lease.is_short
    assert not lease.is_low(0.1)


def test_who_leaves_wants_nothing() -> None:
    """The last ask gives all back, whatever waits."""
    lease = Lease(LIMIT, 60.0)
    lease.wish(100, CHANGES)
    ask = lease.ask(0.0, 0.0, leaving=True)
    assert (ask.want, ask.urgent) == (0, 0)


def test_changes_overdraw_their_part_of_what_is_free() -> None:
    """Without a lease a change goes all the same, as long as this replica's part of the free room lasts."""
    lease = Lease(LIMIT, 60.0)
    answered(lease, 0.0, 0, free=300, replicas=2)
    assert not lease.affords(5, SCAN)
    assert lease.affords(60, CHANGES)
    lease.spend(50, 0.0)
    assert not lease.affords(50, CHANGES)
    assert lease.affords(10, CHANGES)


def test_where_nothing_is_free_changes_wait_too() -> None:
    """A part of a room that is gone is nothing."""
    lease = Lease(LIMIT, 60.0)
    answered(lease, 0.0, 0, free=-20)
    assert not lease.affords(5, CHANGES)


def test_a_call_dearer_than_the_limit_goes_when_there_is_all() -> None:
    """Where a limit is smaller than one call, the call needs no more than the limit."""
    lease = Lease(50, 60.0)
    lease.wish(100, SCAN)
    assert lease.ask(0.0, 0.0, leaving=False).least == 49


def test_what_was_not_acknowledged_is_told_again() -> None:
    """After a lost answer nothing is held, and what was spent is told once more, with what came since."""
    lease = Lease(LIMIT, 60.0)
    answered(lease, 0.0, 100)
    lease.spend(10, 1.0)
    first = lease.ask(0.0, 2.0, leaving=False)
    lease.spend(10, 2.0)
    lease.lose()
    assert lease.units <= 0
    again = lease.ask(0.0, 3.0, leaving=False)
    assert [first.spent, again.spent, again.acknowledged] == [10, 20, 0]
    assert [*first.grains, *again.grains] == [(1000, 10), (2000, 10), (1000, 10)]


def test_a_refusal_is_told_once() -> None:
    """A refusal goes with the next ask, with the longest pause; after the answer it is told no more."""
    lease = Lease(LIMIT, 60.0)
    lease.refused(2.0)
    lease.refused(30.0)
    ask = answered(lease, 0.0, 0)
    assert (ask.refused, ask.pause) == (True, 30_000)
    assert not answered(lease, 0.0, 0).refused


@pytest.mark.parametrize("granted", [0.0, 99.0])
def test_an_answer_that_falls_short_is_remembered(granted: float) -> None:
    """Who got less than he wanted is short until an answer gives all."""
    lease = Lease(LIMIT, 60.0)
    lease.wish(100, SCAN)
    answered(lease, 0.0, granted)
    seen = [lease.is_short]
    lease.wish(100, SCAN)
    answered(lease, 0.0, 100)
    assert [*seen, lease.is_short] == [True, False]


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from(["spend", "tell", "acknowledge", "lose"])), max_size=60))
def test_everything_of_the_last_minute_is_told(steps: list[tuple[float, str]]) -> None:
    """Whatever is lost in between: what was spent within the span and not acknowledged is told, and nothing twice."""
    unreported, now, due, told = Unreported(60.0, 0.25), 0.0, list[float](), 0
    for passed, step in steps:
        now += passed
        if step == "spend":
            unreported.add(1, now)
            due.append(now)
        elif step == "tell":
            told = len(due)
            amount = sum(amount for _, amount in unreported.tell(now))
            assert len([at for at in due if at > now - 60]) <= amount <= len(due)
        elif step == "acknowledge":
            unreported.acknowledge()
            due, told = due[told:], 0
        else:
            unreported.lose()
            told = 0
