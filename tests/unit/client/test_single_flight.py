import asyncio

import pytest

from google_drive_worker.client.single_flight import SingleFlight


class Slow:
    """A call that ends when it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.runs = 0
        self.go = asyncio.Event()
        self.error = error

    async def __call__(self) -> int:
        self.runs += 1
        await self.go.wait()
        if self.error:
            raise self.error
        return self.runs


async def test_callers_share_one_run() -> None:
    """However many ask while a call runs, it runs once; the next one to ask runs it anew."""
    flight, call = SingleFlight[int](), Slow()
    callers = [asyncio.create_task(flight.run(call)) for _ in range(20)]
    await asyncio.sleep(0)
    call.go.set()
    assert await asyncio.gather(*callers) == [1] * 20
    assert await flight.run(call) == 2


async def test_a_failure_is_shared_too() -> None:
    """When the call fails, all who waited learn it at once instead of each trying again."""
    flight, call = SingleFlight[int](), Slow(LookupError("no"))
    callers = [asyncio.create_task(flight.run(call)) for _ in range(5)]
    await asyncio.sleep(0)
    call.go.set()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 5
    assert call.runs == 1


async def test_a_cancelled_caller_leaves_the_call_running() -> None:
    """One who gives up does not take the call from the others."""
    flight, call = SingleFlight[int](), Slow()
    first, second = asyncio.create_task(flight.run(call)), asyncio.create_task(flight.run(call))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    call.go.set()
    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first
