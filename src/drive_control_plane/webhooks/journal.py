"""What notifications leave behind: numbers, times, health of push; written together, not one by one.

In: what the receiver accepted. Out: rows of channels and connections, a little later. What could not be written
waits for the next time; what waits counts as written for whoever asks how far a channel has counted.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Executable, String, bindparam, case, func, or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.context import Context
from drive_control_plane.database import cause_of
from drive_control_plane.database.base import UtcTime
from drive_control_plane.database.tables import Channel, Connection
from drive_control_plane.webhooks.health import healthy_until

BATCH_SECONDS = 2.0
WRITE_SECONDS = 10.0
MAX_NOTES = 50_000
"""Channels of which something may wait to be written; beyond, what is oldest is given up."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Note:
    """What is to be written of one channel."""

    connection_id: str
    number: int
    notified_at: datetime
    resource_id: str
    changed_at: datetime | None = None
    is_first: bool = False
    """Whether nothing was ever heard of the channel before: push may have become healthy."""

    def joined(self, later: "Note") -> "Note":
        """Both as one."""
        return Note(
            self.connection_id,
            max(self.number, later.number),
            max(self.notified_at, later.notified_at),
            self.resource_id,
            later.changed_at or self.changed_at,
            self.is_first or later.is_first,
        )


class Journal:
    """Collects notes by channel and writes them while `run` runs; `flush` writes them now."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._notes: dict[str, Note] = {}
        self._writing: Mapping[str, Note] = {}
        self._turn = asyncio.Lock()
        self._something = asyncio.Event()

    def add(self, channel_id: str, note: Note) -> None:
        """Note what came by a channel."""
        former = self._notes.pop(channel_id, None)
        self._notes[channel_id] = note if former is None else former.joined(note)
        if len(self._notes) > MAX_NOTES:
            del self._notes[next(iter(self._notes))]
        self._something.set()

    def number_of(self, channel_id: str) -> int:
        """The greatest number of a channel that the database may not know yet; 0 when there is none."""
        waiting = (notes.get(channel_id) for notes in (self._notes, self._writing))
        return max((note.number for note in waiting if note is not None), default=0)

    async def run(self) -> None:
        """Write until cancelled. It waits by the machine's own clock: nothing but the size of batches hangs on it."""
        while True:
            await self._something.wait()
            self._something.clear()
            await asyncio.sleep(BATCH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; what the database does not take is kept."""
        async with self._turn:
            self._writing, self._notes = self._notes, {}
            try:
                async with asyncio.timeout(WRITE_SECONDS):
                    await self._write(self._writing)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("numbers of channels wait for the database: %s", cause_of(error))
                self._take_back(self._writing)
            except asyncio.CancelledError:
                self._take_back(self._writing)
                raise
            finally:
                self._writing = {}

    def _take_back(self, notes: Mapping[str, Note]) -> None:
        later, self._notes = self._notes, {}
        for channel_id, note in (*notes.items(), *later.items()):
            self.add(channel_id, note)

    async def _write(self, notes: Mapping[str, Note]) -> None:
        """Channels, then connections, each in order of ids, so that nobody who writes several rows is deadlocked."""
        if not notes:
            return
        async with self._context.database.transaction() as session:
            await _each(session, _CHANNELS, [_channel_row(name, note) for name, note in sorted(notes.items())])
        changed = {note.connection_id: note.changed_at for note in notes.values() if note.changed_at is not None}
        if changed:
            async with self._context.database.transaction() as session:
                rows = [{"changed": name, "at": at} for name, at in sorted(changed.items())]
                await _each(session, _CONNECTIONS, rows)
        for connection_id in sorted({note.connection_id for note in notes.values() if note.is_first}):
            await self._judge(connection_id)

    async def _judge(self, connection_id: str) -> None:
        async with self._context.database.transaction() as session:
            now = self._context.clock.now()
            until = await healthy_until(session, connection_id, now)
            found = update(Connection).where(Connection.id == connection_id)
            await session.execute(found.values(push_healthy_until=until, updated_at=now))


def _channel_row(channel_id: str, note: Note) -> dict[str, Any]:
    return {
        "channel": channel_id,
        "number": note.number,
        "notified": note.notified_at,
        "resource": note.resource_id,
    }


async def _each(session: AsyncSession, statement: Executable, rows: list[dict[str, Any]]) -> None:
    """Execute for all rows at once."""
    await (await session.connection()).execute(statement, rows)


_NUMBER = bindparam("number", type_=BigInteger)
_AT = bindparam("at", type_=UtcTime)
_CHANNELS = (
    update(Channel)
    .where(Channel.id == bindparam("channel", type_=String))
    .values(
        last_number=case((Channel.last_number < _NUMBER, _NUMBER), else_=Channel.last_number),
        notified_at=bindparam("notified", type_=UtcTime),
        resource_id=func.coalesce(Channel.resource_id, bindparam("resource", type_=String)),
    )
)
_CONNECTIONS = (
    update(Connection)
    .where(
        Connection.id == bindparam("changed", type_=String),
        or_(Connection.last_change_at.is_(None), Connection.last_change_at < _AT),
    )
    .values(last_change_at=_AT)
)
