"""Several asynchronous generators as one.

In: generators, and how many may run at once. Out: their results as they come; the order within each is kept. None runs
ahead of whoever takes the results: a generator goes on once its last result was dealt with. So what waits is bounded by
a result a generator.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import TypeVar

Result = TypeVar("Result")


async def merged(sources: deque[AsyncGenerator[Result, None]], at_once: int) -> AsyncGenerator[Result, None]:
    """Yield the results of all sources, at most `at_once` of them running.

    Sources are taken from the left of the deque, to which more may be added meanwhile. The first error ends all of
    them and is raised; however this ends, every source is closed.
    """
    running: dict[asyncio.Task[Result], AsyncGenerator[Result, None]] = {}
    try:
        while sources or running:
            while sources and len(running) < at_once:
                _resume(running, sources.popleft())
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                source = running[task]
                try:
                    result = task.result()
                except StopAsyncIteration:
                    del running[task]
                    continue
                yield result
                del running[task]
                _resume(running, source)
    finally:
        await _close(running, sources)


def _resume(
    running: dict[asyncio.Task[Result], AsyncGenerator[Result, None]], source: AsyncGenerator[Result, None]
) -> None:
    running[asyncio.create_task(_next_of(source))] = source


async def _next_of(source: AsyncGenerator[Result, None]) -> Result:
    return await anext(source)


async def _close(
    running: dict[asyncio.Task[Result], AsyncGenerator[Result, None]],
    waiting: deque[AsyncGenerator[Result, None]],
) -> None:
    """Stop what runs; its errors are of no interest any more, whichever came first has been raised."""
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for source in (*running.values(), *waiting):
        await source.aclose()
    waiting.clear()
