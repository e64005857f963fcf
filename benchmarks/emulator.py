"""`emulator`: how fast the emulated Drive answers, and what a large one takes to start.

In: the number of files of the large drive. Out: pages of 1000 full files from a drive that fits its cache: for each CPU
second of the emulator when warm, which is what a core of it can give, and for each second that passes for one client
that asks page by page and shares the machine, warm and cold; seconds to start and memory of the large drive.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.drive import Drive, drive_as_shipped, first_pages
from benchmarks.figures import Figure, figure
from benchmarks.stage import Stage
from benchmarks.usage import Meter, rss_mb

FILES = 1_000_000
RUNS = 3
PAGES = 50


@dataclass(frozen=True, slots=True)
class _Run:
    cold_pages_per_second: float
    warm_pages_per_second: float
    warm_pages_per_cpu_second: float
    start_seconds: float
    rss_mb: float


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    done = [_one(stage, files, number) for number in range(1, runs + 1)]
    return [
        figure("emulator.pages_per_cpu_second", "pages/s", [one.warm_pages_per_cpu_second for one in done]),
        figure("emulator.pages_per_second", "pages/s", [one.warm_pages_per_second for one in done]),
        figure("emulator.cold_pages_per_second", "pages/s", [one.cold_pages_per_second for one in done]),
        figure("emulator.start_seconds", "s", [one.start_seconds for one in done], higher_is_better=False),
        figure("emulator.start_rss_mb", "MB", [one.rss_mb for one in done], higher_is_better=False),
    ]


def _one(stage: Stage, files: int, number: int) -> _Run:
    with drive_as_shipped(PAGES * 1000, stage.directory) as drive:
        cold, _ = _pages_per_second(drive)
        warm, warm_cpu = _pages_per_second(drive)
    started = time.perf_counter()
    with drive_as_shipped(files, stage.directory) as drive:
        done = _Run(cold, warm, warm_cpu, time.perf_counter() - started, rss_mb(drive.pid))
    stage.screen.say(
        f"emulator run {number}: {cold:.0f} pages/s cold, {warm:.0f} warm ({warm_cpu:.0f} a core); "
        f"{files:,} files: started in {done.start_seconds:.2f} s with {done.rss_mb:.0f} MB"
    )
    return done


def _pages_per_second(drive: Drive) -> tuple[float, float]:
    """Read the pages; return how many there were for each second that passed and for each of the emulator's CPU."""
    meter = Meter(drive.pid)
    read = len(first_pages(drive, PAGES))
    return read / meter.wall_seconds, read / meter.cpu_seconds
