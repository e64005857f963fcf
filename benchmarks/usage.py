"""What a process used.

In: a process id. Out: CPU seconds (user and system, all threads) and memory in MB of 10^6 bytes. A meter also counts
the time that passed.
"""

import os
import re
import time
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped] # it ships no types; all of its use is here


class Spent(msgspec.Struct, frozen=True):
    """What copying a drive took."""

    files: int
    cpu_seconds: float
    wall_seconds: float
    peak_rss_mb: float

    @property
    def files_per_cpu_second(self) -> float:
        """Files for each second of CPU time."""
        return self.files / self.cpu_seconds

    @property
    def files_per_second(self) -> float:
        """Files for each second that passed."""
        return self.files / self.wall_seconds


class Meter:
    """Counts what a process (by default this one) uses from now on."""

    def __init__(self, pid: int | None = None) -> None:
        self._pid = os.getpid() if pid is None else pid
        self._cpu_at_start = cpu_seconds(self._pid)
        self._started = time.perf_counter()

    @property
    def wall_seconds(self) -> float:
        """Seconds since the meter was made."""
        return time.perf_counter() - self._started

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds since the meter was made."""
        return cpu_seconds(self._pid) - self._cpu_at_start

    def spent(self, files: int) -> Spent:
        """Read the meter; the memory is the peak of the whole process's life."""
        return Spent(files, self.cpu_seconds, self.wall_seconds, peak_rss_mb(self._pid))


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process so far, without its children."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def rss_mb(pid: int) -> float:
    """Memory that a process holds now."""
    return float(psutil.Process(pid).memory_info().rss / 1e6)


def peak_rss_mb(pid: int) -> float:
    """The most memory that a process ever held; where the kernel does not say (no /proc), what it holds now."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"^VmHWM:\s*(\d+) kB$", status.read_text(), re.MULTILINE) if status.is_file() else None
    return int(found[1]) * 1024 / 1e6 if found else rss_mb(pid)
