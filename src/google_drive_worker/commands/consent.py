"""A question to whoever sits at the terminal.

In: a question. Out: yes or no. It is waited for in the event loop, so that a signal ends the waiting, too.
"""

import asyncio
import sys


def can_ask() -> bool:
    """Whether somebody would see the question and could answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def ask(question: str, stop: asyncio.Event) -> bool:
    """Ask, and wait for a line; anything but a yes is a no, as is a signal to stop."""
    sys.stderr.write(question)
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), answered.set)
    waits = [asyncio.ensure_future(event.wait()) for event in (answered, stop)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        loop.remove_reader(sys.stdin.fileno())
        for wait in waits:
            wait.cancel()
    return answered.is_set() and sys.stdin.readline().strip().lower() in {"y", "yes"}
