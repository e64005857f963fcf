"""What health and gauges say of a running worker.

In: its parts. Out: checks with a detail each, and values that are read when they are asked for. What ready means stands
in `http/readiness.py`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version

from clustera_toolkit.kafka import KafkaAdmin, KafkaClientError
from clustera_toolkit.storage import S3Client, StorageError
from google_drive_worker.client.errors import RetryableError
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.config import WorkerSettings
from google_drive_worker.http.health import Check, CheckFunction
from google_drive_worker.http.metrics import Metrics
from google_drive_worker.http.readiness import Standing, readiness
from google_drive_worker.memory import MIB, limit_bytes, resident_bytes
from google_drive_worker.ownership import Ownership
from google_drive_worker.sinks.kafka.committer import Committer
from google_drive_worker.sync.job_table import JobKind, JobTable, Stage
from google_drive_worker.sync.runner import Runner

STALE_SECONDS = 90.0
KAFKA_SECONDS = 3.0
"""How long a check waits for Kafka: less than what it may take in all, and little, since the process cannot end before
each question has."""
MEMORY_LIMIT_BYTES = 2 * 1024**3
"""What counts as the limit where no container sets one."""
MEMORY_SHARE = 0.8
JOB_GAUGES = (
    (Stage.RUNNING, "jobs_running", "Jobs that have a slot, by kind"),
    (Stage.WAITING, "jobs_waiting", "Accepted jobs that wait for a slot, by kind"),
    (Stage.BACKING_OFF, "jobs_backing_off", "Jobs that wait to be tried again after a failure, by kind"),
)


class Probes:
    """The checks of one worker."""

    def __init__(
        self,
        admin: KafkaAdmin,
        committer: Committer,
        ownership: Ownership,
        runner: Runner,
        storage: S3Client,
        transport: HttpTransport,
        settings: WorkerSettings,
        *,
        stopping: Callable[[], bool],
    ) -> None:
        self._admin = admin
        self._committer = committer
        self._ownership = ownership
        self._runner = runner
        self._storage = storage
        self._transport = transport
        self._settings = settings
        self._stopping = stopping
        self._started = time.monotonic()

    async def live(self) -> Check:
        """That this answers shows that the loop runs; the committer must too."""
        age = self._heartbeat_age()
        return Check(age < STALE_SECONDS, f"the committer was last seen {age:.0f} s ago")

    def _heartbeat_age(self) -> float:
        return time.monotonic() - self._committer.alive_at

    async def ready(self) -> Check:
        """Partitions assigned, states restored, the committer going round, Kafka answering."""
        return readiness(
            Standing(
                stopping=self._stopping(),
                partitions=self._ownership.partitions,
                restored=self._ownership.ready.is_set(),
                heartbeat_age_seconds=self._heartbeat_age(),
                kafka=await self._kafka_soon(),
                lost_track=self._committer.lost_track.is_set(),
            )
        )

    def checks(self) -> Mapping[str, CheckFunction]:
        """What `/health` reports, by name."""
        return {
            "kafka": self._kafka,
            "google_api": self._google_api,
            "object_store": self._object_store,
            "memory": self._memory,
        }

    def about(self) -> dict[str, object]:
        """What `/health` says beside the checks."""
        return {
            "version": version("google-drive-worker"),
            "replica_id": self._settings.replica_id,
            "uptime_seconds": round(time.monotonic() - self._started, 1),
            "jobs_running": self._runner.running,
            "jobs_waiting": self._runner.waiting,
        }

    def gauges(self, metrics: Metrics) -> None:
        """Add what is read on demand."""
        self._job_gauges(metrics, self._runner.jobs)
        metrics.gauge("commit_queue_bytes", "Bytes that wait to be committed", lambda: self._committer.waiting_bytes)
        metrics.gauge("commit_queue_works", "Batches and handled messages that wait", lambda: self._committer.waiting)
        metrics.gauge("committer_heartbeat_age_seconds", "Since when the committer was not seen", self._heartbeat_age)
        metrics.gauge("partitions_assigned", "Partitions this worker has", lambda: self._ownership.partitions)
        metrics.gauge("restored", "1 while states are restored and messages flow", self._ownership.ready.is_set)
        metrics.gauge(
            "memory_limit_bytes", "What the process may hold in memory", lambda: limit_bytes(MEMORY_LIMIT_BYTES)
        )

    def _job_gauges(self, metrics: Metrics, jobs: JobTable) -> None:
        for stage, name, text in JOB_GAUGES:
            metrics.gauges(name, text, "kind", {kind: partial(jobs.count, stage, kind) for kind in JobKind})
        metrics.gauge(
            "oldest_waiting_job_age_seconds",
            "How long the job that has waited longest for a slot has waited",
            partial(jobs.oldest_seconds, Stage.WAITING),
        )
        metrics.repeated_gauge("gdrive_queue_depth", "Accepted jobs that wait for a slot", lambda: self._runner.waiting)
        metrics.repeated_gauge("gdrive_active_workers", "Jobs that have a slot", lambda: self._runner.running)

    async def _kafka_soon(self) -> Check:
        """Answer in good time for a probe, so that the other parts are named too."""
        try:
            return await asyncio.wait_for(self._kafka(), KAFKA_SECONDS)
        except TimeoutError:
            return Check(ok=False, detail=f"no answer within {KAFKA_SECONDS:.0f} s")

    async def _kafka(self) -> Check:
        try:
            partitions = await self._admin.partitions(self._settings.kafka_topic_trigger)
        except KafkaClientError as error:
            return Check(ok=False, detail=str(error))
        return Check(partitions > 0, f"the trigger topic has {partitions} partitions")

    async def _google_api(self) -> Check:
        """Any answer shows that it is reached; asked without a credential, it refuses."""
        url = f"{self._settings.drive_root_url}/drive/v3/about"
        try:
            answer = await self._transport.request("GET", url, max_bytes=65_536, timeout_seconds=4.0)
        except RetryableError as error:
            return Check(ok=False, detail=error.message)
        return Check(answer.status < 500, f"answers with HTTP {answer.status} (asked without a credential)")

    async def _object_store(self) -> Check:
        try:
            await self._storage.check()
        except StorageError as error:
            return Check(ok=False, detail=str(error))
        return Check(ok=True, detail="reachable")

    async def _memory(self) -> Check:
        held, limit = resident_bytes(), limit_bytes(MEMORY_LIMIT_BYTES)
        return Check(held < limit * MEMORY_SHARE, f"{held // MIB} MiB of {limit // MIB} MiB")
