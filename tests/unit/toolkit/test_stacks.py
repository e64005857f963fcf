"""Where a process is, for somebody who wonders."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

from clustera_toolkit.stacks import waiting_places

PROGRAM = """
import asyncio, sys, time
from clustera_toolkit.stacks import show_stacks_on_signal

async def innermost(secret):
    print("ready", flush=True)
    if sys.argv[1] == "busy":
        while True:
            time.sleep(0.01)
    await asyncio.Event().wait()

async def main():
    show_stacks_on_signal()
    await asyncio.create_task(innermost("s3cret"), name="the task")

asyncio.run(main())
"""


async def _steps(event: asyncio.Event) -> AsyncIterator[None]:
    await event.wait()
    yield


async def _goes_through(event: asyncio.Event) -> None:
    async for _ in _steps(event):
        return


async def test_a_task_is_followed_to_what_it_waits_for() -> None:
    """Also through an asynchronous generator, which no coroutine names."""
    event = asyncio.Event()
    task = asyncio.create_task(_goes_through(event))
    await asyncio.sleep(0)
    places = [place.partition(" ")[0] for place in waiting_places(task)]
    assert places == ["_goes_through", "_steps", "Event.wait"]
    event.set()
    await task
    assert waiting_places(task) == []


async def said_by(state: str, marker: str) -> str:
    """What a program prints up to a marker once the signal came; it has to be alive after that."""
    command = (sys.executable, "-c", PROGRAM, state)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGUSR1)
            said = (await process.stderr.readuntil(marker.encode())).decode()
        assert process.returncode is None
    finally:
        process.kill()
        await process.wait()
    return said


async def test_a_signal_shows_tasks_and_no_values() -> None:
    """A process that waits says what each task waits for, and goes on; names alone, no arguments."""
    said = await said_by("idle", "Event.wait")
    assert "Task the task:\n  innermost (<string>:" in said
    assert "s3cret" not in said


async def test_a_loop_that_is_stuck_shows_where() -> None:
    """The threads are printed at once, whatever the loop does."""
    assert "most recent call first" in await said_by("busy", "in innermost")
