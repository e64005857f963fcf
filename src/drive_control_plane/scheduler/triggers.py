"""Triggers that somebody asks for.

In: an actor, a connection, a wish. Out: a trigger that Kafka has acknowledged, the connection's status, an audit
entry: all of it or, when it is refused (`Problem`), nothing. Another tenant's connection is not found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections import lookup
from drive_control_plane.connections.messages import connection_config
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Connection, ConnectionStatus
from drive_control_plane.http.problems import Problem
from drive_control_plane.scheduler.claims import pace_of, subject_of
from drive_control_plane.scheduler.messages import TriggerError, TriggerMessage, Wish, trigger_message
from drive_control_plane.scheduler.pacing import reschedule
from drive_control_plane.scheduler.schedule import Pace, ScheduleError
from drive_control_plane.scheduler.telling import tell
from drive_control_plane.webhooks.due import status_changed

MOST_FOLDERS = 1_000
MOST_FOLDER_CHARACTERS = 200
_IDENTITY_BYTES = 16

_CARRY_SETTINGS = frozenset({Wish.FULL, Wish.INCREMENTAL, Wish.RESUME})
_BEGIN_WORK = frozenset({Wish.FULL, Wish.INCREMENTAL, Wish.RESNAPSHOT})
_TENANTLESS = frozenset({"system", "machine"})
"""Who may be of no tenant, and then acts for all."""
_ACTIONS = {
    Wish.FULL: "connection.full_requested",
    Wish.INCREMENTAL: "connection.incremental_requested",
    Wish.RESNAPSHOT: "connection.resnapshot_requested",
    Wish.PAUSE: "connection.paused",
    Wish.RESUME: "connection.resumed",
    Wish.CANCEL: "connection.cancelled",
    Wish.CONFIRM: "connection.confirmed",
}


@dataclass(frozen=True, slots=True)
class Requested:
    """A trigger that is on its way to the worker."""

    message_id: str
    connection_id: str
    wish: Wish
    status: ConnectionStatus
    """The connection's, from now on."""


async def request_full(context: Context, actor: Actor, connection_id: str) -> Requested:
    """Have everything read anew. Raises `Problem`, as all of these do."""
    return await _request(context, actor, connection_id, Wish.FULL)


async def request_incremental(context: Context, actor: Actor, connection_id: str) -> Requested:
    """Have changes looked for now; the schedule goes on as it was."""
    return await _request(context, actor, connection_id, Wish.INCREMENTAL)


async def request_resnapshot(context: Context, actor: Actor, connection_id: str, folders: Sequence[str]) -> Requested:
    """Have folders, by their ids, and what lies below them read again."""
    wanted = tuple(dict.fromkeys(folders))
    if not 1 <= len(wanted) <= MOST_FOLDERS or not all(1 <= len(each) <= MOST_FOLDER_CHARACTERS for each in wanted):
        raise Problem(
            422,
            "invalid_folders",
            f"Name 1 to {MOST_FOLDERS} folders by their ids, of {MOST_FOLDER_CHARACTERS} characters at most.",
        )
    return await _request(context, actor, connection_id, Wish.RESNAPSHOT, wanted)


async def pause(context: Context, actor: Actor, connection_id: str) -> Requested:
    """Stop work where it is; nothing is due until it is resumed."""
    return await _request(context, actor, connection_id, Wish.PAUSE)


async def resume(context: Context, actor: Actor, connection_id: str) -> Requested:
    """Go on where it was stopped; the schedule begins anew."""
    return await _request(context, actor, connection_id, Wish.RESUME)


async def cancel(context: Context, actor: Actor, connection_id: str) -> Requested:
    """Give up the work that is wanted; the schedule goes on."""
    return await _request(context, actor, connection_id, Wish.CANCEL)


async def confirm(context: Context, actor: Actor, connection_id: str) -> Requested:
    """Let a snapshot complete that is held because it would remove much."""
    return await _request(context, actor, connection_id, Wish.CONFIRM)


async def _request(
    context: Context, actor: Actor, connection_id: str, wish: Wish, folders: tuple[str, ...] = ()
) -> Requested:
    now, identity = context.clock.now(), token_hex(_IDENTITY_BYTES)

    async def deed(session: AsyncSession) -> tuple[TriggerMessage, Requested]:
        connection = await _found(session, actor, connection_id)
        _check(connection, wish)
        config = await _config(session, connection) if wish in _CARRY_SETTINGS else None
        message = _message(connection.id, wish, now, identity, config, folders)
        _change(connection, wish, now, pace_of(context))
        if wish in _CHANGES:
            await status_changed(session, connection.id, now)
        details: dict[str, Any] = {"folders": list(folders)} if folders else {}
        record(
            session, now, actor, _ACTIONS[wish], connection.id,
            tenant_id=connection.tenant_id, message_id=message.message_id, **details,
        )  # fmt: skip
        return message, Requested(message.message_id, connection.id, wish, connection.status)

    return await tell(context, connection_id, deed)


async def _found(session: AsyncSession, actor: Actor, connection_id: str) -> Connection:
    """The connection, locked until the transaction ends: the scheduler passes over it meanwhile."""
    wanted: Select[Connection] = select(Connection).where(Connection.id == connection_id).with_for_update()
    if actor.tenant_id is not None or actor.kind not in _TENANTLESS:
        wanted = wanted.where(Connection.tenant_id == actor.tenant_id)
    connection = await session.scalar(wanted)
    if connection is None:
        raise lookup.not_found()
    return connection


def _check(connection: Connection, wish: Wish) -> None:
    """Refuse what makes no sense for a connection that stands like this."""
    lookup.refuse_ended(connection.status)
    match connection.status:
        case ConnectionStatus.REAUTHORIZATION_REQUIRED if wish is not Wish.CANCEL:
            raise Problem(409, "reauthorization_required", "Google wants consent again. Reconnect the account first.")
        case ConnectionStatus.PAUSED if wish in _BEGIN_WORK:
            raise Problem(409, "connection_paused", "The connection is paused. Resume it first.")


async def _config(session: AsyncSession, connection: Connection) -> dict[str, Any]:
    return connection_config(connection.settings, await session.scalar(select(subject_of(connection.id))))


def _message(
    connection_id: str,
    wish: Wish,
    now: datetime,
    identity: str,
    config: dict[str, Any] | None,
    folders: tuple[str, ...],
) -> TriggerMessage:
    try:
        return trigger_message(connection_id, wish, now, identity, config=config, folders=folders)
    except TriggerError as error:
        raise Problem(422, "trigger_too_large", f"No trigger can be sent: {error}.") from None


def _change(connection: Connection, wish: Wish, now: datetime, pace: Pace) -> None:
    change = _CHANGES.get(wish)
    if change is not None:
        change(connection, now, pace)
        connection.updated_at = now
    if wish in _CARRY_SETTINGS:
        connection.last_run_at = now


def _paused(connection: Connection, now: datetime, _pace: Pace) -> None:
    connection.status, connection.status_reason, connection.status_at = ConnectionStatus.PAUSED, None, now


def _resumed(connection: Connection, now: datetime, pace: Pace) -> None:
    connection.status, connection.status_reason, connection.status_at = ConnectionStatus.ACTIVE, None, now
    try:
        reschedule(connection, now, pace)
    except ScheduleError as error:
        raise Problem(409, "schedule_unusable", f"The schedule cannot be followed ({error}). Choose another.") from None


_CHANGES: dict[Wish, Callable[[Connection, datetime, Pace], None]] = {Wish.PAUSE: _paused, Wish.RESUME: _resumed}
