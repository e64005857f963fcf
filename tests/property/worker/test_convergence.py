"""Whatever happens in between: once Drive is quiet, a consumer holds what Drive shows (promises P1 and P4).

One seed is one history with its troubles; `SEED=n` repeats a single one, `make soak` goes on for as long as you like.
"""

import os

import pytest
from tests.support.convergence.features import TODAY
from tests.support.convergence.trial import trial

SEEDS = 75


def chosen() -> list[int]:
    """The seed that was asked for, or the usual ones."""
    return [int(os.environ["SEED"])] if "SEED" in os.environ else list(range(SEEDS))


@pytest.mark.parametrize("seed", chosen())
async def test_a_consumer_holds_what_drive_shows(seed: int) -> None:
    """Changes, troubles and deaths at any point, then quiet: files, folders and all that belongs to them are equal."""
    outcome = await trial(seed, TODAY)
    assert not outcome.differences, str(outcome)
