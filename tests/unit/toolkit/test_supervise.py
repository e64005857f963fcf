"""Commands that cannot outlive their owner."""

import fcntl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clustera_toolkit.testing.supervise import Supervised

DEADLINE_SECONDS = 20.0
# A process and its child hold one lock between them, say so, and sleep: the lock is free when both are gone.
FAMILY = (
    "import fcntl, os, subprocess, sys, time;"
    "lock = os.open({lock!r}, os.O_CREAT | os.O_RDWR); fcntl.flock(lock, fcntl.LOCK_EX);"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], pass_fds=[lock]);"
    "print('ready', flush=True); time.sleep(600)"
)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "still not so"
        time.sleep(0.02)


def wait_until_ready(log: Path) -> None:
    eventually(lambda: log.exists() and log.read_text() == "ready\n")


def all_gone(lock: Path) -> bool:
    with lock.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.mark.parametrize(("end", "data_left"), [(Supervised.kill, True), (Supervised.release, False)])
def test_the_owner_ends_the_whole_group(tmp_path: Path, end: Callable[[Supervised], None], data_left: bool) -> None:
    """Killing keeps the directory, releasing removes it; both end the command and its children."""
    data, log, lock = tmp_path / "data", tmp_path / "log", tmp_path / "lock"
    data.mkdir()
    supervised = Supervised([sys.executable, "-c", FAMILY.format(lock=str(lock))], log=log, remove=data)
    wait_until_ready(log)
    assert not all_gone(lock)
    end(supervised)
    eventually(lambda: all_gone(lock))
    assert not supervised.running
    assert data.exists() is data_left


def test_a_killed_owner_takes_the_command_along(tmp_path: Path) -> None:
    """SIGKILL of the owner ends the command, its children and its data."""
    data, log, lock = tmp_path / "data", tmp_path / "log", tmp_path / "lock"
    data.mkdir()
    family = FAMILY.format(lock=str(lock))
    program = (
        "import sys, time; from pathlib import Path; from clustera_toolkit.testing.supervise import Supervised;"
        f"Supervised([sys.executable, '-c', {family!r}], log=Path({str(log)!r}), remove=Path({str(data)!r}));"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as owner:
        wait_until_ready(log)
        owner.kill()
    eventually(lambda: all_gone(lock))
    eventually(lambda: not data.exists())


def test_an_exit_code_comes_through(tmp_path: Path) -> None:
    """A command that ends by itself is over for its owner too, with its own exit code and output."""
    log = tmp_path / "log"
    supervised = Supervised([sys.executable, "-c", "print('done'); raise SystemExit(3)"], log=log)
    assert supervised.wait(DEADLINE_SECONDS) == 3
    supervised.kill()
    assert log.read_text() == "done\n"
