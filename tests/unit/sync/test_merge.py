"""Generators that run side by side: bounded, in order each, and all closed whatever happens."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing

import hypothesis.strategies as st
import pytest
from hypothesis import given

from google_drive_worker.sync.merge import merged

Named = tuple[int, int]
"""Which source, and its how many-th result."""


class Watch:
    """Makes generators and sees how they run."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.most_open = 0
        self.ahead: dict[int, int] = {}

    async def source(self, name: int, count: int, pauses: int = 0, fails: bool = False) -> AsyncGenerator[Named, None]:
        self.open.add(name)
        self.most_open = max(self.most_open, len(self.open))
        try:
            for number in range(count):
                for _ in range(pauses):
                    await asyncio.sleep(0)
                self.ahead[name] = number
                yield name, number
            if fails:
                raise LookupError(name)
        finally:
            self.open.discard(name)


async def drained(sources: deque[AsyncGenerator[Named, None]], at_once: int) -> list[Named]:
    async with aclosing(merged(sources, at_once)) as results:
        return [result async for result in results]


@given(
    counts=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=8),
    at_once=st.integers(1, 4),
)
def test_all_results_come_in_each_ones_order(counts: list[tuple[int, int]], at_once: int) -> None:
    """Whatever the pace of each, nothing is lost or repeated, and no more run at once than may."""
    watch = Watch()

    async def run() -> list[Named]:
        sources = deque(watch.source(name, count, pauses) for name, (count, pauses) in enumerate(counts))
        return await drained(sources, at_once)

    results = asyncio.run(run())
    for name, (count, _) in enumerate(counts):
        assert [number for source, number in results if source == name] == list(range(count))
    assert len(results) == sum(count for count, _ in counts)
    assert watch.most_open <= at_once
    assert not watch.open


async def test_none_runs_ahead() -> None:
    """A source goes on only once its last result was dealt with, so results do not pile up."""
    watch = Watch()
    sources = deque(watch.source(name, 10) for name in range(3))
    taken = dict.fromkeys(range(3), 0)
    async with aclosing(merged(sources, 3)) as results:
        async for name, number in results:
            await asyncio.sleep(0)
            assert watch.ahead[name] == number
            assert all(watch.ahead[other] <= count for other, count in taken.items())
            taken[name] += 1


async def test_the_first_error_ends_all() -> None:
    """The others are stopped and closed, those that had not begun too, before the error is seen."""
    watch = Watch()
    never_begun = watch.source(3, 5)
    sources = deque([watch.source(0, 2, fails=True), watch.source(1, 100, pauses=1), watch.source(2, 100), never_begun])
    with pytest.raises(LookupError, match="0"):
        await drained(sources, 3)
    assert not watch.open
    assert not sources
    assert [result async for result in never_begun] == []


async def test_who_stops_early_closes_all() -> None:
    """Leaving the results closes every source."""
    watch = Watch()
    sources = deque(watch.source(name, 10, pauses=name) for name in range(4))
    async with aclosing(merged(sources, 2)) as results:
        await anext(results)
        assert watch.open
    assert not watch.open
    assert not sources


async def test_cancellation_closes_all() -> None:
    """A task that is cancelled while it waits for results leaves nothing running."""
    watch = Watch()
    waiting = asyncio.Event()

    async def blocked() -> AsyncGenerator[Named, None]:
        waiting.set()
        await asyncio.Event().wait()
        yield 0, 0

    task = asyncio.create_task(drained(deque([watch.source(1, 3), blocked()]), 2))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not watch.open
    assert len(asyncio.all_tasks()) == 1


async def test_sources_may_be_added_meanwhile() -> None:
    """What is appended while others run is run too."""
    watch = Watch()
    sources: deque[AsyncGenerator[Named, None]] = deque()

    async def growing() -> AsyncGenerator[Named, None]:
        yield 0, 0
        sources.extend(watch.source(name, 2) for name in (1, 2))

    sources.append(growing())
    assert await drained(sources, 1) == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)]
