"""`folders`: the worker's memory over a drive of folders alone.

In: the number of folders. Out: the peak over the process's life, how much of it each folder costs (the worker holds an
index of folders, of which each has an entry), and what a worker that starts anew holds once it has read the index back.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.drive import drive_of_folders
from benchmarks.figures import Figure, figure
from benchmarks.memory import growth_mb
from benchmarks.stage import Stage, kafka
from benchmarks.usage import peak_rss_mb
from benchmarks.worker_process import Place, full_sync, restarted_worker

FOLDERS = 500_000
RUNS = 1
_FIRST_TENTH = 0.1


@dataclass(frozen=True, slots=True)
class _Run:
    """Memory in MB; seconds from the start of a process to when it is ready."""

    peak_mb: float
    bytes_a_folder: float
    restored_mb: float
    restored_seconds: float


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    folders, runs = stage.files or FOLDERS, stage.runs or RUNS
    done = [_one(stage, folders, number) for number in range(1, runs + 1)]
    name = f"folders_{folders // 1000}k"
    return [
        figure(f"{name}.peak_rss_mb", "MB", [each.peak_mb for each in done], higher_is_better=False),
        figure(f"{name}.bytes_a_folder", "bytes", [each.bytes_a_folder for each in done], higher_is_better=False),
        figure(f"{name}.restored_rss_mb", "MB", [each.restored_mb for each in done], higher_is_better=False),
        figure(f"{name}.restored_seconds", "s", [each.restored_seconds for each in done], higher_is_better=False),
    ]


def _one(stage: Stage, folders: int, number: int) -> _Run:
    with drive_of_folders(folders, stage.directory) as drive, kafka(stage) as cluster:
        place = Place(cluster, drive, stage.directory, f"folders-{number}")
        with stage.screen.bar(f"folders, run {number}", folders) as advance:
            done = full_sync(place, advance)
        each = growth_mb(done.samples, folders) * 1e6 / (folders * (1 - _FIRST_TENTH))
        started = time.perf_counter()
        with restarted_worker(place) as worker:
            found = _Run(done.spent.peak_rss_mb, each, peak_rss_mb(worker.pid), time.perf_counter() - started)
    stage.screen.say(
        f"folders run {number}: {folders:,} folders, peak {found.peak_mb:.0f} MB, {found.bytes_a_folder:.0f} bytes a "
        f"folder; started anew: ready after {found.restored_seconds:.1f} s with {found.restored_mb:.0f} MB"
    )
    return found
