"""What a consumer of all connections sees.

In: the topic of records. Out: a replica of each connection, and the progress that is shown.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection

from clustera_toolkit.kafka import Follower
from drive_demo.dashboard import CONNECTION
from drive_demo.options import DemoFailedError
from drive_demo.replica import ITEMS, Record, Replica
from drive_demo.view import DemoProgress
from google_drive_worker.schemas.times import parse_rfc3339

READ_SECONDS = 0.1
MARKS = frozenset({"snapshot", "manifest"})
"""Records that tell of others."""

Show = Callable[[DemoProgress], None]


class Watch:
    """Reads records into replicas, and draws; `parts` are tasks that must not end meanwhile."""

    def __init__(
        self, follower: Follower, progress: DemoProgress, show: Show, parts: Collection[asyncio.Task[None]]
    ) -> None:
        self.replicas: defaultdict[str, Replica] = defaultdict(Replica)
        """By the connections' ids."""
        self.progress = progress
        self._follower = follower
        self._show = show
        self._parts = parts
        self._started = time.monotonic()

    @property
    def replica(self) -> Replica:
        """That of the demo's own connection."""
        return self.replicas[CONNECTION]

    async def until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Read on until something holds. Raises `DemoFailedError`."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise DemoFailedError(f"did not happen within {seconds:.0f} s: {what}")
            await self.read()

    async def read(self) -> None:
        """Apply what has come. Raises `DemoFailedError` when a part has ended."""
        self._check()
        for message in await self._follower.read(READ_SECONDS):
            if message.value is not None:
                self._apply((message.key or b"").decode(), message.value)
        progress = self.progress
        progress.records = self.replica.records
        progress.seconds = time.monotonic() - self._started
        self._show(progress)

    def _check(self) -> None:
        for part in self._parts:
            if part.done():
                error = part.exception()
                raise DemoFailedError(f"{part.get_name()} has stopped" + (f": {error}" if error else "")) from error

    def _apply(self, connection_id: str, value: bytes) -> None:
        record = self.replicas[connection_id].apply(value)
        if connection_id != CONNECTION:
            self.progress.connected[connection_id] += record.resource_type in ITEMS
            return
        self.progress.kinds[record.resource_type] += 1
        if record.resource_type in MARKS:
            return
        if self.progress.sync_seconds is not None:
            self.progress.note(record, _lag(record))
        elif record.resource_type in ITEMS:
            self.progress.items += 1


def _lag(record: Record) -> float | None:
    """Seconds from the change in the drive to now."""
    text = record.source.get("change_time")
    changed = parse_rfc3339(text) if isinstance(text, str) else None
    return None if changed is None else max(0.0, time.time() - changed.timestamp())
