"""What a running process is at: for somebody who wonders why nothing happens.

In: `SIGUSR1`. Out: on stderr, the stack of every thread and of every task of the loop, down to what each waits for.
Names of functions, files and tasks alone: no argument, no variable, so no secret either.
"""

import asyncio
import faulthandler
import gc
import signal
import sys
from collections.abc import Iterator
from inspect import isasyncgen, iscoroutine
from types import CodeType
from typing import Any

__all__ = ["show_stacks_on_signal", "waiting_places"]


def show_stacks_on_signal(number: signal.Signals = signal.SIGUSR1) -> None:
    """Print stacks whenever the signal comes; call it in the loop's thread, while the loop runs.

    Threads are printed even when the loop stands still; tasks follow once it goes round.
    """
    asyncio.get_running_loop().add_signal_handler(number, _show_tasks)
    faulthandler.register(number, all_threads=True, chain=True)


def waiting_places(task: "asyncio.Task[Any]") -> list[str]:
    """Where a task is, from its outermost coroutine to what it waits for: `function (file:line)` each."""
    return [f"{code.co_qualname} ({code.co_filename}:{line})" for code, line in _frames(task.get_coro())]


def _show_tasks() -> None:
    for task in asyncio.all_tasks():
        lines = "".join(f"  {place}\n" for place in waiting_places(task))
        sys.stderr.write(f"Task {task.get_name()}:\n{lines}")
    sys.stderr.flush()


def _frames(awaited: Any) -> Iterator[tuple[CodeType, int]]:
    """Follow what each coroutine, generator or asynchronous generator awaits."""
    while awaited is not None:
        frame = _first(awaited, "cr_frame", "gi_frame", "ag_frame")
        if frame is not None:
            yield frame.f_code, frame.f_lineno
            awaited = _first(awaited, "cr_await", "gi_yieldfrom", "ag_await")
        else:
            awaited = _generator_of(awaited)


def _generator_of(step: Any) -> Any:
    """The asynchronous generator that a step of `async for` belongs to, which names it nowhere."""
    if isinstance(step, asyncio.Future):
        return None
    return next((each for each in gc.get_referents(step) if isasyncgen(each) or iscoroutine(each)), None)


def _first(thing: Any, *names: str) -> Any:
    return next((value for name in names if (value := getattr(thing, name, None)) is not None), None)
