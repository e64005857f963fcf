"""`parallel_scan`: a drive far away, listed by the worker's engine, beside a sequential listing and rclone.

In: the number of files and runs. Out: how many times as fast as one page after the other the engine lists a drive whose
files are spread over the years, one whose files crowd into an hour, and how it compares to rclone.
"""

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks import rclone, scan, slow_drive
from benchmarks.drive import Drive, warm
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure, figure
from benchmarks.listing import pages
from benchmarks.programs import Program
from benchmarks.stage import Stage

FILES = 200_000
RUNS = 1
LANES = 16
SEQUENTIAL_PAGES = 100
"""Each page takes as long as the next one, so the speed of these is the speed of all."""

LATENCY_MS = 300
SLOWER_MS = 200
"""Half of the pages take that much longer."""

PAGE_CAP = 100
"""What Drive is said to give once permissions are asked for (facts A4)."""

_START_SECONDS = 120.0
_MAX_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class _Site:
    """A drive far away."""

    drive: Drive
    addresses: slow_drive.Addresses
    ca_file: Path


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What one run of each took, in files a second."""

    scan: scan.Listed
    sequential: float

    @property
    def speedup(self) -> float:
        """How many times as fast the scan is."""
        return self.scan.files / self.scan.seconds / self.sequential


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    with _far_away(stage, files, crowded=False) as site:
        spread = [_compared(stage, site, "spread") for _ in range(runs)]
        program = rclone.program()
        beside_rclone = [] if program is None else [_ratio_to_rclone(stage, site, program) for _ in range(runs)]
        _control(site, "pages", {"cap_with_permissions": PAGE_CAP})
        capped = [_compared(stage, site, f"spread, pages of {PAGE_CAP}") for _ in range(runs)]
    with _far_away(stage, files, crowded=True) as site:
        _control(site, "pages", {"cap_with_permissions": PAGE_CAP})
        crowded = [_compared(stage, site, f"crowded, pages of {PAGE_CAP}") for _ in range(runs)]
    return [
        figure("scan.latency_speedup", "x", [each.speedup for each in spread]),
        figure("scan.capped_speedup", "x", [each.speedup for each in capped]),
        figure("scan.clustered_speedup", "x", [each.speedup for each in crowded]),
        *([figure("scan.ratio_to_rclone", "x", beside_rclone)] if beside_rclone else []),
    ]


@contextlib.contextmanager
def _far_away(stage: Stage, files: int, *, crowded: bool) -> Iterator[_Site]:
    """A drive that has rendered every file, and from then on answers late."""
    ca_file = stage.directory / "ca.pem"
    order = msgspec.json.encode(slow_drive.Order(files, crowded, str(ca_file))).decode()
    with Program("benchmarks.slow_drive", [order], directory=stage.directory) as program:
        program.until(lambda: "\n" in program.output, "listening", _START_SECONDS)
        addresses = msgspec.json.decode(program.output, type=slow_drive.Addresses)
        site = _Site(Drive(addresses.plain_url, files, program.pid), addresses, ca_file)
        with stage.screen.bar("warming the drive", files) as advance:
            warm(site.drive, advance)
        _control(site, "latency", {"milliseconds": LATENCY_MS})
        slower = {"route": "files.list", "kind": "latency", "latency_ms": SLOWER_MS, "count": None, "probability": 0.5}
        _control(site, "faults", {"faults": [slower]}, method="POST")
        yield site


def _compared(stage: Stage, site: _Site, title: str) -> _Comparison:
    sequential = asyncio.run(_sequential(site.drive.url))
    done = _Comparison(_scanned(stage, site, site.drive.url), sequential)
    stage.screen.say(
        f"{title}: {done.scan.files:,} files in {done.scan.seconds:.1f} s, {done.scan.ranges} ranges, "
        f"{done.scan.calls} calls; one page after the other {sequential:,.0f} files/s: {done.speedup:.1f} x"
    )
    return done


async def _sequential(drive_url: str) -> float:
    """Files a second of one page after the other."""
    started, files = time.perf_counter(), 0
    async for page in pages(drive_url, limit=SEQUENTIAL_PAGES):
        files += len(page.ids)
    return files / (time.perf_counter() - started)


def _ratio_to_rclone(stage: Stage, site: _Site, program: str) -> float:
    """Seconds of rclone to seconds of the engine, both over TLS."""
    theirs = rclone.listing(program, site.addresses, site.ca_file, stage.directory)
    ours = _scanned(stage, site, site.addresses.tls_url)
    stage.screen.say(
        f"rclone lsjson: {theirs.entries:,} entries in {theirs.seconds:.1f} s; "
        f"the engine, over TLS too: {ours.files:,} files with all fields in {ours.seconds:.1f} s"
    )
    return theirs.seconds / ours.seconds


def _scanned(stage: Stage, site: _Site, url: str) -> scan.Listed:
    order = msgspec.json.encode(scan.Order(url, LANES)).decode()
    environment = {"SSL_CERT_FILE": str(site.ca_file)}
    with Program("benchmarks.scan", [order], directory=stage.directory, environment=environment) as program:
        program.until(lambda: "\n" in program.output, "done", _MAX_SECONDS)
        done = msgspec.json.decode(program.output, type=scan.Listed)
    if (done.files, done.repeated) != (site.drive.files, 0):
        raise BenchmarkError(f"the scan emitted {done.files:,} files, {done.repeated:,} of them more than once")
    return done


def _control(site: _Site, what: str, message: Mapping[str, object], method: str = "PUT") -> None:
    """Change how the drive behaves."""
    request = urllib.request.Request(  # noqa: S310 # an address of this machine
        f"{site.drive.url}/__emulator__/{what}",
        msgspec.json.encode(message),
        {"content-type": "application/json"},
        method=method,
    )
    urllib.request.urlopen(request, timeout=_START_SECONDS).close()  # noqa: S310
