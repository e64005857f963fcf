"""An emulator with a quota, clients that have always work, and a time that all of them share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.integration.client.shared_time import SharedTime, TimedTransport

from google_drive_emulator import Emulator, QuotaSettings, Running, synthetic_world
from google_drive_emulator.http.rate_limits import Level
from google_drive_worker.client import about
from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.quota import Lane, RateLimiter
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource

EXCHANGE_SECONDS = 0.2
WORKERS = 6
BEGIN_MS = 1_790_000_000_000 + 37_000  # the emulator's minutes do not begin when the clients do


@dataclass
class Stage:
    """An emulator with a quota, and a time in which its clients live."""

    emulator: Emulator
    running: Running
    time: SharedTime
    transport: TimedTransport

    def session(self, limiter: RateLimiter | None) -> DriveSession:
        """A client of the first user's."""
        token = AccessToken("any", datetime(2099, 1, 1, tzinfo=UTC))
        return DriveSession(
            self.transport,
            StaticTokenSource(token, self.time.timing),
            limiter=limiter,
            timing=self.time.timing,
            base_url=self.running.base_url,
        )

    def use(self, level: Level = "user") -> tuple[int, int, int]:
        """Units used, calls let through and calls refused, of the user's limit or of the project's."""
        usage = [each for each in self.emulator.state.quota.usage() if each.level == level]
        return sum(u.used for u in usage), sum(u.allowed for u in usage), sum(u.refused for u in usage)


@asynccontextmanager
async def staged(user_units: int, project_units: int = 1_000_000) -> AsyncIterator[Stage]:
    """A stage on which a user and the project have so many units a minute."""
    time = SharedTime()
    world = synthetic_world(files=3)
    world.clock.freeze()
    quota = QuotaSettings(model="units", user_units=user_units, project_units=project_units, shape="classic")
    emulator = Emulator(world, quota=quota)
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(emulator.serve())
        transport = await stack.enter_async_context(TimedTransport(time, EXCHANGE_SECONDS))
        time.moved = lambda seconds: world.clock.set(BEGIN_MS + int(seconds * 1000))
        await stack.enter_async_context(time.passing())
        yield Stage(emulator, running, time, transport)


class Tally:
    """An observer that counts."""

    def __init__(self) -> None:
        self.calls = self.refusals = 0

    def granted(self, lane: Lane, waited_seconds: float) -> None:  # noqa: ARG002 # the protocol's
        self.calls += 1

    def refused(self) -> None:
        self.refusals += 1


class Crowd:
    """Workers that call Drive as often as they are let, until an hour that is given."""

    def __init__(self, stage: Stage, session: DriveSession, until: float) -> None:
        self.stage, self.session, self.until = stage, session, until
        self.answered = 0

    async def work(self) -> None:
        """One worker's life."""
        while self.stage.time.seconds < self.until:
            await about.get(self.session, lane=Lane.ENRICHMENT)
            self.answered += 1

    async def run(self, workers: int = WORKERS) -> None:
        """All their lives."""
        await asyncio.gather(*(self.work() for _ in range(workers)))


async def second_client(stage: Stage, minutes: float, units_a_minute: float) -> int:
    """Call evenly, whatever comes of it; give the units that were had."""
    session, had = stage.session(None), 0
    while stage.time.seconds < minutes * 60:
        await about.get(session, lane=Lane.ENRICHMENT)
        had += 5
        await stage.time.sleep(5 * 60 / units_a_minute - EXCHANGE_SECONDS)
    return had
