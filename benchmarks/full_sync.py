"""`full_sync`: a drive copied into Apache Kafka by the worker, beside a floor and a naive script.

In: the number of files and runs. Out: files a CPU second and a second, their ratios to the baselines, the worker's
memory. The three take turns, so that a machine that slows down slows all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.baselines import Baseline, copy_with
from benchmarks.cluster import Cluster
from benchmarks.drive import Drive, rendered_drive, warm
from benchmarks.figures import Figure, figure
from benchmarks.listing import PAGE_SIZE
from benchmarks.stage import Stage, kafka
from benchmarks.usage import Spent
from benchmarks.worker_process import Place, WorkerRun, full_sync

FILES = 200_000
RUNS = 3
NAIVE_FILES = 50_000
"""The naive script is slow, and its cost a file does not depend on how many there are."""


@dataclass(frozen=True, slots=True)
class Round:
    """One run of each."""

    worker: WorkerRun
    floor: Spent
    naive: Spent


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    with rendered_drive(files, stage.directory) as drive, kafka(stage) as cluster:
        with stage.screen.bar("warming the drive", files) as advance:
            warm(drive, advance)
        rounds = [_Round(stage, cluster, drive, number).run() for number in range(1, runs + 1)]
    return [*_worker_figures(rounds), *_baseline_figures(rounds)]


class _Round:
    def __init__(self, stage: Stage, cluster: Cluster, drive: Drive, number: int) -> None:
        self._stage = stage
        self._cluster = cluster
        self._drive = drive
        self._number = number

    def run(self) -> Round:
        worker = self._worker()
        value_bytes = worker.read_back.mean_value_bytes
        floor = self._baseline("floor", self._drive.files, value_bytes)
        naive = self._baseline("naive", min(NAIVE_FILES, self._drive.files), value_bytes)
        return Round(worker, floor, naive)

    def _worker(self) -> WorkerRun:
        with self._stage.screen.bar(f"worker, run {self._number}", self._drive.files) as advance:
            done = full_sync(self._place("worker"), advance)
        self._tell("worker", done.spent, f", the emulator used {done.drive_cpu_seconds:.1f} CPU s meanwhile")
        self._cluster.delete_topics(self._place("worker").prefix)
        return done

    def _baseline(self, baseline: Baseline, files: int, value_bytes: int) -> Spent:
        place, pages = self._place(baseline), -(-files // PAGE_SIZE)
        with self._stage.screen.bar(f"{baseline}, run {self._number}", files) as advance:
            spent = copy_with(baseline, place, pages=pages, value_bytes=value_bytes, advance=advance)
        self._tell(baseline, spent)
        self._cluster.delete_topics(place.prefix)
        return spent

    def _place(self, who: str) -> Place:
        return Place(self._cluster, self._drive, self._stage.directory, f"{who}-{self._number}")

    def _tell(self, who: str, spent: Spent, more: str = "") -> None:
        self._stage.screen.say(
            f"{who:6} run {self._number}: {spent.files:,} files, {spent.cpu_seconds:.1f} CPU s, "
            f"{spent.wall_seconds:.1f} s, peak {spent.peak_rss_mb:.0f} MB{more}"
        )


def _worker_figures(rounds: Sequence[Round]) -> list[Figure]:
    workers = [done.worker for done in rounds]
    emulator_shares = [done.drive_cpu_seconds / done.spent.wall_seconds for done in workers]
    peaks = [done.spent.peak_rss_mb for done in workers]
    return [
        figure("full_sync.files_per_cpu_second", "files/s", [done.spent.files_per_cpu_second for done in workers]),
        figure("full_sync.files_per_second", "files/s", [done.spent.files_per_second for done in workers]),
        figure("full_sync.ratio_to_floor", "x", [_ratio(done, lambda done: done.floor) for done in rounds]),
        figure("full_sync.ratio_to_naive", "x", [_ratio(done, lambda done: done.naive) for done in rounds]),
        figure("full_sync.peak_rss_mb", "MB", peaks, higher_is_better=False),
        figure("full_sync.emulator_cpu_share", "cores", emulator_shares, higher_is_better=False),
    ]


def _baseline_figures(rounds: Sequence[Round]) -> list[Figure]:
    floors = [done.floor.files_per_cpu_second for done in rounds]
    naives = [done.naive.files_per_cpu_second for done in rounds]
    return [
        figure("full_sync.floor_files_per_cpu_second", "files/s", floors),
        figure("full_sync.naive_files_per_cpu_second", "files/s", naives),
    ]


def _ratio(done: Round, baseline: Callable[[Round], Spent]) -> float:
    """Of CPU: against the floor less than 1, against the naive script more."""
    return done.worker.spent.files_per_cpu_second / baseline(done).files_per_cpu_second
