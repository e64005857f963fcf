"""Deeds that the worker has to know of: told by Kafka, then in the database, or neither.

In: a deed, which changes rows within a transaction and says which trigger tells of it. Out: what the deed gives, once
the cluster has the trigger and the rows are written; or a `Problem`. Nothing is ever shown as done that the worker was
not told. A process that dies in between has told the worker and shown nothing: whoever wanted it does it again.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.context import Context
from drive_control_plane.database import cause_of, is_away
from drive_control_plane.database.in_hand import InHandError
from drive_control_plane.http.problems import Problem
from drive_control_plane.scheduler.messages import TriggerMessage
from drive_control_plane.scheduler.sending import send_or_refuse

Outcome = TypeVar("Outcome")
Deed = Callable[[AsyncSession], Awaitable[tuple[TriggerMessage | None, Outcome]]]
"""Changes rows; the trigger (None: there is nothing to tell) and what whoever asked gets. It may be done twice."""

TURN_SECONDS: Final = 10.0
"""How long a deed waits for another one of the same connection; each takes a little more than Kafka may."""

log = logging.getLogger(__name__)


async def tell(context: Context, connection_id: str, deed: Deed[Outcome]) -> Outcome:
    """Do a deed to a connection. Raises `Problem`, with 503 when the worker could not be told."""
    if context.database.is_postgresql:
        return await _while_locked(context, deed)
    try:
        async with context.in_hand.holding(connection_id, TURN_SECONDS):
            return await _one_after_the_other(context, deed)
    except InHandError:
        raise Problem(
            503, "connection_busy", "Somebody else changes this connection just now. Try again shortly."
        ) from None


async def _while_locked(context: Context, deed: Deed[Outcome]) -> Outcome:
    """In one transaction: the rows are locked while Kafka is waited for, and replicas pass over them."""
    async with context.database.transaction() as session:
        message, outcome = await deed(session)
        await session.flush()  # what the database refuses is refused before anybody is told
        if message is not None:
            await send_or_refuse(context, message)
        return outcome


async def _one_after_the_other(context: Context, deed: Deed[Outcome]) -> Outcome:
    """SQLite's one writer must not wait for Kafka: tried, undone, told, done.

    The connection is in hand meanwhile, so that the schedule sends no trigger behind this one. Trying takes its turn as
    a writer, so that what the schedule had begun to send is in the publisher's line before.
    """
    async with context.database.transaction() as session:
        message, outcome = await deed(session)
        if message is None:
            return outcome
        await session.flush()
        await session.rollback()
    await send_or_refuse(context, message)
    try:
        async with context.database.transaction() as session:
            _, outcome = await deed(session)
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
        log.warning("the worker was told of a deed that was not written down: %s", cause_of(error))
        told = "The worker was told, but the database did not take it, so nothing is shown of it yet. Do it again."
        raise Problem(503, "not_written_down", told) from None
    return outcome
