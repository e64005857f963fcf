"""What a backfill will cost, before it is begun.

In: how many files there are, what is to be read of each, the limits. Out: calls, what they cost, minutes. Pure. Lists
below a file cost a call each (facts D), so their history is the one thing in a sync that can take hours of quota.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from google_drive_worker.client.quota import units_of
from google_drive_worker.quota.limits import Limits

KINDS = {"revision": "revisions.list", "comment": "comments.list"}
"""What can be read of files that were there before the first snapshot, and the method that reads it."""
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Forecast:
    """The least that a backfill costs: a file with many entries needs more pages, one without the right none."""

    files: int
    kinds: tuple[str, ...]
    cost: int
    """In what the quota is counted in."""
    counted_in: str
    """`units` or `queries`."""
    minutes: float
    """At the quota; Drive's own slowness comes on top."""

    def __str__(self) -> str:
        kinds = " and ".join(f"{kind}s" for kind in self.kinds)
        return (
            f"reading the {kinds} of {self.files:,} files costs about {self.cost:,} quota {self.counted_in}: "
            f"about {_duration(self.minutes)} at the quota"
        )


def forecast(files: int, kinds: Sequence[str], limits: Limits) -> Forecast:
    """Foretell a backfill of these kinds (`revision`, `comment`)."""
    units = sum(units_of(KINDS[kind]) for kind in kinds)
    cost = files * sum(limits.price(units_of(KINDS[kind])) for kind in kinds)
    minutes = cost / min(limits.user, limits.project)
    if limits.replica_units is not None:
        minutes = max(minutes, files * units / limits.replica_units)
    if limits.day is not None:
        minutes = max(minutes, cost // limits.day * MINUTES_A_DAY)
    return Forecast(files, tuple(kinds), cost, limits.model, minutes)


def _duration(minutes: float) -> str:
    if minutes < 1:
        return "a minute"
    return f"{minutes:,.0f} minutes" if minutes < 2 * 60 else f"{minutes / 60:,.1f} hours"
