"""Messages into the database: a batch, or each by itself when one of them is not fit for it.

In: messages of both topics. Out: a committed transaction with the rows and the offsets, or an error that is the
database's and not a message's. A message that cannot be read or applied is logged, counted and passed over.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from clustera_toolkit.kafka import InboundMessage
from drive_control_plane.audit.log import Actor, record
from drive_control_plane.clock import Clock
from drive_control_plane.database import Database
from drive_control_plane.database.tables import Connection
from drive_control_plane.events import alerts, offsets, rows
from drive_control_plane.events.apply import apply
from drive_control_plane.events.messages import (
    ErrorRecord,
    NoNoticeError,
    Notice,
    parse_error,
    parse_event,
)
from drive_control_plane.events.metrics import EventMetrics

log = logging.getLogger(__name__)

OF_THE_VALUES = frozenset({"21", "22", "23", "54"})
"""Classes of PostgreSQL's error codes that lie in what was to be written: cardinality, data, constraints, limits."""
AHEAD = timedelta(minutes=5)
"""So far may a worker's clock be ahead; what it dates later would otherwise shut out all that is true until then."""

WORKER = Actor("system", "worker")
"""As whom the audit log names what the worker has told."""

OnCorpus = Callable[[AsyncSession, str, str], Awaitable[None]]
"""Told of a connection's corpus, in the transaction that learned of it."""
OnStatus = Callable[[AsyncSession, str], Awaitable[None]]
"""Told of a connection whose status is another now, likewise."""
OnActive = Callable[[Connection, datetime], None]
"""Given the row of a connection whose account changed something, and the time; it may change the row. Never raises."""


async def nobody(*_: object) -> None:
    """For whoever need not be told."""


def nothing(*_: object) -> None:
    """For what need not be done."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told: of corpora that open and close, of statuses and activity, of messages' outcomes."""

    opened: OnCorpus = nobody
    closed: OnCorpus = nobody
    status: OnStatus = nobody
    active: OnActive = nothing
    metrics: EventMetrics | None = None


class Applier:
    """Applies batches.

    `outcomes` counts what became of messages: `applied`, `repeated`, `unreadable`, `refused`, `unknown_connection`,
    `unknown_event`; and listeners that failed (`listener_failed`).
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        errors_topic: str,
        listeners: Listeners | None = None,
        limits: alerts.Limits | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._errors_topic = errors_topic
        self._listeners = listeners or Listeners()
        self._limits = limits or alerts.Limits()
        self.outcomes: Counter[str] = Counter()

    async def apply(self, messages: Sequence[InboundMessage], topic_ids: Mapping[str, str]) -> None:
        """Apply messages once and for all. Raises what the database raises, and `TopicMadeAnewError`."""
        try:
            outcomes = await self._together(messages, topic_ids)
        except offsets.TopicMadeAnewError:
            raise
        except Exception as error:
            if not lies_in_the_message(error):
                raise
            outcomes = await self._each(messages, topic_ids)
        self._note(outcomes)

    def _note(self, outcomes: Counter[str]) -> None:
        outcomes = +outcomes
        self.outcomes.update(outcomes)
        if self._listeners.metrics is not None:
            self._listeners.metrics.count(outcomes)

    async def _together(self, messages: Sequence[InboundMessage], topic_ids: Mapping[str, str]) -> Counter[str]:
        async with self._database.transaction() as session:
            fresh = await offsets.advance(session, messages, topic_ids)
            outcomes = await self._write(session, fresh)
        outcomes["repeated"] += len(messages) - len(fresh)
        return outcomes

    async def _each(self, messages: Sequence[InboundMessage], topic_ids: Mapping[str, str]) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        async with self._database.transaction() as session:
            for message in await offsets.advance(session, messages, topic_ids):
                outcomes.update(await self._alone(session, message))
        return outcomes

    async def _alone(self, session: AsyncSession, message: InboundMessage) -> Counter[str]:
        try:
            async with session.begin_nested():
                return await self._write(session, [message])
        except Exception as error:
            if not lies_in_the_message(error):
                raise
            _pass_over(message, f"it cannot be applied ({type(error).__name__})")
            return Counter(refused=1)

    async def _write(self, session: AsyncSession, messages: Sequence[InboundMessage]) -> Counter[str]:
        now = self._clock.now()
        read = [self._read(message, now) for message in messages]
        notices = [notice for notice in read if notice is not None]
        found = await rows.load(session, notices)
        outcomes = Counter(apply(found, notice) for notice in notices)
        outcomes["unreadable"] += len(messages) - len(notices)
        self._judge(found, now)
        session.add_all(found.made)
        _audit(session, found, now)
        await session.flush()
        outcomes["listener_failed"] = await self._tell(session, found)
        return outcomes

    def _read(self, message: InboundMessage, now: datetime) -> Notice | None:
        try:
            if message.topic == self._errors_topic:
                return _dated(parse_error(message.value), now)
            return _dated(parse_event(message.value), now)
        except NoNoticeError as error:
            _pass_over(message, str(error))
            return None

    def _judge(self, found: rows.Rows, now: datetime) -> None:
        for connection_id in found.touched:
            connection = found.connections[connection_id]
            alerts.judge(found, connection, now, self._limits)
            connection.updated_at = now
        for connection_id in found.active:
            self._listeners.active(found.connections[connection_id], now)

    async def _tell(self, session: AsyncSession, found: rows.Rows) -> int:
        """Tell the listeners; how often one failed. That undoes its own work and nothing of the message's."""
        news = [partial(self._listeners.opened, session, *each) for each in found.opened]
        news += [partial(self._listeners.closed, session, *each) for each in found.closed]
        news += [partial(self._listeners.status, session, each.id) for each in found.statuses]
        failures = 0
        for tell in news:
            try:
                async with session.begin_nested():
                    await tell()
            except Exception as error:
                if not lies_in_the_message(error):
                    raise
                log.exception("a listener failed", extra={"connection_id": tell.args[1]})
                failures += 1
        return failures


def _audit(session: AsyncSession, found: rows.Rows, now: datetime) -> None:
    for each in found.statuses:
        status = each.status.value
        record(session, now, WORKER, "connection.status_changed", each.id, tenant_id=each.tenant_id, status=status)


def lies_in_the_message(error: Exception) -> bool:
    """Whether another message would have been applied. Everything else is the database's, and passes."""
    if isinstance(error, IntegrityError | DataError):
        return True
    if isinstance(error, DBAPIError):
        return str(getattr(error.orig, "sqlstate", None) or "")[:2] in OF_THE_VALUES
    return isinstance(error, StatementError) or not isinstance(error, SQLAlchemyError | OSError)


def _dated(notice: Notice, now: datetime) -> Notice:
    """The notice, dated no later than a clock may be ahead."""
    latest = now + AHEAD
    if notice.at <= latest:
        return notice
    if isinstance(notice, ErrorRecord):
        return msgspec.structs.replace(notice, occurred_at=latest)
    return msgspec.structs.replace(notice, at=latest)


def _pass_over(message: InboundMessage, why: str) -> None:
    place = {"topic": message.topic, "partition": message.partition, "offset": message.offset}
    log.warning("a message of the worker's was passed over: %s", why, extra=place)
