"""A program: the worker's engine lists a drive, and its records go nowhere.

In: an order. Out: what it took, printed as JSON, once every file was emitted. The time counts from the first page of
the snapshot to the last, the look around before it included; what opens and what ends a snapshot is not in it.
"""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import msgspec

from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.observer import SilentObserver
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.schemas.state import ConnectionState
from google_drive_worker.sync.engine import Engine
from google_drive_worker.sync.plan import next_backfill
from google_drive_worker.sync.run import EngineSettings
from google_drive_worker.sync.wishes import Accept

CORPUS = "user:me"
CONFIG = {"corpora": {"drives": "none"}}


class Order(msgspec.Struct, frozen=True):
    """What the program is told, as JSON in its only argument."""

    drive_url: str
    lanes: int


class Listed(msgspec.Struct, frozen=True):
    """A drive listed: distinct files, calls of `files.list`, ranges, seconds."""

    files: int
    repeated: int
    calls: int
    ranges: int
    seconds: float


class _Calls(SilentObserver):
    """Counts pages and looks."""

    def __init__(self) -> None:
        self.lists = 0

    def call(self, endpoint: str, status: int, seconds: float) -> None:  # noqa: ARG002 # the protocol's
        self.lists += endpoint == "files.list"


async def listed(order: Order) -> Listed:
    """List a drive with so many lanes; raises the client's `DriveError`s."""
    state = Accept(CONFIG).apply(ConnectionState("benchmark"))
    token = StaticTokenSource(AccessToken("benchmark", datetime.now(UTC) + timedelta(days=1)))
    calls, seen, repeated, started, ranges = _Calls(), set[str](), 0, 0.0, 0
    with ThreadPoolExecutor(1) as pages:
        async with HttpTransport() as transport:
            engine = Engine(EngineSettings(scan_parallelism=order.lanes), pages)
            session = DriveSession(transport, token, base_url=order.drive_url, observer=calls)
            async with aclosing(engine.run(state, session, lane=next_backfill)) as batches:
                async for batch in batches:
                    if batch.patch is not None:
                        state = batch.patch.apply(state).saved()
                    ids = [record.resource_id for record in batch.records if record.resource_type != "snapshot"]
                    repeated += sum(file_id in seen for file_id in ids)
                    seen.update(ids)
                    corpus = state.corpus(CORPUS)
                    started = started or time.perf_counter()
                    if corpus is not None and corpus.is_listed:
                        ranges = len(corpus.ranges)
                        break
    return Listed(len(seen), repeated, calls.lists, ranges, time.perf_counter() - started)


if __name__ == "__main__":
    print(msgspec.json.encode(asyncio.run(listed(msgspec.json.decode(sys.argv[1], type=Order)))).decode())
