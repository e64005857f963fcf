"""`hot_path`: pages to records within one process: decode, normalise, encode; no network, no Kafka.

In: pages of an emulated drive. Out: files for each second of CPU time.
"""

from collections.abc import Sequence

from benchmarks.drive import drive_as_shipped, first_pages
from benchmarks.figures import Figure, figure
from benchmarks.stage import Stage
from benchmarks.usage import Meter
from google_drive_worker.schemas.record import Source
from google_drive_worker.sync.pages import file_page
from google_drive_worker.sync.records import SCAN, RecordWriter

PAGES = 20
FILES = 100_000
RUNS = 5

_WRITER = RecordWriter("google-drive", "benchmark", Source("user:me"), "000000000001", SCAN, "2026-01-01T00:00:00.000Z")


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    with drive_as_shipped(PAGES * 1000, stage.directory) as drive:
        pages = first_pages(drive, PAGES)
    done = [_files_per_cpu_second(pages, files) for _ in range(runs)]
    shown = ", ".join(f"{value:,.0f}" for value in done)
    stage.screen.say(f"hot path: {shown} files for each CPU second")
    return [figure("hot_path.files_per_cpu_second", "files/s", done)]


def _files_per_cpu_second(pages: Sequence[bytes], files: int) -> float:
    """Go through the pages again and again until that many files are done."""
    meter = Meter()
    done = turn = 0
    while done < files:
        done += len(file_page(pages[turn % len(pages)], _WRITER).records)
        turn += 1
    return meter.spent(done).files_per_cpu_second
