"""The demo, step by step: start the parts, sync all, connect on the dashboard, follow live changes, compare.

In: how many files or which directory, how long. Out: a summary; its `ok` says whether the copies that a consumer has
equal the emulated drive.
"""

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from clustera_toolkit.kafka import follow
from clustera_toolkit.stacks import show_stacks_on_signal
from drive_demo.browser import Browser, connect
from drive_demo.dashboard import CONNECTION, Dashboard, open_dashboard
from drive_demo.drive import Difference, EmulatedDrive, Json
from drive_demo.options import Connected, DemoOptions, Summary
from drive_demo.view import DemoProgress
from drive_demo.watch import Show, Watch
from google_drive_worker.config import WorkerSettings
from google_drive_worker.mock_mode import EmbeddedParts, MockSettings, embedded_parts
from google_drive_worker.schemas.trigger import TriggerType
from google_drive_worker.trigger_sender import send_trigger
from google_drive_worker.worker import Worker

SETTLE_SECONDS = 60.0
CHANGE_SECONDS = 0.4
BESIDE = ("drive", "permission_set", "revision", "comment")


@dataclass(frozen=True, slots=True)
class _Stage:
    """Everything running, and what is known of it."""

    options: DemoOptions
    settings: WorkerSettings
    drive: EmulatedDrive
    account: str
    """Whose drive the demo's own connection reads."""
    corpora: int
    """How many logs that account has: its own and one for each shared drive."""
    dashboard: Dashboard
    watch: Watch


async def run_demo(options: DemoOptions, settings: MockSettings, show: Show) -> Summary:
    """Run the demo. Raises `DemoFailedError`, `MockModeError` and what worker and control plane raise."""
    show_stacks_on_signal()
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(
            embedded_parts(
                files=options.files, seed=options.seed, drives=options.drives, root=options.root, settings=settings
            )
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        dashboard = await stack.enter_async_context(open_dashboard(parts, options.port, http))
        drive = EmulatedDrive(parts.emulator_url, http)
        counts = await drive.counts()
        progress = _progress(options, parts, counts, dashboard)
        show(progress)
        configured = parts.settings.model_copy(update=dict(dashboard.worker))
        worker, working = await stack.enter_async_context(_working(configured))
        progress.addresses["metrics"] = f"http://127.0.0.1:{worker.http.port if worker.http else 0}/metrics"
        follower = await stack.enter_async_context(follow(parts.bootstrap_servers, [configured.kafka_topic_records]))
        watch = Watch(follower, progress, show, (working, dashboard.serving))
        stage = _Stage(options, configured, drive, counts["users"][0], 1 + len(counts["drives"]), dashboard, watch)
        return await _play(stage)


def _progress(options: DemoOptions, parts: EmbeddedParts, counts: Json, dashboard: Dashboard) -> DemoProgress:
    beside = f", {len(counts['drives'])} shared drives" if counts["drives"] else ""
    source = f"the directory {options.root}" if options.root else f"synthetic, {counts['items']:,} items{beside}"
    addresses = {
        "dashboard": dashboard.url,
        "emulator": parts.emulator_url,
        "broker": f"{parts.bootstrap_servers} (embedded)",
    }
    invitation = None if options.once else dashboard.invitation  # with `once` the demo itself takes it up
    return DemoProgress(counts["items"], source, addresses, invitation=invitation)


async def _play(stage: _Stage) -> Summary:
    replica, progress = stage.watch.replica, stage.watch.progress
    await _sync(stage)
    kinds = replica.kinds()
    connection_id = await _connect(stage) if stage.options.once else None
    progress.phase = "in step"
    await _live_changes(stage)
    if connection_id is not None:
        await _until_listed(stage, connection_id)
    progress.phase = "comparing"
    differences, connected = await _settle(stage)
    return Summary(
        kinds=kinds,
        seconds=progress.sync_seconds or 0.0,
        beside={f"{kind}s": len(replica.held(kind)) for kind in BESIDE},
        records=replica.records,
        changes=progress.changes,
        differences=differences,
        connected=connected,
    )


async def _sync(stage: _Stage) -> None:
    """Have the demo's own connection listed, all of it."""
    progress = stage.watch.progress
    progress.phase = "full sync"
    started = time.monotonic()
    await send_trigger(stage.settings, CONNECTION, TriggerType.FULL, {})
    await _until_listed(stage, CONNECTION)
    progress.sync_seconds = time.monotonic() - started


async def _until_listed(stage: _Stage, connection_id: str) -> None:
    replica = stage.watch.replicas[connection_id]
    await stage.watch.until(
        lambda: len(replica.completed) >= stage.corpora,
        f"the full sync of {connection_id} is complete",
        stage.options.sync_seconds,
    )


async def _connect(stage: _Stage) -> str:
    """Do on the dashboard what a newcomer does; the connection's id."""
    stage.watch.progress.phase = "connecting on the dashboard"
    await stage.watch.read()
    async with aiohttp.ClientSession() as http:
        return await connect(Browser(http), stage.dashboard.invitation)


async def _live_changes(stage: _Stage) -> None:
    """Have changes made, with `once` some, else until somebody stops the demo."""
    stop = asyncio.Event()
    changing = asyncio.create_task(_change(stage, stop))
    try:
        await asyncio.shield(changing)
    except asyncio.CancelledError:  # to its next step: a read that is given up half-way loses what it has read
        stop.set()
        await changing


async def _change(stage: _Stage, stop: asyncio.Event) -> None:
    """Change the drive now and then; the emulator notifies the control plane as Google would."""
    options, drive = stage.options, stage.drive
    chance = random.Random(options.seed)  # noqa: S311 # what to show, not what to hide
    done = 0
    while not stop.is_set() and not (options.once and done == options.rounds):
        await drive.change(chance.randrange(1, 4), seed=chance.randrange(2**31))
        await drive.converse(done)
        done += 1
        until = time.monotonic() + CHANGE_SECONDS
        while time.monotonic() < until and not stop.is_set():
            await stage.watch.read()


async def _settle(stage: _Stage) -> tuple[list[Difference], list[Connected]]:
    """Ask for the last changes and compare, until all are equal or time is up."""
    deadline = time.monotonic() + SETTLE_SECONDS
    accounts = {CONNECTION: stage.account, **await _listed(stage)}
    await asyncio.gather(*(send_trigger(stage.settings, each, TriggerType.INCREMENTAL) for each in accounts))
    while True:
        await stage.watch.read()
        found = await _differences(stage, accounts)
        if not any(found.values()) or time.monotonic() > deadline:
            break
    replicas = stage.watch.replicas
    made = [Connected(each, len(replicas[each].items()), found[each]) for each in accounts if each != CONNECTION]
    return found[CONNECTION], made


async def _listed(stage: _Stage) -> dict[str, str]:
    """What was connected on the dashboard and has been listed: there is something to compare."""
    made = await stage.dashboard.connected()
    return {each: account for each, account in made.items() if stage.watch.replicas[each].completed}


async def _differences(stage: _Stage, accounts: dict[str, str]) -> dict[str, list[Difference]]:
    """Compare each connection with what its account sees; an account is asked once for all of its connections."""
    connections: defaultdict[str, list[str]] = defaultdict(list)
    for connection_id, account in accounts.items():
        connections[account].append(connection_id)
    found: dict[str, list[Difference]] = {}
    for account, ids in connections.items():
        replicas = [stage.watch.replicas[each] for each in ids]
        found.update(zip(ids, await stage.drive.seen_by(account).differences(*replicas), strict=True))
    return found


@contextlib.asynccontextmanager
async def _working(settings: WorkerSettings) -> AsyncIterator[tuple[Worker, asyncio.Task[None]]]:
    """A worker in this loop, ended in order."""
    worker = Worker(settings)
    running = asyncio.create_task(worker.run(), name="the worker")
    waiting = asyncio.create_task(worker.ready.wait())
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        yield worker, running
    finally:
        waiting.cancel()
        worker.request_stop()
        await asyncio.wait({running}, timeout=settings.worker_shutdown_timeout_seconds)
