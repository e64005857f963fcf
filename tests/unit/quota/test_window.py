from hypothesis import given
from hypothesis import strategies as st

from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.meter import MINUTE_SECONDS, Meter
from google_drive_worker.quota.window import Window

LIMIT = 2000
MOST_ROUNDS = 100
STEPS = st.lists(
    st.tuples(st.floats(0, 20), st.sampled_from([5, 100, 200]), st.sampled_from(list(Lane)), st.booleans()),
    max_size=80,
)


@given(STEPS)
def test_no_minute_holds_more_than_the_limit(steps: list[tuple[float, int, Lane, bool]]) -> None:
    """Over any history of calls and refusals, any span of a minute, wherever it begins, keeps the limit."""
    meter, now, spent = Meter(LIMIT, 0.0), 0.0, list[tuple[float, int]]()
    for passed, price, lane, refused in steps:
        now += passed
        while meter.wait_seconds(price, lane, now) == 0:
            meter.spend(price, lane, now)
            spent.append((now, price))
            if refused:
                meter.refused(0.0, now)
        assert sum(each for at, each in spent if at > now - MINUTE_SECONDS) <= LIMIT


@given(STEPS, st.sampled_from([5, 100, 200]), st.sampled_from(list(Lane)))
def test_waiting_as_told_comes_to_an_end(steps: list[tuple[float, int, Lane, bool]], price: int, lane: Lane) -> None:
    """What may be spent changes while a call waits, so it may be told to wait again; but soon it may be made."""
    meter, now = Meter(LIMIT, 0.0), 0.0
    for passed, spent, spender, refused in steps:
        now += passed
        meter.spend(spent, spender, now)
        if refused:
            meter.refused(0.0, now)
    rounds = 0
    while (seconds := meter.wait_seconds(price, lane, now)) >= 0.001:
        now, rounds = now + seconds, rounds + 1
        assert rounds <= MOST_ROUNDS


def test_what_is_spent_leaves_after_the_span() -> None:
    """What was spent within a grain leaves together, when its last part is a span old."""
    window = Window(60.0, 1.0)
    for at in (0.0, 0.5, 30.0):
        window.add(10, at)
    assert [window.spent(at) for at in (59.9, 60.4, 60.5, 90.0)] == [30, 30, 10, 0]


def test_room_is_told_ahead() -> None:
    """The wait for room is until enough has left, and no longer than until all has."""
    window = Window(60.0, 1.0)
    window.add(10, 0.0)
    window.add(10, 30.0)
    assert [window.seconds_until_freed(amount, 30.0) for amount in (10, 11, 99)] == [30.0, 60.0, 60.0]
    assert Window(60.0, 1.0).seconds_until_freed(5, 0.0) == 0.0
