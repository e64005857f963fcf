"""Signed-in browsers.

In: an operator who has just shown who they are; later the secret in the cookie. Out: a secret; who it belongs to. The
database keeps a hash of the secret, so a copy of the database signs nobody in.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.context import Context
from drive_control_plane.database.tables import Operator, OperatorSession, Role
from drive_control_plane.security.secrets import hash_of, new_secret

LONGEST = timedelta(days=7)
IDLE = timedelta(hours=12)
TOUCH = timedelta(minutes=1)
"""How exactly it is known when a session was last used."""


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """An operator and their session."""

    operator_id: str
    email: str
    tenant_id: str
    role: Role
    csrf_token: str
    """What a form or script of ours sends along, and a page of somebody else's cannot know."""
    session_hash: str


def begin(session: AsyncSession, operator: Operator, now: datetime, address: str) -> str:
    """Begin a session; the secret is new each time, so that nobody can have put one there before."""
    secret = new_secret()
    operator.signed_in_at = now
    session.add(
        OperatorSession(
            secret_hash=hash_of(secret),
            operator_id=operator.id,
            created_at=now,
            expires_at=now + LONGEST,
            seen_at=now,
            address=address,
        )
    )
    return secret


async def find(context: Context, secret: str) -> BrowserSession | None:
    """Who a cookie's secret belongs to; None when it is nobody's any more."""
    now, session_hash = context.clock.now(), hash_of(secret)
    async with context.database.reading() as session:
        found = await session.get(OperatorSession, session_hash)
        operator = await session.get(Operator, found.operator_id) if found else None
    if found is None or operator is None or operator.disabled_at is not None:
        return None
    if _why_over(found, now) is not None:
        await _let_go(context, operator, session_hash, now)
        return None
    if now >= found.seen_at + TOUCH:
        await _note_use(context, operator.id, session_hash, now)
    return BrowserSession(
        operator.id,
        operator.email,
        operator.tenant_id,
        operator.role,
        csrf_token(context, session_hash),
        session_hash,
    )


async def _note_use(context: Context, operator_id: str, session_hash: str, now: datetime) -> None:
    """That somebody was here; their row first, as whoever signs them out has it."""
    async with context.database.transaction() as session:
        await session.execute(update(Operator).where(Operator.id == operator_id).values(signed_in_at=now))
        used = update(OperatorSession).where(OperatorSession.secret_hash == session_hash)
        await session.execute(used.values(seen_at=now))


async def is_good(context: Context, session_hash: str) -> bool:
    """Whether a session is still somebody's, without counting as its use. Raises what the database raises."""
    wanted = (
        select(OperatorSession)
        .join(Operator, Operator.id == OperatorSession.operator_id)
        .where(OperatorSession.secret_hash == session_hash, Operator.disabled_at.is_(None))
    )
    async with context.database.reading() as session:
        found = await session.scalar(wanted)
    return found is not None and _why_over(found, context.clock.now()) is None


def _why_over(session: OperatorSession, now: datetime) -> str | None:
    """Why a session is good no more; None while it is."""
    if now >= session.expires_at:
        return "too old"
    return "not used" if now >= session.seen_at + IDLE else None


async def _let_go(context: Context, operator: Operator, session_hash: str, now: datetime) -> None:
    """End a session that is over, once, whoever else finds that at the same moment."""
    async with context.database.transaction() as session:
        found = await session.get(OperatorSession, session_hash, with_for_update=True)
        why = None if found is None else _why_over(found, now)
        if found is not None and why is not None:
            await session.delete(found)
            actor, email = _system(operator), operator.email
            record(session, now, actor, "operator.session_ended", operator.id, email=email, why=why)


async def end(session: AsyncSession, session_hash: str) -> None:
    """Sign one browser out."""
    await session.execute(delete(OperatorSession).where(OperatorSession.secret_hash == session_hash))


async def end_all(session: AsyncSession, operator_id: str, but: str = "") -> int:
    """Sign an operator out everywhere, but in the browser with that session; how many sessions that were."""
    theirs = (OperatorSession.operator_id == operator_id, OperatorSession.secret_hash != but)
    ended = await session.execute(delete(OperatorSession).where(*theirs))
    return int(getattr(ended, "rowcount", 0))


async def disable(session: AsyncSession, operator_id: str, now: datetime) -> None:
    """Let an operator sign in no more, and end what sessions they have."""
    await session.execute(update(Operator).where(Operator.id == operator_id).values(disabled_at=now))
    await end_all(session, operator_id)


def _system(operator: Operator) -> Actor:
    return Actor("system", "sign-ins", operator.tenant_id)


def csrf_token(context: Context, session_hash: str) -> str:
    """A session's token against forged requests: known to who knows the signing key and the session."""
    key = context.settings.control_plane_signing_keys[0].get_secret_value().encode()
    return hmac.new(key, b"csrf:" + session_hash.encode(), hashlib.sha256).hexdigest()
