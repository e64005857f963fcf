"""Due connections, claimed and sent.

In: the time. Out: a trigger for each due connection, acknowledged by Kafka before its row moves on to the next due
time. A replica that dies in between leaves its rows due, and the trigger that is then sent again has the same
`message_id`. On PostgreSQL the rows are locked while Kafka is waited for, and replicas pass over them; SQLite has one
process and one writer, which must not wait for Kafka: there a row moves on if it is still due as it was.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Executable,
    Row,
    ScalarSelect,
    SQLColumnExpression,
    String,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections.messages import connection_config
from drive_control_plane.context import Context, PublishError
from drive_control_plane.database.base import UtcTime
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential
from drive_control_plane.scheduler.messages import TriggerError, TriggerMessage, Wish, due_id, trigger_message
from drive_control_plane.scheduler.schedule import Facts, Pace, ScheduleError, next_run, parse_schedule
from drive_control_plane.scheduler.sending import send

log = logging.getLogger(__name__)

SCHEDULER = Actor("system", "scheduler")
# Written out, not a parameter: a plan that PostgreSQL makes for all values cannot use the index of active rows.
_IS_ACTIVE = Connection.status == literal(ConnectionStatus.ACTIVE, Connection.status.type, literal_execute=True)
_MOVED_ON = (
    update(Connection)
    .where(
        Connection.id == bindparam("row", type_=String),
        Connection.next_run_at == bindparam("was", type_=UtcTime),
        Connection.status == ConnectionStatus.ACTIVE,
    )
    .values(next_run_at=bindparam("next", type_=UtcTime), last_run_at=bindparam("ran", type_=UtcTime))
)
_JITTER_BYTES = 4
_JITTER_RANGE = 1 << 8 * _JITTER_BYTES

Place = tuple[datetime, str]
"""A due time and a connection's id: where a round stands."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What became of a batch."""

    published: int = 0
    failed: int = 0
    set_aside: int = 0
    oldest_due_at: datetime | None = None
    reached: Place | None = None
    """The last row of it, when more may be due behind it."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What a due row is to become: its trigger is sent, then it is due again."""

    due_at: datetime
    message: TriggerMessage
    next_run_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Due rows, as they were at a moment, and what those are to become that can be followed."""

    taken_at: datetime
    rows: Sequence[Row[Any]]
    steps: Sequence[_Step]


def jitter_of(connection_id: str) -> float:
    """A number from 0 to below 1 that belongs to a connection for ever."""
    digest = hashlib.sha256(connection_id.encode()).digest()
    return int.from_bytes(digest[:_JITTER_BYTES]) / _JITTER_RANGE


def pace_of(context: Context) -> Pace:
    """The distances that are set for adaptive schedules."""
    settings = context.settings
    return Pace(
        timedelta(seconds=settings.schedule_interval_seconds),
        timedelta(seconds=settings.schedule_idle_interval_seconds),
    )


def subject_of(connection_id: SQLColumnExpression[str] | str) -> ScalarSelect[str | None]:
    """Whom a connection's credential stands for, within a statement."""
    return select(Credential.subject).where(Credential.connection_id == connection_id).scalar_subquery()


def due_rows(now: datetime, limit: int, after: Place | None = None, in_hand: Sequence[str] = ()) -> Executable:
    """The first rows that are due, behind `after`; locked until the transaction ends. Those in hand are passed over."""
    row = Connection
    due = (
        select(
            row.id, row.tenant_id, row.next_run_at, row.created_at,
            row.last_run_at, row.last_change_at, row.push_healthy_until,
            # As text: SQLite keeps what is no JSON too, and one such row must not make the others unreadable.
            cast(row.settings, Text).label("settings"),
            cast(row.schedule, Text).label("schedule"),
            subject_of(row.id).label("subject"),
        )
        .where(_IS_ACTIVE, row.next_run_at <= now)
        .order_by(row.next_run_at, row.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    if in_hand:
        due = due.where(row.id.not_in(in_hand))
    return due if after is None else due.where(tuple_(row.next_run_at, row.id) > after)


class Claims:
    """Takes due connections in batches."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pace = pace_of(context)

    async def next_due_at(self) -> datetime | None:
        """The earliest due time of all; None when nothing is ever due by itself."""
        earliest = select(func.min(Connection.next_run_at)).where(_IS_ACTIVE)
        async with self._context.database.reading() as session:
            return await session.scalar(earliest)

    async def take(self, after: Place | None = None) -> Claimed:
        """Send the triggers of the next batch of due connections, those behind `after` in the order of due times.

        Each is sent by itself: one that fails stays due and holds nobody up. Raises SQLAlchemy's errors.
        """
        take = self._take_locked if self._context.database.is_postgresql else self._take_unlocked
        return await take(after)

    async def _take_locked(self, after: Place | None) -> Claimed:
        async with self._context.database.transaction() as session:
            batch = await self._batch(session, after)
            sent = await self._acknowledged(batch, self._sending(batch))
            await _move_on(session, sent, batch.taken_at)
        return self._claimed(batch, sent)

    async def _take_unlocked(self, after: Place | None) -> Claimed:
        async with self._context.database.transaction() as session:
            batch = await self._batch(session, after)
            # Each takes its place in the publisher's line before somebody else may write: a deed to a connection waits
            # for the writer before it is published, so no trigger of ours comes behind it.
            sending = self._sending(batch)
            await asyncio.sleep(0)
        sent = await self._acknowledged(batch, sending)
        if sent:
            async with self._context.database.transaction() as session:
                await _move_on(session, sent, batch.taken_at)
        return self._claimed(batch, sent)

    async def _batch(self, session: AsyncSession, after: Place | None) -> _Batch:
        """What is due, as it stands; what cannot be followed is set aside."""
        now, limit = self._context.clock.now(), self._context.settings.schedule_lookahead_rows
        rows = (await session.execute(due_rows(now, limit, after, self._context.in_hand.ids))).all()
        steps, wrong = self._steps(rows, now)
        for row, why in wrong:
            await _set_aside(session, row, why, now)
        return _Batch(now, rows, steps)

    def _claimed(self, batch: _Batch, sent: Sequence[_Step]) -> Claimed:
        rows = batch.rows
        if not rows:
            return Claimed()
        is_full = len(rows) == self._context.settings.schedule_lookahead_rows
        reached = (rows[-1].next_run_at, rows[-1].id) if is_full else None
        wrong, failed = len(rows) - len(batch.steps), len(batch.steps) - len(sent)
        return Claimed(len(sent), failed, wrong, rows[0].next_run_at, reached)

    def _steps(self, rows: Sequence[Row[Any]], now: datetime) -> tuple[list[_Step], list[tuple[Row[Any], str]]]:
        steps: list[_Step] = []
        wrong: list[tuple[Row[Any], str]] = []
        for row in rows:
            try:
                steps.append(self._step(row, now))
            except ScheduleError as error:
                wrong.append((row, f"The schedule cannot be followed ({error}). Choose another one."))
            except TriggerError as error:
                wrong.append((row, f"No trigger can be sent: {error}. Change the settings."))
        return steps, wrong

    def _step(self, row: Row[Any], now: datetime) -> _Step:
        schedule, settings = parse_schedule(_read(row.schedule)), _read(row.settings)
        if not isinstance(settings, dict):
            raise TriggerError("the settings are no object")
        facts = Facts(
            due_at=row.next_run_at,
            first=row.last_run_at is None,
            active_at=row.last_change_at or row.created_at,
            push_healthy_until=row.push_healthy_until,
        )
        config = connection_config(settings, row.subject)
        identity = due_id(row.id, row.next_run_at)
        message = trigger_message(row.id, Wish.INCREMENTAL, now, identity, config=config)
        return _Step(row.next_run_at, message, next_run(schedule, facts, now, jitter_of(row.id), self._pace))

    def _sending(self, batch: _Batch) -> list[asyncio.Task[PublishError | None]]:
        """Begin to send all at once."""
        return [asyncio.create_task(self._send(step.message)) for step in batch.steps]

    async def _acknowledged(self, batch: _Batch, sending: Sequence[asyncio.Task[PublishError | None]]) -> list[_Step]:
        """Those that were acknowledged."""
        outcomes = await asyncio.gather(*sending)
        failures = [outcome for outcome in outcomes if outcome is not None]
        if failures:
            log.warning("%d of %d due triggers were not published: %s", len(failures), len(batch.steps), failures[0])
        return [step for step, outcome in zip(batch.steps, outcomes, strict=True) if outcome is None]

    async def _send(self, message: TriggerMessage) -> PublishError | None:
        try:
            await send(self._context, message)
        except PublishError as error:
            return error
        return None


def _read(text: str) -> object:
    """JSON as stored; None for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


async def _move_on(session: AsyncSession, sent: Sequence[_Step], now: datetime) -> None:
    """Have rows be due again that are due as they were; whoever changed one meanwhile has said when it is due."""
    if sent:
        rows = [
            {"row": step.message.connection_id, "was": step.due_at, "next": step.next_run_at, "ran": now}
            for step in sent
        ]
        await (await session.connection()).execute(_MOVED_ON, rows)


async def _set_aside(session: AsyncSession, row: Row[Any], why: str, now: datetime) -> None:
    """Take a connection out of the schedule, so that it holds nobody up, and say so."""
    log.error("a connection is set aside: %s", why, extra={"connection_id": row.id})
    values = {"next_run_at": None, "status_reason": why, "updated_at": now}
    await session.execute(update(Connection).where(Connection.id == row.id).values(values))
    record(session, now, SCHEDULER, "connection.set_aside", row.id, tenant_id=row.tenant_id, reason=why)
