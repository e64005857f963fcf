"""`cost_curve`: what a full sync takes as drives grow.

In: the largest size. Out: seconds, CPU seconds and peak memory of the worker at each size, of a drive that is rendered
already; and, when all sizes were measured, the picture docs/images/cost-curve.png.
"""

from collections.abc import Sequence

from benchmarks import cost_curve_picture, machine
from benchmarks.cluster import Cluster
from benchmarks.drive import Drive, rendered_drive, warm
from benchmarks.figures import Figure, figure
from benchmarks.stage import Stage, kafka
from benchmarks.usage import Spent
from benchmarks.worker_process import Place, full_sync

SIZES = (10_000, 100_000, 1_000_000)
RUNS = 3
"""Of all sizes but the largest, which runs once: it takes minutes."""

PICTURE = machine.ROOT / "docs" / "images" / "cost-curve.png"


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    sizes = [size for size in SIZES if size <= (stage.files or SIZES[-1])]
    curve = {size: _size(stage, size, stage.runs or (1 if size == SIZES[-1] else RUNS)) for size in sizes}
    figures = [each for size, spent in curve.items() for each in _figures(size, spent)]
    if len(sizes) == len(SIZES):
        cost_curve_picture.draw(curve, PICTURE)
        stage.screen.say(f"drawn: {PICTURE.relative_to(machine.ROOT)}")
    return figures


def _figures(size: int, runs: Sequence[Spent]) -> list[Figure]:
    short = f"{size // 1_000_000}m" if size >= 1_000_000 else f"{size // 1000}k"
    return [
        figure(f"cost_curve.seconds_{short}", "s", [each.wall_seconds for each in runs], higher_is_better=False),
        figure(f"cost_curve.cpu_seconds_{short}", "s", [each.cpu_seconds for each in runs], higher_is_better=False),
        figure(f"cost_curve.peak_rss_mb_{short}", "MB", [each.peak_rss_mb for each in runs], higher_is_better=False),
    ]


def _size(stage: Stage, files: int, runs: int) -> list[Spent]:
    with rendered_drive(files, stage.directory) as drive, kafka(stage) as cluster:
        with stage.screen.bar(f"warming a drive of {files:,} files", files) as advance:
            warm(drive, advance)
        return [_one(stage, cluster, drive, number) for number in range(1, runs + 1)]


def _one(stage: Stage, cluster: Cluster, drive: Drive, number: int) -> Spent:
    place = Place(cluster, drive, stage.directory, f"curve-{number}")
    with stage.screen.bar(f"{drive.files:,} files, run {number}", drive.files) as advance:
        spent = full_sync(place, advance).spent
    cluster.delete_topics(place.prefix)
    stage.screen.say(
        f"cost_curve, {drive.files:,} files, run {number}: {spent.wall_seconds:.1f} s, "
        f"{spent.cpu_seconds:.1f} CPU s, peak {spent.peak_rss_mb:.0f} MB"
    )
    return spent
