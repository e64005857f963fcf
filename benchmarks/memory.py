"""`memory`: the worker's peak memory over a large drive, and whether it grows with the drive.

In: the number of files. Out: the peak over the process's life, and by how much memory grew after the first tenth of the
files: a worker whose memory does not depend on the size of the drive has stopped growing by then.
"""

from collections.abc import Sequence

from benchmarks.drive import drive_as_shipped
from benchmarks.figures import Figure, figure
from benchmarks.stage import Stage, kafka
from benchmarks.worker_process import Place, Sample, WorkerRun, full_sync

FILES = 1_000_000
RUNS = 1


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    done = [_one(stage, files, number) for number in range(1, runs + 1)]
    peaks = [worker.spent.peak_rss_mb for worker in done]
    growths = [growth_mb(worker.samples, files) for worker in done]
    return [
        figure(f"memory.peak_rss_mb_{_short(files)}", "MB", peaks, higher_is_better=False),
        figure(f"memory.growth_mb_{_short(files)}", "MB", growths, higher_is_better=False),
    ]


def growth_mb(samples: Sequence[Sample], files: int) -> float:
    """The most memory after the first tenth, less the most within it."""
    early = [sample.rss_mb for sample in samples if sample.written * 10 <= files]
    late = [sample.rss_mb for sample in samples if sample.written * 10 > files]
    return max(late) - max(early) if early and late else 0.0


def _one(stage: Stage, files: int, number: int) -> WorkerRun:
    with (
        drive_as_shipped(files, stage.directory) as drive,
        kafka(stage) as cluster,
        stage.screen.bar(f"memory, run {number}", files) as advance,
    ):
        done = full_sync(Place(cluster, drive, stage.directory, f"memory-{number}"), advance)
    stage.screen.say(f"memory run {number}: {_curve(done.samples, files)}")
    return done


def _curve(samples: Sequence[Sample], files: int) -> str:
    """Memory at each tenth of the way."""
    tenths = {min(10, sample.written * 10 // files): sample.rss_mb for sample in samples}
    return ", ".join(f"{tenth * 10} %: {rss:.0f} MB" for tenth, rss in sorted(tenths.items()))


def _short(files: int) -> str:
    for size, suffix in ((1_000_000, "m"), (1_000, "k")):
        if files % size == 0:
            return f"{files // size}{suffix}"
    return str(files)
