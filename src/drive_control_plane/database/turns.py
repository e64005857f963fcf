"""Turns by a name, for replicas on PostgreSQL: a lock that is on no row.

In: a transaction, a name. Out: the turn, until the transaction ends; who waits too long gets the database's error.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

_OURS: Final = 0x64_63_70
"""Keeps these locks apart from those of migrations and of other programs on the database."""
_LOCK_NOT_AVAILABLE: Final = "55P03"
_LIMIT = text("SELECT set_config('lock_timeout', :milliseconds, true)")
_TURN = text("SELECT pg_advisory_xact_lock(:ours, hashtext(:name))")


async def take_turn(session: AsyncSession, name: str, seconds: float) -> None:
    """Wait for the turn, and from now on for no other lock of this transaction longer than that.

    Two names may share a turn by chance, which costs a wait. Raises `DBAPIError` (see `is_lock_timeout`).
    """
    await session.execute(_LIMIT, {"milliseconds": str(max(1, int(seconds * 1000)))})
    await session.execute(_TURN, {"ours": _OURS, "name": name})


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether it is that a lock was waited for too long."""
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE
