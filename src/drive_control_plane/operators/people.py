"""Who may sign in, for administrators: invited, given another role, disabled, signed out.

In: an administrator, and whom they mean. Out: the deed with its entry in the audit log, or a `Problem`. Nobody does any
of it to themselves, and whoever does it is an administrator at that very moment, whose row nobody else can change
meanwhile: so one is always left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import record
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Operator, OperatorSession, Role, SetupLink
from drive_control_plane.http.problems import Problem
from drive_control_plane.http.who import SignedIn
from drive_control_plane.operators import accounts, sessions

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]+\.[^@\s.\x00-\x1f\x7f]{2,}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in, or might again."""

    operator: Operator
    seen_at: datetime | None
    """When a browser of theirs was last here; None: never."""
    browsers: int
    """In which they are signed in."""


async def listed(session: AsyncSession, tenant_id: str, now: datetime) -> list[Person]:
    """The people of a tenant: those who may sign in first, by address."""
    found = await session.scalars(select(Operator).where(Operator.tenant_id == tenant_id).order_by(Operator.email))
    browsers = await _browsers(session, tenant_id, now)
    people = [Person(operator, operator.signed_in_at, browsers.get(operator.id, 0)) for operator in found]
    return sorted(people, key=lambda person: person.operator.disabled_at is not None)


async def _browsers(session: AsyncSession, tenant_id: str, now: datetime) -> dict[str, int]:
    """In how many each is signed in."""
    good = (OperatorSession.expires_at > now, OperatorSession.seen_at > now - sessions.IDLE)
    counted = select(OperatorSession.operator_id, func.count()).join(
        Operator, Operator.id == OperatorSession.operator_id
    )
    theirs = counted.where(Operator.tenant_id == tenant_id, *good).group_by(OperatorSession.operator_id)
    return dict(iter(await session.execute(theirs)))


async def invitations(session: AsyncSession, tenant_id: str, now: datetime) -> Sequence[SetupLink]:
    """Links that are good yet, the newest first."""
    good = select(SetupLink).where(
        SetupLink.tenant_id == tenant_id, SetupLink.used_at.is_(None), SetupLink.expires_at > now
    )
    return (await session.scalars(good.order_by(SetupLink.created_at.desc(), SetupLink.secret_hash))).all()


async def invite(context: Context, by: SignedIn, email: str, role: Role) -> str:
    """Make a link for one person, in place of an older one of theirs; its secret, shown once. Raises `Problem`."""
    email, now = email.strip().lower(), context.clock.now()
    if len(email) > Operator.email.type.length or not _EMAIL.fullmatch(email):
        raise Problem(422, "bad_email", "This is no e-mail address.")
    async with context.database.transaction() as session:
        await _administrator(session, by)
        if await session.scalar(select(Operator.id).where(Operator.email == email)) is not None:
            raise Problem(409, "operator_exists", f"{email} has an account already.")
        of_theirs = (SetupLink.tenant_id == by.tenant_id, SetupLink.email == email, SetupLink.used_at.is_(None))
        await session.execute(delete(SetupLink).where(*of_theirs))
        return await accounts.add_link(session, now, by.actor, role, email, by.tenant_id)


async def withdraw(context: Context, by: SignedIn, link_hash: str) -> None:
    """Let a link be good no more. Raises `Problem`."""
    async with context.database.transaction() as session:
        await _administrator(session, by)
        link = await session.get(SetupLink, link_hash, with_for_update=True)
        if link is None or link.tenant_id != by.tenant_id or link.used_at is not None:
            raise Problem(404, "unknown_invitation", "There is no such invitation, or it was used already.")
        await session.delete(link)
        record(session, context.clock.now(), by.actor, "operator.invitation_withdrawn", None, email=link.email)


async def change_role(context: Context, by: SignedIn, operator_id: str, role: Role) -> None:
    """Give somebody another role, which holds from their next request on. Raises `Problem`."""
    async with context.database.transaction() as session:
        operator = await _somebody_else(session, by, operator_id)
        if operator.role == role:
            return
        before, operator.role = operator.role, role
        record(
            session,
            context.clock.now(),
            by.actor,
            "operator.role_changed",
            operator.id,
            email=operator.email,
            role=role.value,
            before=before.value,
        )


async def disable(context: Context, by: SignedIn, operator_id: str) -> None:
    """Let somebody sign in no more, and sign them out everywhere. Raises `Problem`."""
    async with context.database.transaction() as session:
        operator = await _somebody_else(session, by, operator_id)
        if operator.disabled_at is None:
            await sessions.disable(session, operator.id, context.clock.now())
            record(session, context.clock.now(), by.actor, "operator.disabled", operator.id, email=operator.email)


async def enable(context: Context, by: SignedIn, operator_id: str) -> None:
    """Let somebody sign in again, with the password they had. Raises `Problem`."""
    async with context.database.transaction() as session:
        operator = await _somebody_else(session, by, operator_id)
        if operator.disabled_at is not None:
            operator.disabled_at = None
            record(session, context.clock.now(), by.actor, "operator.enabled", operator.id, email=operator.email)


async def sign_out(context: Context, by: SignedIn, operator_id: str) -> None:
    """Sign somebody out everywhere. Raises `Problem`."""
    async with context.database.transaction() as session:
        operator = await _somebody_else(session, by, operator_id)
        ended = await sessions.end_all(session, operator.id)
        record(
            session,
            context.clock.now(),
            by.actor,
            "operator.sessions_ended",
            operator.id,
            email=operator.email,
            number=ended,
        )


async def _administrator(session: AsyncSession, by: SignedIn) -> None:
    """Whoever asks is an administrator still; the rows of all of them are locked. Raises `Problem`."""
    wanted = select(Operator.id).where(
        Operator.tenant_id == by.tenant_id, Operator.role == Role.ADMINISTRATOR, Operator.disabled_at.is_(None)
    )
    if by.operator_id not in (await session.scalars(wanted.order_by(Operator.id).with_for_update())).all():
        raise Problem(403, "role_too_small", "Only administrators may do this.")


async def _somebody_else(session: AsyncSession, by: SignedIn, operator_id: str) -> Operator:
    """Whom an administrator means, locked. Raises `Problem`."""
    await _administrator(session, by)
    if operator_id == by.operator_id:
        raise Problem(409, "not_yourself", "Another administrator has to do this to your account.")
    operator = await session.get(Operator, operator_id, with_for_update=True)
    if operator is None or operator.tenant_id != by.tenant_id:
        raise Problem(404, "unknown_operator", "There is no such account.")
    return operator
