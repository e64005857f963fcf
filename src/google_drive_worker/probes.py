"""What health and gauges say of a running worker.

In: its parts. Out: checks with a detail each, and values that are read when they are asked for. Ready means ready: the
group has given this worker its partitions, their states are restored, messages flow.
"""

import time
from collections.abc import Mapping
from importlib.metadata import version

from clustera_toolkit.kafka import KafkaAdmin, KafkaClientError
from clustera_toolkit.storage import S3Client, StorageError
from google_drive_worker.client.errors import RetryableError
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.config import WorkerSettings
from google_drive_worker.http.health import Check, CheckFunction
from google_drive_worker.http.metrics import Metrics
from google_drive_worker.memory import MIB, limit_bytes, resident_bytes
from google_drive_worker.ownership import Ownership
from google_drive_worker.sinks.kafka.committer import Committer
from google_drive_worker.sync.runner import Runner

STALE_SECONDS = 90.0
MEMORY_LIMIT_BYTES = 2 * 1024**3
"""What counts as the limit where no container sets one."""
MEMORY_SHARE = 0.8


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
    ) -> None:
        self._admin = admin
        self._committer = committer
        self._ownership = ownership
        self._runner = runner
        self._storage = storage
        self._transport = transport
        self._settings = settings
        self._started = time.monotonic()

    async def live(self) -> Check:
        """That this answers shows that the loop runs; the committer must too."""
        age = time.monotonic() - self._committer.alive_at
        return Check(age < STALE_SECONDS, f"the committer was last seen {age:.0f} s ago")

    async def ready(self) -> Check:
        """Partitions assigned, states restored, messages flowing."""
        ready = self._ownership.ready.is_set()
        what = f"{self._ownership.partitions} partitions"
        return Check(ready, f"owns {what}" if ready else f"not ready: {what} assigned, states not restored yet")

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
        metrics.gauge("jobs_running", "Jobs that run", lambda: self._runner.running)
        metrics.gauge("jobs_waiting", "Accepted jobs that wait for a slot", lambda: self._runner.waiting)
        metrics.gauge("commit_queue_bytes", "Bytes that wait to be committed", lambda: self._committer.waiting_bytes)
        metrics.gauge("partitions_assigned", "Partitions this worker has", lambda: self._ownership.partitions)

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
