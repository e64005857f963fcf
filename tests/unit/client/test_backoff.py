import pytest
from hypothesis import given
from hypothesis import strategies as st

from google_drive_worker.client.backoff import MAX_RETRY_AFTER_SECONDS, Backoff, retry_after_seconds

CHANCE = st.floats(0, 1, exclude_max=True)


def test_delays_double_up_to_the_cap() -> None:
    """Without jitter, the waits are 1, 2, 4, … seconds and never more than the cap."""
    assert [Backoff(cap_seconds=10).delay(attempt, 0.0) for attempt in range(6)] == [1, 2, 4, 8, 10, 10]


@given(st.integers(0, 10_000), CHANCE)
def test_a_delay_stays_within_base_and_cap(attempt: int, chance: float) -> None:
    """Any attempt and any chance give a wait of at least the base and at most the cap."""
    backoff = Backoff(base_seconds=0.5, cap_seconds=64)
    assert 0.5 <= backoff.delay(attempt, chance) <= 64


@given(st.integers(0, 100), CHANCE, CHANCE)
def test_delays_never_shrink_by_attempt(attempt: int, one: float, other: float) -> None:
    """A later attempt never waits less than an earlier one, whatever the jitter."""
    backoff = Backoff()
    assert backoff.delay(attempt, one) <= backoff.delay(attempt + 1, other)


@given(st.integers(1, 50), st.floats(0, 500), st.none() | st.floats(0, 1e6), CHANCE)
def test_a_wait_never_passes_the_budget(failures: int, elapsed: float, asked: float | None, chance: float) -> None:
    """A wait ends within the time allowed and is no shorter than Google asks; otherwise the tries end."""
    backoff = Backoff(max_attempts=10, max_elapsed_seconds=300)
    wait = backoff.wait(failures, elapsed_seconds=elapsed, retry_after_seconds=asked, random=chance)
    if wait is None:
        return
    assert failures < 10
    assert elapsed + wait <= 300
    assert wait >= (asked or 0.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "1" * 400}, MAX_RETRY_AFTER_SECONDS),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 30.0),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT", "Date": "Thu, 01 Jan 2026 00:00:30 GMT"}, 0.0),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """`Retry-After` is read as seconds, or as a date counted from the answer's own; anything else is ignored."""
    assert retry_after_seconds(headers) == seconds


@given(st.text(), st.text())
def test_any_retry_after_is_bounded(asked: str, date: str) -> None:
    """No header makes the reader fail or ask for more than a day."""
    seconds = retry_after_seconds({"Retry-After": asked, "Date": date})
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_SECONDS


def test_a_schedule_without_sense_is_refused() -> None:
    """Numbers that make no schedule are refused with a message that names them."""
    with pytest.raises(ValueError, match="cap_seconds"):
        Backoff(base_seconds=5, cap_seconds=1)
    with pytest.raises(ValueError, match="max_attempts"):
        Backoff(max_attempts=0)
