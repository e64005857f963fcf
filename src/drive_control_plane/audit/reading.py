"""Entries of the audit log, found again.

In: a tenant, what is looked for, a place in the log. Out: entries. Those that belong to no tenant (the worker's tokens,
keys, strangers who try to sign in) are shown to the tenant that the first administrator belongs to: it runs this
control plane.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.database.tables import AuditEntry
from drive_control_plane.operators.accounts import DEFAULT_TENANT


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; all of it has to hold."""

    who: str | None = None
    """A part of the actor's name, in any case."""
    action: str | None = None
    """How the action begins: `operator.` is all that was done to people."""
    target: str | None = None
    since: datetime | None = None
    """The first moment that counts."""
    until: datetime | None = None
    """The first moment that does not."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for the database."""
        given = (
            self.who and AuditEntry.actor.icontains(self.who, autoescape=True),
            self.action and AuditEntry.action.startswith(self.action, autoescape=True),
            self.target and AuditEntry.target == self.target,
            self.since and AuditEntry.at >= self.since,
            self.until and AuditEntry.at < self.until,
        )
        return [condition for condition in given if isinstance(condition, ColumnElement)]


async def newest(
    session: AsyncSession, tenant_id: str, wanted: Wanted, limit: int, before: int | None = None
) -> list[AuditEntry]:
    """The newest entries, or the newest of those before an entry's number; the newest first."""
    question = _of(wanted).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        question = question.where(AuditEntry.id < before)
    found = await _visible(session, tenant_id, question)
    return sorted(found, key=lambda entry: entry.id, reverse=True)[:limit]


async def following(
    session: AsyncSession, tenant_id: str, wanted: Wanted, limit: int, after: int, before: int | None = None
) -> list[AuditEntry]:
    """What follows an entry's number, the oldest first; `before` ends it."""
    question = _of(wanted).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(limit)
    if before is not None:
        question = question.where(AuditEntry.id < before)
    found = await _visible(session, tenant_id, question)
    return sorted(found, key=lambda entry: entry.id)[:limit]


def _of(wanted: Wanted) -> Select[AuditEntry]:
    return select(AuditEntry).where(*wanted.conditions())


async def _visible(session: AsyncSession, tenant_id: str, question: Select[AuditEntry]) -> Sequence[AuditEntry]:
    """A tenant's part and, for the one that runs the place, nobody's: asked one by one, so that an index answers."""
    found = list(await session.scalars(question.where(AuditEntry.tenant_id == tenant_id)))
    if tenant_id == DEFAULT_TENANT:
        found += await session.scalars(question.where(AuditEntry.tenant_id.is_(None)))
    return found
