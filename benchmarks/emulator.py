"""`emulator`: how fast the emulated Drive answers, and what a large one takes to start.

In: the number of files of the large drive. Out: pages of 1000 full files a second, warm and cold, from a drive that
fits its cache; seconds to start and memory of the large one. The client that asks shares the machine.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.drive import Drive, drive_as_shipped, first_pages
from benchmarks.figures import Figure, figure
from benchmarks.stage import Stage
from benchmarks.usage import rss_mb

FILES = 1_000_000
RUNS = 3
PAGES = 50


@dataclass(frozen=True, slots=True)
class _Run:
    cold_pages_per_second: float
    warm_pages_per_second: float
    start_seconds: float
    rss_mb: float


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    done = [_one(stage, files, number) for number in range(1, runs + 1)]
    return [
        figure("emulator.pages_per_second", "pages/s", [one.warm_pages_per_second for one in done]),
        figure("emulator.cold_pages_per_second", "pages/s", [one.cold_pages_per_second for one in done]),
        figure("emulator.start_seconds", "s", [one.start_seconds for one in done], higher_is_better=False),
        figure("emulator.start_rss_mb", "MB", [one.rss_mb for one in done], higher_is_better=False),
    ]


def _one(stage: Stage, files: int, number: int) -> _Run:
    with drive_as_shipped(PAGES * 1000, stage.directory) as drive:
        cold, warm = _pages_per_second(drive), _pages_per_second(drive)
    started = time.perf_counter()
    with drive_as_shipped(files, stage.directory) as drive:
        done = _Run(cold, warm, time.perf_counter() - started, rss_mb(drive.pid))
    stage.screen.say(
        f"emulator run {number}: {cold:.0f} pages/s cold, {warm:.0f} warm; "
        f"{files:,} files: started in {done.start_seconds:.2f} s with {done.rss_mb:.0f} MB"
    )
    return done


def _pages_per_second(drive: Drive) -> float:
    started = time.perf_counter()
    return len(first_pages(drive, PAGES)) / (time.perf_counter() - started)
