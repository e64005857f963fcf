"""A command that cannot outlive the process that started it.

In: a command line. Out: a process whose whole group is killed when its owner asks, or when the owner is
gone for whatever reason, SIGKILL included.

Between owner and command sits a small supervisor, `python -m clustera_toolkit.testing.supervise -- command
...`. Its standard input is a pipe held open by the owner. The kernel closes the pipe with the owner,
however the owner ends.
"""

import argparse
import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

__all__ = ["Supervised", "main"]

_KILL_AND_KEEP = b"k"
_POLL_SECONDS = 0.1
_END_SECONDS = 10.0
_TERMINATED = 128 + signal.SIGTERM


class Supervised:
    """A command under a supervisor, seen from its owner.

    `log` receives what the command prints (appended); `remove` is a directory that goes when the owner does.
    """

    def __init__(self, command: Sequence[str], *, log: Path, remove: Path | None = None) -> None:
        removal = ["--remove", str(remove)] if remove else []
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the caller's own command
                [sys.executable, "-m", __spec__.name, *removal, "--", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the terminal's Ctrl-C is the owner's to handle
            )

    @property
    def running(self) -> bool:
        """Whether the command still runs."""
        return self._process.poll() is None

    def wait(self, timeout_seconds: float) -> int:
        """Return the command's exit code; raises `subprocess.TimeoutExpired`."""
        return self._process.wait(timeout_seconds)

    def kill(self) -> None:
        """Kill the command's process group with SIGKILL and leave its directory, as a crash would."""
        self._release(_KILL_AND_KEEP)

    def release(self) -> None:
        """Kill the command's process group and remove its directory."""
        self._release(b"")

    def _release(self, last_word: bytes) -> None:
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            # The supervisor may have ended with its command, and nobody reads.
            with contextlib.suppress(BrokenPipeError):
                pipe.write(last_word)
                pipe.flush()
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process.wait(_END_SECONDS)


def main(arguments: Sequence[str]) -> int:
    """Run the command until it ends or its owner leaves; returns its exit code."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, _leave)
    child = subprocess.Popen(options.command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    abandoned = True
    try:
        abandoned = _owner_left(child, sys.stdin.fileno())
    finally:
        _kill_group(child)
        if abandoned and options.remove:
            shutil.rmtree(options.remove, ignore_errors=True)
    return child.returncode


def _owner_left(child: subprocess.Popen[bytes], owner: int) -> bool:
    """Wait for the child to end, or the owner to speak or leave; True if it left."""
    while child.poll() is None:
        readable, _, _ = select.select([owner], [], [], _POLL_SECONDS)
        if readable:
            return os.read(owner, 1) != _KILL_AND_KEEP
    return False


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(_TERMINATED)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="supervise", description="Run a command that ends with its owner.")
    parser.add_argument("--remove", type=Path, help="a directory to remove when the owner leaves")
    parser.add_argument("command", nargs="+", help="the command, after --")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
