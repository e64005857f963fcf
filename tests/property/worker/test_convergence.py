"""Whatever happens in between: once Drive is quiet, a consumer holds what Drive shows (promises P1 and P4).

One seed is one history with its troubles; `SEED=n` repeats a single one, `make soak` goes on for as long as you like.
"""

import os
from dataclasses import replace

import pytest
from tests.support.convergence.commits import Topics
from tests.support.convergence.features import TODAY
from tests.support.convergence.trial import Trial, trial

from google_drive_worker.sync.batch import Batch

SEEDS = 75
MOST_LOSSY = 12


def chosen() -> list[int]:
    """The seed that was asked for, or the usual ones."""
    return [int(os.environ["SEED"])] if "SEED" in os.environ else list(range(SEEDS))


@pytest.mark.parametrize("seed", chosen())
async def test_a_consumer_holds_what_drive_shows(seed: int) -> None:
    """Changes, troubles and deaths at any point, then quiet: files, folders and all that belongs to them are equal."""
    outcome = await trial(seed, TODAY)
    assert not outcome.differences, str(outcome)


class TakesNothingBack(Topics):
    """Commits everything but deletes, and the marks by which a snapshot takes back what it did not see."""

    def commit(self, batch: Batch, connection_id: str) -> None:
        kept = [record for record in batch.records if record.op != "delete" and record.resource_type != "snapshot"]
        super().commit(replace(batch, records=kept), connection_id)


async def test_what_is_lost_on_the_way_is_noticed() -> None:
    """The reckoning sees it when records are left out: some histories end with more held than Drive shows."""
    for seed in range(MOST_LOSSY):
        lossy = Trial(seed, TODAY)
        lossy.topics = TakesNothingBack()
        if (await lossy.run()).differences:
            return
    pytest.fail(f"{MOST_LOSSY} histories without a delete ended without a difference")
