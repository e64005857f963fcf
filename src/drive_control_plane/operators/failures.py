"""Attempts that failed, counted where all replicas see them.

In: keys (an address, an account) with how often each may fail within a time. Out: how long the next attempt has to
wait, or a place for it. Places are given one after the other for each key, whichever replica is asked: of a thousand
attempts at one moment no more pass than of a thousand in turn.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database import Database
from drive_control_plane.database.tables import FailedAttempt
from drive_control_plane.database.turns import take_turn

WINDOW: Final = timedelta(minutes=15)
TURN_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted together, and how many of it may fail within `WINDOW`."""

    name: str
    most: int

    @property
    def key(self) -> str:
        """The same as the database has it: neither addresses nor names lie there."""
        return hashlib.sha256(self.name.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Place:
    """An attempt under way, which counts as failed until it is known not to be."""

    numbers: tuple[int, ...]
    """Of its rows."""
    is_last: bool
    """There is no other after it for a while."""


async def wait_seconds(session: AsyncSession, now: datetime, counted: Sequence[Counted]) -> int:
    """How long the next attempt has to wait; 0: not at all."""
    return max([await _wait(session, now, each) for each in counted], default=0)


async def take_place(database: Database, now: datetime, counted: Sequence[Counted]) -> Place | int:
    """Count an attempt before it is judged; or how many seconds it has to wait."""
    async with database.transaction() as session:
        if database.is_postgresql:  # on SQLite whoever may write is alone
            for key in sorted(each.key for each in counted):
                await take_turn(session, f"failed attempts of {key}", TURN_SECONDS)
        if wait := await wait_seconds(session, now, counted):
            return wait
        rows = [FailedAttempt(key=each.key, at=now) for each in counted]
        session.add_all(rows)
        await session.flush()
        return Place(tuple(row.id for row in rows), await wait_seconds(session, now, counted) > 0)


async def give_back(database: Database, place: Place, forgotten: Counted | None = None) -> None:
    """Count an attempt no more; of what is `forgotten` all others neither."""
    async with database.transaction() as session:
        await session.execute(delete(FailedAttempt).where(FailedAttempt.id.in_(place.numbers)))
        if forgotten is not None:
            await session.execute(delete(FailedAttempt).where(FailedAttempt.key == forgotten.key))


async def _wait(session: AsyncSession, now: datetime, counted: Counted) -> int:
    """Until so many of the newest failures are old that there is room for one more."""
    newest = select(FailedAttempt.at).where(FailedAttempt.key == counted.key, FailedAttempt.at > now - WINDOW)
    found = (await session.scalars(newest.order_by(FailedAttempt.at.desc()).limit(counted.most))).all()
    if len(found) < counted.most:
        return 0
    return max(1, int((found[-1] + WINDOW - now).total_seconds()) + 1)
