import pytest
from hypothesis import given
from hypothesis import strategies as st

from google_drive_worker.client.rate import COOLDOWN_SECONDS, RateState

PER_MINUTE = 6000.0  # 100 units a second
STEPS = st.lists(
    st.tuples(st.floats(0, 10), st.sampled_from([5, 100, 200]), st.sampled_from(["take", "slow", "raise"])),
    max_size=60,
)


@given(STEPS)
def test_no_history_spends_more_than_the_quota(steps: list[tuple[float, int, str]]) -> None:
    """Over any history, what is spent is at most a full bucket, the ceiling's flow and the dearest call."""
    state, now, spent = RateState.full(PER_MINUTE, 0.0), 0.0, 0
    for passed, units, action in steps:
        now += passed
        state = state.advanced(now)
        if action == "slow":
            state = state.slowed(now)
        elif action == "raise":
            state = state.raised(now)
        elif state.wait_seconds(units) == 0.0:
            state, spent = state.taken(units), spent + units
        assert state.ceiling * 0.01 <= state.rate <= state.ceiling
        assert state.level <= state.capacity
        assert spent <= state.capacity + state.ceiling * now + 200 + 1e-3


@given(STEPS, st.sampled_from([5, 100, 200]))
def test_the_wait_told_is_enough(steps: list[tuple[float, int, str]], units: int) -> None:
    """After the wait that a state tells, the call may be made: nobody waits twice for the same bucket."""
    state, now = RateState.full(PER_MINUTE, 0.0), 0.0
    for passed, price, action in steps:
        now += passed
        state = state.advanced(now).slowed(now) if action == "slow" else state.advanced(now).taken(price)
    assert state.advanced(now + state.wait_seconds(units)).wait_seconds(units) == 0.0


def test_failures_that_come_together_count_once() -> None:
    """Calls under way fail together when the quota is reached; the rate is halved once for all of them."""
    state = RateState.full(PER_MINUTE, 0.0)
    for _ in range(20):
        state = state.slowed(1.0)
    assert state.rate == pytest.approx(50.0)
    assert state.slowed(1.0 + COOLDOWN_SECONDS).rate == pytest.approx(25.0)


def test_the_rate_recovers_by_a_constant() -> None:
    """While calls succeed, the rate grows by 1 % of the ceiling a second, however many calls succeed."""
    state = RateState.full(PER_MINUTE, 0.0).slowed(0.0)
    for tenth in range(1, 101):
        state = state.raised(tenth / 10)
    assert state.rate == pytest.approx(60.0)


def test_a_long_silence_does_not_raise_the_rate_at_once() -> None:
    """A success after a pause proves one second of good behaviour, not the whole pause."""
    assert RateState.full(PER_MINUTE, 0.0).slowed(0.0).raised(3600.0).rate == pytest.approx(51.0)


def test_a_clock_that_steps_back_gives_nothing() -> None:
    """Time that runs backwards adds no units."""
    state = RateState.full(PER_MINUTE, 100.0).taken(80)
    assert state.advanced(50.0).level == state.level


def test_a_rate_of_nothing_is_refused() -> None:
    """A quota of zero would make everyone wait for ever."""
    with pytest.raises(ValueError, match="above 0"):
        RateState.full(0, 0.0)
