"""The demo, step by step: start the parts, sync all, follow live changes, compare.

In: how many files or which directory, how long. Out: a summary; its `ok` says whether the consumer's copy equals the
emulated drive.
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from clustera_toolkit.kafka import Follower, KafkaProducer, OutboundMessage, follow
from google_drive_worker.demo.drive import Difference, EmulatedDrive
from google_drive_worker.demo.replica import ITEMS, Record, Replica
from google_drive_worker.demo.view import DemoProgress
from google_drive_worker.mock_mode import EmbeddedParts, MockSettings, embedded_parts
from google_drive_worker.schemas.times import parse_rfc3339
from google_drive_worker.schemas.trigger import TriggerType
from google_drive_worker.trigger_sender import send_trigger
from google_drive_worker.worker import Worker, now

CONNECTION = "demo"
READ_SECONDS = 0.1
SETTLE_SECONDS = 60.0
CHANGE_SECONDS = 0.4
MARKS = frozenset({"snapshot", "manifest"})
"""Records that tell of others."""
BESIDE = ("drive", "permission_set", "revision", "comment")


class DemoFailedError(Exception):
    """The demo could not do what it shows; the text says what happened."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What to show."""

    files: int = 10_000
    seed: int = 7
    drives: int = 2
    """Shared drives beside a synthetic drive."""
    root: Path | None = None
    once: bool = False
    rounds: int = 10
    """Rounds of live changes with `once`; without it, they go on until the demo is stopped."""
    sync_seconds: float = 600.0
    """How long the full sync may take."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How it ended. `kinds` and `seconds` are of the full sync, before the live changes; `beside` is of the end."""

    kinds: dict[str, int]
    """How many `files`, `folders` and `shortcuts`."""
    seconds: float
    beside: dict[str, int]
    """How many `drives`, `permission_sets`, `revisions` and `comments`."""
    records: int
    changes: int
    differences: list[Difference]

    @property
    def items(self) -> int:
        """All of them."""
        return sum(self.kinds.values())

    @property
    def ok(self) -> bool:
        """Whether the copy equals the drive."""
        return not self.differences

    def to_json(self) -> str:
        """One line for programs."""
        return json.dumps(
            {
                "ok": self.ok,
                **self.kinds,
                "items": self.items,
                **self.beside,
                "seconds": round(self.seconds, 2),
                "items_per_second": round(self.items / self.seconds) if self.seconds else 0,
                "records": self.records,
                "changes": self.changes,
                "differences": len(self.differences),
            }
        )


async def run_demo(options: DemoOptions, settings: MockSettings, show: Callable[[DemoProgress], None]) -> Summary:
    """Run the demo. Raises `DemoFailedError`, `MockModeError` and what the worker raises."""
    async with (
        embedded_parts(
            files=options.files, seed=options.seed, drives=options.drives, root=options.root, settings=settings
        ) as parts,
        aiohttp.ClientSession() as http,
        _worker(parts) as (worker, failure),
    ):
        drive = EmulatedDrive(parts.emulator_url, http)
        counts = await drive.counts()
        beside = f", {len(counts['drives'])} shared drives" if counts["drives"] else ""
        source = f"the directory {options.root}" if options.root else f"synthetic, {counts['items']:,} items{beside}"
        addresses = {
            "emulator": parts.emulator_url,
            "broker": f"{parts.bootstrap_servers} (embedded)",
            "metrics": f"http://127.0.0.1:{worker.http.port if worker.http else 0}/metrics",
        }
        progress = DemoProgress(counts["items"], source, addresses)
        records = [parts.settings.kafka_topic_records]
        async with follow(parts.bootstrap_servers, records) as follower:
            watch = _Watch(follower, progress, show, failure)
            return await _show(options, parts, drive, watch, corpora=1 + len(counts["drives"]))


class _Watch:
    """Reads records into a replica, and draws."""

    def __init__(
        self,
        follower: Follower,
        progress: DemoProgress,
        show: Callable[[DemoProgress], None],
        failure: asyncio.Task[None],
    ) -> None:
        self.replica = Replica()
        self.progress = progress
        self._follower = follower
        self._show = show
        self._failure = failure
        self._started = time.monotonic()

    async def until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Read on until something holds. Raises `DemoFailedError`."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self._failure.done():
                self._failure.result()
                raise DemoFailedError("the worker has stopped")
            if time.monotonic() > deadline:
                raise DemoFailedError(f"did not happen within {seconds:.0f} s: {what}")
            await self.read()

    async def read(self) -> None:
        """Apply what has come."""
        for message in await self._follower.read(READ_SECONDS):
            if message.value is not None:
                self._apply(message.value)
        progress = self.progress
        progress.records = self.replica.records
        progress.seconds = time.monotonic() - self._started
        self._show(progress)

    def _apply(self, value: bytes) -> None:
        record = self.replica.apply(value)
        self.progress.kinds[record.resource_type] += 1
        if record.resource_type in MARKS:
            return
        if self.progress.sync_seconds is not None:
            self.progress.note(record, _lag(record))
        elif record.resource_type in ITEMS:
            self.progress.items += 1


async def _show(
    options: DemoOptions, parts: EmbeddedParts, drive: EmulatedDrive, watch: _Watch, corpora: int
) -> Summary:
    replica, progress = watch.replica, watch.progress
    progress.phase = "full sync"
    started = time.monotonic()
    await send_trigger(parts.settings, CONNECTION, TriggerType.FULL, parts.connection_config)
    await watch.until(lambda: len(replica.completed) >= corpora, "the full sync is complete", options.sync_seconds)
    progress.sync_seconds = time.monotonic() - started
    kinds = replica.kinds()
    progress.phase = "in step"
    async with _notifier(parts) as notify:
        await _live_changes(options, drive, watch, notify)
        progress.phase = "comparing"
        differences = await _settle(parts, drive, watch)
    return Summary(
        kinds=kinds,
        seconds=progress.sync_seconds,
        beside={f"{kind}s": len(replica.held(kind)) for kind in BESIDE},
        records=replica.records,
        changes=progress.changes,
        differences=differences,
    )


async def _live_changes(options: DemoOptions, drive: EmulatedDrive, watch: _Watch, notify: Callable[[], Any]) -> None:
    """Change the drive now and then, and notify the worker as Google's push would."""
    chance = random.Random(options.seed)  # noqa: S311 # what to show, not what to hide
    done = 0
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        while not options.once or done < options.rounds:
            await drive.change(chance.randrange(1, 4), seed=chance.randrange(2**31))
            await drive.converse(done)
            await notify()
            done += 1
            until = time.monotonic() + CHANGE_SECONDS
            while time.monotonic() < until:
                await watch.read()


async def _settle(parts: EmbeddedParts, drive: EmulatedDrive, watch: _Watch) -> list[Difference]:
    """Ask for the last changes and compare, until both are equal or time is up."""
    deadline = time.monotonic() + SETTLE_SECONDS
    await send_trigger(parts.settings, CONNECTION, TriggerType.INCREMENTAL, parts.connection_config)
    while True:
        await watch.read()
        differences = await drive.differences(watch.replica)
        if not differences or time.monotonic() > deadline:
            return differences


@contextlib.asynccontextmanager
async def _worker(parts: EmbeddedParts) -> AsyncIterator[tuple[Worker, asyncio.Task[None]]]:
    """A worker in this loop, ended in order."""
    worker = Worker(parts.settings)
    running = asyncio.create_task(worker.run(), name="worker")
    try:
        await asyncio.wait({running, asyncio.create_task(worker.ready.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        yield worker, running
    finally:
        worker.request_stop()
        await asyncio.wait({running}, timeout=parts.settings.worker_shutdown_timeout_seconds)


@contextlib.asynccontextmanager
async def _notifier(parts: EmbeddedParts) -> AsyncIterator[Callable[[], Any]]:
    """Sends the notifications that the control plane would publish, of no log in particular: all are replayed."""
    producer = KafkaProducer(parts.bootstrap_servers)
    await producer.start()
    number = 0

    async def notify() -> None:
        nonlocal number
        number += 1
        headers = {"X-Goog-Channel-ID": "demo", "X-Goog-Message-Number": str(number), "X-Goog-Resource-State": "change"}
        body = {
            "message_id": f"demo:{number}",
            "integration_connection_id": CONNECTION,
            "received_at": now(),
            "headers": headers,
        }
        topic = parts.settings.kafka_topic_webhook
        await producer.send([OutboundMessage(topic, CONNECTION.encode(), json.dumps(body).encode())])

    try:
        yield notify
    finally:
        await producer.close()


def _lag(record: Record) -> float | None:
    """Seconds from the change in the drive to now."""
    text = record.source.get("change_time")
    changed = parse_rfc3339(text) if isinstance(text, str) else None
    return None if changed is None else max(0.0, time.time() - changed.timestamp())
