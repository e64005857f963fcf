"""`changes_during_backfill`: how soon a change is a record while a backfill uses the quota up.

In: the number of files and runs. Out: p50 and p95 in milliseconds from a notification to its record, of a connection
whose revisions and comments are read file by file meanwhile, and of one without a backfill; and at how many of the
changes calls of the backfill stood waiting for quota. The emulator enforces the limit that the worker is told.
"""

import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from cryptography.fernet import Fernet

from benchmarks.cluster import Cluster
from benchmarks.drive import Drive, rendered_drive, warm
from benchmarks.figures import Figure, figure
from benchmarks.notifications import Stopwatch, Ways, control, create_files, percentile, times
from benchmarks.programs import Program
from benchmarks.stage import Stage, kafka
from benchmarks.worker_process import (
    CONNECTION,
    Completion,
    Place,
    follow,
    ready_worker,
    send_trigger,
    worker_environment,
)

FILES = 5_000
RUNS = 1
CHANGES = 100
UNITS_A_MINUTE = 60_000
"""Ten lists a second (facts D): two lists a file of so many files take far longer than the changes."""
_ALL = ["file", "permission", "revision", "comment"]
_ALONE = "without-backfill"
_WAITING = b'quota_waiting_calls{lane="enrichment"} '
_ASK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Times:
    """Milliseconds of each change; `waited`: at which part of them calls of the backfill waited for quota."""

    alone: list[float]
    during: list[float]
    waited: float


@dataclass(frozen=True, slots=True)
class _Round:
    """A worker that is ready."""

    stage: Stage
    place: Place
    worker: Program
    environment: Mapping[str, str]
    key: bytes

    def followed(self, connection: str, backfill: Sequence[str]) -> None:
        """Have a connection followed; return once its snapshot is complete."""
        with closing(self.place.cluster.reader(self.place.topic("events"))) as events:
            send_trigger(self.place, self.key, connection, resources=_ALL, backfill=backfill)
            complete = Completion(events, connection)
            follow(self.worker, complete, lambda: None, self.place.deadline_seconds)

    def changed(self, connection: str, files: Sequence[str]) -> tuple[list[float], float]:
        """Change files, one after the other; tell also before which part of them calls waited for quota."""
        waited = 0
        ways = Ways(self.place.cluster, self.place.topic("webhook"), self.place.topic("records"), connection)
        with (
            Stopwatch(ways) as watch,
            self.stage.screen.bar(f"{self.place.prefix}, {connection}", len(files)) as advance,
        ):

            def between(done: int) -> None:
                nonlocal waited
                advance(done)
                waited += self.waiting()

            found = times(watch, self.place.drive, files, connection, first_number=1, between=between)
        return found, waited / len(files)

    def waiting(self) -> bool:
        """Whether calls of the enrichment wait for quota."""
        url = f"http://127.0.0.1:{self.environment['WORKER_HTTP_PORT']}/metrics"
        with urllib.request.urlopen(url, timeout=_ASK_SECONDS) as answer:
            _, _, rest = answer.read().partition(_WAITING)
        return bool(rest) and not rest.startswith(b"0")


def run(stage: Stage) -> Sequence[Figure]:
    """Run the benchmark; raises `BenchmarkError`."""
    files, runs = stage.files or FILES, stage.runs or RUNS
    with rendered_drive(files, stage.directory) as drive, kafka(stage) as cluster:
        with stage.screen.bar("warming the drive", files) as advance:
            warm(drive, advance)
        limits = {"model": "units", "user_units": UNITS_A_MINUTE, "project_units": UNITS_A_MINUTE}
        control(drive, "PUT", "quota", limits)
        done = [_one(stage, cluster, drive, number) for number in range(1, runs + 1)]
    name = "changes_during_backfill"
    return [
        figure(f"{name}.p50_ms", "ms", [percentile(each.during, 50) for each in done], higher_is_better=False),
        figure(f"{name}.p95_ms", "ms", [percentile(each.during, 95) for each in done], higher_is_better=False),
        figure(f"{name}.alone_p95_ms", "ms", [percentile(each.alone, 95) for each in done], higher_is_better=False),
        figure(f"{name}.quota_waited_share", "of 1", [each.waited for each in done]),
    ]


def _one(stage: Stage, cluster: Cluster, drive: Drive, number: int) -> _Times:
    place = Place(cluster, drive, stage.directory, f"backfill-{number}")
    key = Fernet.generate_key()
    environment = worker_environment(place, key) | {"GDRIVE_QUOTA_UNITS_PER_MINUTE_USER": str(UNITS_A_MINUTE)}
    files = create_files(drive, 2 * CHANGES)
    with ready_worker(place, environment) as worker:
        done = _measured(_Round(stage, place, worker, environment, key), files)
    stage.screen.say(
        f"changes_during_backfill run {number}: p50 {percentile(done.during, 50):.0f} ms, "
        f"p95 {percentile(done.during, 95):.0f} ms (without a backfill {percentile(done.alone, 95):.0f} ms), "
        f"calls of the backfill waited at {done.waited:.0%}"
    )
    return done


def _measured(one: _Round, files: Sequence[str]) -> _Times:
    one.followed(_ALONE, _ALL[:2])
    alone, _ = one.changed(_ALONE, files[:CHANGES])
    one.followed(CONNECTION, _ALL)
    one.worker.until(one.waiting, "waiting for quota", one.place.deadline_seconds)
    during, waited = one.changed(CONNECTION, files[CHANGES:])
    return _Times(alone, during, waited)
