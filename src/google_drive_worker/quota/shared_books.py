"""The books that all replicas keep together, as a replica sees them. In: what it asks. Out: what it gets.

Where they are kept and what becomes of an ask stands in `redis_books.py` and `leases.lua`.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from google_drive_worker.quota import estimate
from google_drive_worker.quota.ledger import Scope
from google_drive_worker.quota.meter import FREE_FRACTION, GRAINS, SLACK_SECONDS
from google_drive_worker.quota.pace import BURST_SECONDS

LEASE_LIFE_SECONDS = 5.0
REPLICA_LIFE_SECONDS = 10.0


class SharedBooksError(Exception):
    """Redis did not answer in time, or not as it should."""


class LimitAsk(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, as one replica sees it: totals since its start, ages and periods in milliseconds.

    `grains` is what was spent since the last answer, oldest first; `recent` what was in the period before. `want` is
    the lease wished for in all, `urgent` the part of it that changes wait for, `least` what is of any use.
    """

    limit: float
    period: int
    spent: float
    acknowledged: float
    born: int
    recent: float
    grains: Sequence[tuple[int, float]]
    want: float
    urgent: float
    least: float
    refused: bool
    pause: int


class LimitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, as all replicas have it; `granted` is the asker's total, `paused` what is left of a pause."""

    granted: float
    allowed: float
    used: float
    free: float
    paused: float
    born: int


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the script does as the meters of one process do."""

    grains: int = GRAINS
    slack: int = int(SLACK_SECONDS * 1000)
    burst: int = int(BURST_SECONDS * 1000)
    free: float = FREE_FRACTION
    learn_every: int = int(estimate.LEARN_EVERY_SECONDS * 1000)
    decrease: float = estimate.DECREASE_FACTOR
    least_decrease: float = estimate.LEAST_DECREASE_FACTOR
    floor: float = estimate.FLOOR_FRACTION
    step: float = estimate.STEP_FRACTION
    lease: int = int(LEASE_LIFE_SECONDS * 1000)
    replica: int = int(REPLICA_LIFE_SECONDS * 1000)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What the script is given."""

    replica: str
    leaving: bool
    limits: Sequence[LimitAsk]
    rules: Rules = Rules()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the script gives, limits in the order of the ask; `replicas` were heard of in the last ten seconds."""

    replicas: int
    limits: Sequence[LimitAnswer]


class SharedBooks(Protocol):
    """Where replicas meet."""

    async def exchange(self, asks: Sequence[tuple[Scope, LimitAsk]], *, leaving: bool) -> Answer:
        """Tell and ask at once. Raises `SharedBooksError`."""

    async def close(self) -> None:
        """Let go of the connection."""
