"""Which channels to open and which to stop.

In: the logs that are followed, and the channels that there are. Out: a plan, and when to look again. Pure.
"""

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drive_control_plane.database.tables import Channel

LIFETIME = timedelta(days=7)
"""What is asked for: the longest that Google gives for a log (facts B)."""
RENEWED_BEFORE = timedelta(days=1)
JITTER = timedelta(hours=6)
"""Renewals begin up to so much earlier, so that channels that were opened together are not renewed together."""
RETRY_SECONDS = 30.0
MAX_RETRY_SECONDS = 3_600.0
OFF_SECONDS = 6 * 3_600.0
"""Until an address that Google refuses is tried again: somebody may have put it right."""
_STEPS = 1024


@dataclass(frozen=True, slots=True)
class Opening:
    """A channel to open. `replaces` are stopped once it is open: notifications come by both for a moment (facts B)."""

    corpus: str
    replaces: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now, and when to look again if all of it is done; None when nothing is left to renew."""

    openings: tuple[Opening, ...]
    stops: tuple[Channel, ...]
    look_at: datetime | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.openings and not self.stops


def make_plan(wanted: Collection[str], channels: Sequence[Channel], now: datetime) -> Plan:
    """Compare what is wanted with the channels that are not stopped."""
    openings: list[Opening] = []
    stops = [each for each in channels if each.corpus not in wanted]
    kept: list[datetime] = []
    for corpus in sorted(wanted):
        own = [each for each in channels if each.corpus == corpus]
        newest = max(_open(own, now), key=lambda each: each.created_at, default=None)
        if newest is None or renewal_of(newest) <= now:
            openings.append(Opening(corpus, tuple(own)))
        else:
            stops += [each for each in own if each is not newest]
            kept.append(renewal_of(newest))
    return Plan(tuple(openings), tuple(stops), min(kept, default=None))


def renewal_of(channel: Channel) -> datetime:
    """When it is to be replaced: a day before its end, and when it has half of a short life behind it."""
    early = RENEWED_BEFORE + JITTER * _share(channel.id)
    return max(channel.created_at + (channel.expires_at - channel.created_at) / 2, channel.expires_at - early)


def retry_after(connection_id: str, failures: int, *, off: bool) -> timedelta:
    """How long to wait after so many failures, the last one counted; not the same for all connections."""
    seconds = OFF_SECONDS if off else min(MAX_RETRY_SECONDS, RETRY_SECONDS * 2 ** min(failures - 1, 20))
    return timedelta(seconds=seconds * (1 + _share(f"{connection_id} {failures}") / 4))


def _open(channels: Sequence[Channel], now: datetime) -> Iterator[Channel]:
    """Those that Google has opened. One without a resource was asked for by somebody who did not live to hear of it."""
    return (each for each in channels if each.resource_id is not None and each.expires_at > now)


def _share(text: str) -> float:
    """From 0 to 1, the same for the same text everywhere."""
    return zlib.crc32(text.encode()) % _STEPS / _STEPS
