"""Connections: listed, looked at, changed.

In: a context, a tenant (nobody sees another one's), plain values. Out: views, or a `Problem`. Work is asked for by
`scheduler.triggers`; the end of a connection is `oauth.disconnect`.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.connections import given_tokens, lookup
from drive_control_plane.connections.progress import corpora_of
from drive_control_plane.connections.settings import ConnectionSettings, lacking_scopes
from drive_control_plane.connections.views import (
    ConnectionDetails,
    ConnectionPage,
    ConnectionView,
    details_of,
    view_of,
)
from drive_control_plane.context import Context
from drive_control_plane.database.tables import (
    Alert,
    Connection,
    ConnectionStatus,
    Credential,
    Job,
    JobStatus,
    RecentError,
)
from drive_control_plane.http.problems import Problem
from drive_control_plane.scheduler import triggers
from drive_control_plane.scheduler.claims import pace_of
from drive_control_plane.scheduler.pacing import reschedule
from drive_control_plane.scheduler.schedule import Schedule, ScheduleError

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_ROWS = 50
"""Of errors and jobs that are shown of one connection."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be other than it is; None stays."""

    name: str | None = None
    settings: ConnectionSettings | None = None
    schedule: Schedule | None = None


async def page(
    context: Context, tenant_id: str, limit: int, cursor: str | None, status: ConnectionStatus | None
) -> ConnectionPage:
    """Connections of a tenant, the newest first, with what follows the cursor. Ended ones are listed when asked for."""
    wanted = select(Connection).where(Connection.tenant_id == tenant_id)
    is_shown = Connection.status != ConnectionStatus.DISCONNECTED if status is None else Connection.status == status
    key = tuple_(Connection.created_at, Connection.id)
    if cursor is not None:
        wanted = wanted.where(key < tuple_(*_place(cursor)))
    newest = wanted.where(is_shown).order_by(Connection.created_at.desc(), Connection.id.desc())
    async with context.database.reading() as session:
        found = (await session.scalars(newest.limit(limit + 1))).all()
        corpora = await corpora_of(session, [connection.id for connection in found])
    shown = found[:limit]
    following = _cursor(shown[-1]) if len(found) > limit else None
    return ConnectionPage(connections=[view_of(each, corpora[each.id]) for each in shown], next_cursor=following)


async def details(context: Context, tenant_id: str, connection_id: str) -> ConnectionDetails:
    """One connection of a tenant. Raises `Problem` 404."""
    async with context.database.reading() as session:
        connection = await lookup.find(session, tenant_id, connection_id)
        corpora = (await corpora_of(session, [connection_id]))[connection_id]
        alerts = select(Alert).where(Alert.connection_id == connection_id, Alert.closed_at.is_(None))
        errors = select(RecentError).where(RecentError.connection_id == connection_id)
        jobs = select(Job).where(Job.connection_id == connection_id)
        return details_of(
            connection,
            corpora,
            list(await session.scalars(alerts.order_by(Alert.opened_at.desc()))),
            list(await session.scalars(errors.order_by(RecentError.seen_at.desc()).limit(MOST_ROWS))),
            list(await session.scalars(jobs.order_by(Job.started_at.desc()).limit(MOST_ROWS))),
        )


async def change(
    context: Context, actor: Actor, tenant_id: str, connection_id: str, changes: Changes
) -> ConnectionView:
    """Change a connection; what the worker has to know it is told with the next run. Raises `Problem`."""
    now = context.clock.now()
    async with context.database.transaction() as session:
        connection = await lookup.find(session, tenant_id, connection_id, lock=True)
        lookup.refuse_ended(connection.status)
        changed = await _change(context, session, connection, changes, now)
        if changed:
            connection.updated_at = now
            record(session, now, actor, "connection.changed", connection_id, tenant_id=tenant_id, **changed)
        view = view_of(connection, (await corpora_of(session, [connection_id]))[connection_id])
    await given_tokens.forget(context, connection_id)  # behind the commit: what is read now is new
    context.hooks.run_due()
    return view


async def cancel(context: Context, actor: Actor, connection_id: str) -> triggers.Requested:
    """Give up the work that is wanted. The worker says nothing of it, so its snapshots are ended here."""
    requested = await triggers.cancel(context, actor, connection_id)
    now = context.clock.now()
    unfinished = (JobStatus.RUNNING, JobStatus.HELD)
    async with context.database.transaction() as session:
        jobs = select(Job).where(Job.connection_id == connection_id, Job.status.in_(unfinished))
        for job in await session.scalars(jobs):
            job.status, job.ended_at = JobStatus.FAILED, now
        for corpus in (await corpora_of(session, [connection_id]))[connection_id]:
            corpus.held = corpus.eta_seconds = None
    return requested


async def _change(
    context: Context, session: AsyncSession, connection: Connection, changes: Changes, now: datetime
) -> dict[str, Any]:
    """Set what is other; the new values, for the audit log."""
    changed: dict[str, Any] = {}
    if changes.name is not None and changes.name != connection.name:
        connection.name = changed["name"] = changes.name
    settings = None if changes.settings is None else changes.settings.model_dump(exclude_none=True)
    if changes.settings is not None and settings is not None and settings != connection.settings:
        await _check_scopes(session, connection, changes.settings)
        connection.settings = changed["settings"] = settings
        if connection.status is ConnectionStatus.ACTIVE and connection.next_run_at is not None:
            connection.next_run_at = now
    schedule = None if changes.schedule is None else changes.schedule.model_dump(mode="json")
    if schedule is not None and schedule != connection.schedule:
        connection.schedule = changed["schedule"] = schedule
        _reschedule(context, connection, now)
    return changed


async def _check_scopes(session: AsyncSession, connection: Connection, settings: ConnectionSettings) -> None:
    credential = await session.get(Credential, connection.id)
    lacking = () if credential is None else lacking_scopes(settings, credential.scopes)
    if lacking:
        raise Problem(
            409,
            "consent_too_small",
            f"What was consented to is not enough for these settings: connect the account again, with {lacking[0]}.",
        )


def _reschedule(context: Context, connection: Connection, now: datetime) -> None:
    if connection.status is not ConnectionStatus.ACTIVE:
        return
    try:
        reschedule(connection, now, pace_of(context))
    except ScheduleError as error:
        raise Problem(422, "invalid_schedule", f"The schedule cannot be followed: {error}.") from None


def _cursor(connection: Connection) -> str:
    place = json.dumps([connection.created_at.isoformat(), connection.id])
    return base64.urlsafe_b64encode(place.encode()).decode()


def _place(cursor: str) -> tuple[datetime, str]:
    """Where a page ended. Raises `Problem` 422 for what is no cursor of ours."""
    try:
        created_at, connection_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        moment = datetime.fromisoformat(created_at).astimezone(UTC)
        if _ID.fullmatch(connection_id) is not None:
            return moment, connection_id
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        pass
    raise Problem(422, "invalid_cursor", "This is no cursor of a page: begin without one.")
