"""`google-drive-control-plane` as a person runs it.

In: arguments, settings. Out: the exit code and what was said. `run_command` runs it in a thread of this process, which
takes no time; `run_process` in a process of its own.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from typer.testing import CliRunner

from drive_control_plane.cli import app

RUN_SECONDS = 60.0
_OURS = ("DATABASE_", "CONTROL_PLANE_", "CREDENTIALS_", "GOOGLE_", "GDRIVE_", "KAFKA_", "LOG_")


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


async def run_command(*arguments: str, answer: str = "", **settings: str) -> Said:
    """Run a command with these settings alone; `answer` is what its standard input holds."""
    return await asyncio.to_thread(_invoke, arguments, answer, settings)


async def run_process(*arguments: str, **settings: str) -> Said:
    """Run a command in a process of its own, with these settings alone."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "drive_control_plane",
        *arguments,
        env={**environment, **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(RUN_SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


def _invoke(arguments: tuple[str, ...], answer: str, settings: dict[str, str]) -> Said:
    environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith(_OURS)}
    with _logs_as_before():
        result = CliRunner().invoke(app, list(arguments), input=answer, env={**environment, **settings})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


@contextmanager
def _logs_as_before() -> Iterator[None]:
    """A command configures the logs of its process, to a stream that is gone when it ends."""
    root = logging.getLogger()
    handlers, level, configured = list(root.handlers), root.level, structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**configured)
