"""Accounts of operators: made by a link that works once, checked at sign-in.

In: an invitation, then an e-mail address and a password. Out: operators, sessions' secrets, or why not.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.context import Context
from drive_control_plane.database import Database, new_id
from drive_control_plane.database.tables import Operator, Role, SetupLink, Tenant
from drive_control_plane.operators import sessions
from drive_control_plane.operators.passwords import hash_password, is_password, problem_with
from drive_control_plane.security.secrets import hash_of, new_secret

LINK_LIFETIME = timedelta(hours=24)
DEFAULT_TENANT = "default"


class AccountError(Exception):
    """Why an account could not be made or used, in a sentence for whoever tries."""


async def has_operators(context: Context) -> bool:
    """Whether anybody could sign in."""
    async with context.database.reading() as session:
        return bool(await session.scalar(select(func.count()).select_from(Operator)))


async def invite(
    context: Context, actor: Actor, role: Role, email: str | None = None, tenant_id: str = DEFAULT_TENANT
) -> str:
    """Make a link for one person; returns its secret, which is shown once and kept as a hash."""
    return await make_link(context.database, context.clock.now(), actor, role, email, tenant_id)


async def make_link(
    database: Database, now: datetime, actor: Actor, role: Role, email: str | None, tenant_id: str
) -> str:
    """As `invite`, for a program that has no more than a database."""
    async with database.transaction() as session:
        return await add_link(session, now, actor, role, email, tenant_id)


async def add_link(
    session: AsyncSession, now: datetime, actor: Actor, role: Role, email: str | None, tenant_id: str
) -> str:
    """As `invite`, within a transaction."""
    secret = new_secret()
    await ensure_tenant(session, tenant_id, now)
    link = SetupLink(
        secret_hash=hash_of(secret),
        tenant_id=tenant_id,
        email=email.strip().lower() if email else None,
        role=role,
        created_at=now,
        expires_at=now + LINK_LIFETIME,
    )
    session.add(link)
    record(session, now, actor, "operator.invited", None, email=email, tenant_id=tenant_id, role=role.value)
    return secret


async def ensure_tenant(session: AsyncSession, tenant_id: str, now: datetime) -> None:
    """Have a tenant; one that is made here is called by its id."""
    if await session.get(Tenant, tenant_id) is None:
        session.add(Tenant(id=tenant_id, name=tenant_id, created_at=now))
        await session.flush()


async def open_link(context: Context, secret: str) -> SetupLink:
    """The link, while it is good. Raises `AccountError`."""
    async with context.database.reading() as session:
        return await _good_link(session, context, secret)


async def set_up(context: Context, secret: str, email: str, password: str, address: str) -> str:
    """Make the operator that a link is for, and sign them in; returns the session's secret. Raises `AccountError`."""
    await open_link(context, secret)  # before the hash, which takes a while
    if (problem := problem_with(password)) is not None:
        raise AccountError(problem)
    password_hash, now, email = await hash_password(password), context.clock.now(), email.strip().lower()
    async with context.database.transaction() as session:
        link = await _good_link(session, context, secret)
        if link.email is not None and link.email != email:
            raise AccountError(f"This link is for {link.email}.")
        used = update(SetupLink).where(SetupLink.secret_hash == link.secret_hash, SetupLink.used_at.is_(None))
        if (await session.execute(used.values(used_at=now))).rowcount != 1:  # type: ignore[attr-defined] # of a cursor
            raise AccountError("This link was used already. Ask for a new one.")
        if await session.scalar(select(Operator.id).where(Operator.email == email)) is not None:
            raise AccountError("There is an account with this address already: sign in with it.")
        await _end_first_links(session, now)
        operator = Operator(
            id=new_id("op"),
            tenant_id=link.tenant_id,
            email=email,
            role=link.role,
            password_hash=password_hash,
            created_at=now,
        )
        session.add(operator)
        await session.flush()
        record(session, now, Actor("operator", email, link.tenant_id, address), "operator.created", operator.id)
        return sessions.begin(session, operator, now, address)


async def change_password(context: Context, actor: Actor, operator_id: str, kept: str, old: str, new: str) -> bool:
    """Set another password and end all sessions but the one that is `kept`; False when the old one is wrong.

    Raises `AccountError` for a new one that is no good, and for an account that has no password.
    """
    if (problem := problem_with(new)) is not None:
        raise AccountError(problem)
    now = context.clock.now()
    async with context.database.transaction() as session:
        before = (await session.get_one(Operator, operator_id)).password_hash
    if before is None:
        raise AccountError("This account has no password: it signs in by an identity provider.")
    good = await is_password(old, before)
    after = await hash_password(new) if good else None
    async with context.database.transaction() as session:
        if after is None:
            record(session, now, actor, "operator.password_changed", operator_id, refused=True)
            return False
        operator = await session.get_one(Operator, operator_id, with_for_update=True)
        if operator.password_hash != before:
            raise AccountError("The password was changed elsewhere meanwhile.")
        operator.password_hash = after
        ended = await sessions.end_all(session, operator_id, but=kept)
        record(session, now, actor, "operator.password_changed", operator_id, sessions_ended=ended)
        return True


async def note_locked_out(context: Context, actor: Actor, wait_seconds: int) -> None:
    """That so many attempts failed that the next has to wait."""
    async with context.database.transaction() as session:
        record(session, context.clock.now(), actor, "operator.locked_out", refused=True, wait_seconds=wait_seconds)


async def note_bad_link(context: Context, address: str, why: str) -> None:
    """That somebody came with a link that is no good."""
    async with context.database.transaction() as session:
        actor = Actor("anonymous", "a link's bearer", None, address)
        record(session, context.clock.now(), actor, "operator.created", refused=True, why=why)


async def sign_in(context: Context, email: str, password: str, address: str) -> str | None:
    """Sign an operator in; returns the session's secret, or None: which of the two was wrong is not told."""
    now, email = context.clock.now(), email.strip().lower()
    async with context.database.reading() as session:
        operator = await session.scalar(select(Operator).where(Operator.email == email))
    good = await is_password(password, operator.password_hash if operator else None)
    async with context.database.transaction() as session:
        tenant = operator.tenant_id if operator else None
        operator = operator and await session.get(Operator, operator.id)  # as they are by now
        if operator is None or not good or operator.disabled_at is not None:
            record(session, now, Actor("anonymous", email[:320], tenant, address), "operator.signed_in", refused=True)
            return None
        record(session, now, Actor("operator", email, tenant, address), "operator.signed_in", operator.id)
        return sessions.begin(session, operator, now, address)


async def _end_first_links(session: AsyncSession, now: datetime) -> None:
    """With the first account: each start of a process before it has printed a link that makes an administrator."""
    if await session.scalar(select(func.count()).select_from(Operator)) == 0:
        left = update(SetupLink).where(SetupLink.email.is_(None), SetupLink.used_at.is_(None))
        await session.execute(left.values(expires_at=now))


async def _good_link(session: AsyncSession, context: Context, secret: str) -> SetupLink:
    link = await session.get(SetupLink, hash_of(secret))
    if link is None:
        raise AccountError("This link is not known. Ask an administrator for a new one.")
    if link.used_at is not None:
        raise AccountError("This link was used already. Ask for a new one, or sign in.")
    if context.clock.now() >= link.expires_at:
        raise AccountError("This link is too old. Ask an administrator for a new one.")
    return link
