"""How far a connection is.

In: its corpora. Out: `Progress`: all of them together, in figures, and in a word where there is no figure yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database.tables import Corpus


class Stage(StrEnum):
    """Where the listing of what is there stands."""

    WAITING = "waiting"
    """The worker has not begun."""
    LISTING = "listing"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the corpora of a connection are, together."""

    files: int
    percent: int | None
    """None while nothing is being listed, or nobody knows yet how much there is."""
    eta_seconds: float | None
    lag_seconds: float | None
    held: int | None
    stage: Stage


async def corpora_of(session: AsyncSession, ids: Sequence[str]) -> defaultdict[str, list[Corpus]]:
    """The corpora of some connections, by connection; each in the order of their names."""
    corpora: defaultdict[str, list[Corpus]] = defaultdict(list)
    asked = select(Corpus).where(Corpus.connection_id.in_(ids)).order_by(Corpus.connection_id, Corpus.corpus)
    for corpus in await session.scalars(asked):
        corpora[corpus.connection_id].append(corpus)
    return corpora


def progress_of(corpora: Iterable[Corpus]) -> Progress:
    """Add corpora up: ranges that are done of all ranges, the longest time left, the longest lag."""
    open_ones = [corpus for corpus in corpora if corpus.closed_at is None]
    scanning = [corpus for corpus in open_ones if corpus.ranges_total > corpus.ranges_done]
    total = sum(corpus.ranges_total for corpus in scanning)
    held = sum(corpus.held or 0 for corpus in open_ones)
    return Progress(
        sum(corpus.files for corpus in open_ones),
        sum(corpus.ranges_done for corpus in scanning) * 100 // total if total else None,
        max((corpus.eta_seconds for corpus in scanning if corpus.eta_seconds is not None), default=None),
        max((corpus.lag_seconds for corpus in open_ones if corpus.lag_seconds is not None), default=None),
        held or None,
        _stage(open_ones),
    )


def stage_of(corpus: Corpus) -> Stage:
    """Where one corpus stands. One of which nothing but its beginning was heard is not done with."""
    is_begun = corpus.ranges_total > 0 or corpus.complete is not None or corpus.changes_at is not None
    return Stage.LISTED if is_begun and corpus.ranges_done >= corpus.ranges_total else Stage.LISTING


def _stage(open_ones: list[Corpus]) -> Stage:
    if not open_ones:
        return Stage.WAITING
    return Stage.LISTING if any(stage_of(each) is Stage.LISTING for each in open_ones) else Stage.LISTED
