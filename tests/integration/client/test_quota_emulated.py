"""The quota gate and the session against the emulator's quota, in a time that both share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from tests.integration.client.shared_time import SharedTime, TimedTransport

from google_drive_emulator import Emulator, QuotaSettings, Running, synthetic_world
from google_drive_worker.client import about
from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.quota import Lane, RateLimiter
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource
from google_drive_worker.quota.gate import QuotaGate, QuotaObserver
from google_drive_worker.quota.limits import Limits

ALLOWED = 1500  # units a minute: 300 calls of 5
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

    def gate(self, per_minute: int, observer: QuotaObserver | None = None) -> QuotaGate:
        """A gate that believes in a limit."""
        limits = Limits(user=per_minute, project=10 * per_minute)
        return QuotaGate(limits, timing=self.time.timing, observer=observer)

    def use(self) -> tuple[int, int, int]:
        """Units used, calls let through and calls refused, of the user's limit."""
        usage = [each for each in self.emulator.state.quota.usage() if each.level == "user"]
        return sum(u.used for u in usage), sum(u.allowed for u in usage), sum(u.refused for u in usage)


class Tally:
    """An observer that counts."""

    def __init__(self) -> None:
        self.calls = self.refusals = 0

    def granted(self, lane: Lane, units: int, waited_seconds: float) -> None:  # noqa: ARG002 # the protocol's
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


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    time = SharedTime()
    world = synthetic_world(files=3)
    world.clock.freeze()
    emulator = Emulator(world, quota=QuotaSettings(model="units", user_units=ALLOWED, shape="classic"))
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(emulator.serve())
        transport = await stack.enter_async_context(TimedTransport(time, EXCHANGE_SECONDS))
        time.moved = lambda seconds: world.clock.set(BEGIN_MS + int(seconds * 1000))
        await stack.enter_async_context(time.passing())
        yield Stage(emulator, running, time, transport)


async def test_a_known_limit_is_used_and_kept(stage: Stage) -> None:
    """While there is work, at least 95 % of the limit is used, and less than 1 % of the calls are refused."""
    minutes = 4
    await Crowd(stage, stage.session(stage.gate(ALLOWED).seat("u", "c")), minutes * 60).run()
    used, answered, refused = stage.use()
    assert used >= 0.95 * ALLOWED * minutes
    assert refused < 0.01 * (answered + refused)


async def test_an_unknown_limit_beside_a_second_client(stage: Stage) -> None:
    """With a limit not told and another client on 40 % of it: 80 % of all is used, and under 2 % of ours refused."""
    minutes = 6
    tally = Tally()
    ours = Crowd(stage, stage.session(stage.gate(4 * ALLOWED, tally).seat("u", "c")), minutes * 60)
    other = asyncio.create_task(second_client(stage, minutes))
    await ours.run()
    taken = await other
    assert stage.use()[0] >= 0.8 * ALLOWED * minutes
    assert ours.answered * 5 >= 0.8 * (ALLOWED * minutes - taken)
    assert tally.refusals < 0.02 * tally.calls


async def second_client(stage: Stage, minutes: int) -> int:
    """Call evenly for 40 % of the limit, whatever comes of it; give the units that were had."""
    session, had = stage.session(None), 0
    while stage.time.seconds < minutes * 60:
        await about.get(session, lane=Lane.ENRICHMENT)
        had += 5
        await stage.time.sleep(5 * 60 / (0.4 * ALLOWED) - EXCHANGE_SECONDS)
    return had


async def test_a_change_overtakes_waiting_enrichment(stage: Stage) -> None:
    """While enrichment waits for its turn with the limit in full use, a change is read at once."""
    gate = stage.gate(ALLOWED)
    crowd = asyncio.create_task(Crowd(stage, stage.session(gate.seat("u", "c")), 70).run(workers=30))
    await stage.time.sleep(61)
    assert gate.use().waiting[Lane.ENRICHMENT] > 10
    asked = stage.time.seconds
    await about.get(stage.session(gate.seat("u", "c")), lane=Lane.CHANGES)
    assert stage.time.seconds - asked == pytest.approx(EXCHANGE_SECONDS)
    await crowd
    assert stage.use()[2] == 0
