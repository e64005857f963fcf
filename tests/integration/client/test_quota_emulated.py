"""The quota gate and the session against the emulator's quota, in a time that both share."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.integration.client.quota_stage import EXCHANGE_SECONDS, Crowd, Stage, Tally, second_client, staged

from google_drive_worker.client import about
from google_drive_worker.client.quota import Lane
from google_drive_worker.quota.gate import QuotaGate, QuotaObserver
from google_drive_worker.quota.limits import Limits

ALLOWED = 1500  # units a minute: 300 calls of 5


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(ALLOWED) as ready:
        yield ready


def gate_of(stage: Stage, per_minute: int, observer: QuotaObserver | None = None) -> QuotaGate:
    """A gate that believes in a limit."""
    return QuotaGate(Limits(user=per_minute, project=10 * per_minute), timing=stage.time.timing, observer=observer)


async def test_a_known_limit_is_used_and_kept(stage: Stage) -> None:
    """While there is work, at least 95 % of the limit is used, and less than 1 % of the calls are refused."""
    minutes = 4
    await Crowd(stage, stage.session(gate_of(stage, ALLOWED).seat("u", "c")), minutes * 60).run()
    used, answered, refused = stage.use()
    assert used >= 0.95 * ALLOWED * minutes
    assert refused < 0.01 * (answered + refused)


async def test_an_unknown_limit_beside_a_second_client(stage: Stage) -> None:
    """With a limit not told and another client on 40 % of it: 80 % of all is used, and under 2 % of ours refused."""
    minutes = 6
    tally = Tally()
    ours = Crowd(stage, stage.session(gate_of(stage, 4 * ALLOWED, tally).seat("u", "c")), minutes * 60)
    other = asyncio.create_task(second_client(stage, minutes, 0.4 * ALLOWED))
    await ours.run()
    taken = await other
    assert stage.use()[0] >= 0.8 * ALLOWED * minutes
    assert ours.answered * 5 >= 0.8 * (ALLOWED * minutes - taken)
    assert tally.refusals < 0.02 * tally.calls


async def test_a_change_overtakes_waiting_enrichment(stage: Stage) -> None:
    """While enrichment waits for its turn with the limit in full use, a change is read at once."""
    gate = gate_of(stage, ALLOWED)
    crowd = asyncio.create_task(Crowd(stage, stage.session(gate.seat("u", "c")), 70).run(workers=30))
    await stage.time.sleep(61)
    assert gate.use().waiting[Lane.ENRICHMENT] > 10
    asked = stage.time.seconds
    await about.get(stage.session(gate.seat("u", "c")), lane=Lane.CHANGES)
    assert stage.time.seconds - asked == pytest.approx(EXCHANGE_SECONDS)
    await crowd
    assert stage.use()[2] == 0
