import pytest
from tests.unit.client.virtual_time import VirtualTime

from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.errors import DriveError, NotFoundError, RetryableError
from google_drive_worker.client.retry import retrying


class Failing:
    """A call that raises each of `errors` in turn, and then succeeds."""

    def __init__(self, *errors: DriveError) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_a_passing_failure_is_repeated() -> None:
    """A call that fails for a passing cause is repeated after the schedule's waits until it succeeds."""
    time = VirtualTime()
    call = Failing(RetryableError("a"), RetryableError("b"))
    assert await retrying(call, backoff=Backoff(), timing=time.timing) == "done"
    assert time.slept == [1.0, 2.0]


async def test_tries_end() -> None:
    """The last error is raised once the attempts are used up, and says how many there were."""
    time = VirtualTime()
    call = Failing(*(RetryableError(str(n)) for n in range(9)))
    with pytest.raises(RetryableError, match="2") as raised:
        await retrying(call, backoff=Backoff(max_attempts=3), timing=time.timing)
    assert (call.calls, raised.value.attempts, len(time.slept)) == (3, 3, 2)


async def test_repetitions_are_told_before_their_wait() -> None:
    """Whoever looks on hears of each failure that is tried again while it waits, and not of the last one."""
    time = VirtualTime()
    call = Failing(*(RetryableError(name) for name in "abc"))
    told: list[tuple[str, int]] = []
    with pytest.raises(RetryableError):
        await retrying(
            call,
            backoff=Backoff(max_attempts=3),
            timing=time.timing,
            retried=lambda error: told.append((error.message, len(time.slept))),
        )
    assert told == [("a", 0), ("b", 1)]


async def test_a_call_that_goes_on_failing_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """From the third failure on the log has what fails, why, and when it is tried again."""
    call = Failing(*(RetryableError("no answer", code="network", endpoint="files.list") for _ in range(4)))
    await retrying(call, backoff=Backoff(), timing=VirtualTime().timing)
    assert [record.getMessage() for record in caplog.records] == [
        "files.list failed 3 times (network): again in 4.0 s",
        "files.list failed 4 times (network): again in 8.0 s",
    ]


async def test_what_google_asks_for_is_waited() -> None:
    """A `Retry-After` longer than the schedule's wait replaces it."""
    time = VirtualTime()
    call = Failing(RetryableError("a", retry_after_seconds=17.0))
    await retrying(call, backoff=Backoff(), timing=time.timing)
    assert time.slept == [17.0]


async def test_a_wait_beyond_the_budget_ends_the_tries_at_once() -> None:
    """Nobody sleeps for a `Retry-After` that is longer than the time left; the error carries it to the caller."""
    time = VirtualTime()
    with pytest.raises(RetryableError) as raised:
        await retrying(Failing(RetryableError("a", retry_after_seconds=3600.0)), backoff=Backoff(), timing=time.timing)
    assert (time.slept, raised.value.retry_after_seconds) == ([], 3600.0)


async def test_a_final_failure_is_not_repeated() -> None:
    """An error that is not retryable passes through on the first call."""
    call = Failing(NotFoundError("gone"))
    with pytest.raises(NotFoundError):
        await retrying(call, backoff=Backoff(), timing=VirtualTime().timing)
    assert call.calls == 1
