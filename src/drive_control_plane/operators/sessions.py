"""Signed-in browsers.

In: an operator who has just shown who they are; later the secret in the cookie. Out: a secret; who it belongs to. The
database keeps a hash of the secret, so a copy of the database signs nobody in.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

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
    async with context.database.transaction() as session:
        found = await session.get(OperatorSession, session_hash)
        operator = await session.get(Operator, found.operator_id) if found else None
        if found is None or operator is None or operator.disabled_at is not None:
            return None
        if now >= found.expires_at or now >= found.seen_at + IDLE:
            await session.delete(found)
            return None
        if now >= found.seen_at + TOUCH:
            found.seen_at = now
        return BrowserSession(
            operator.id,
            operator.email,
            operator.tenant_id,
            operator.role,
            csrf_token(context, session_hash),
            session_hash,
        )


async def end(session: AsyncSession, session_hash: str) -> None:
    """Sign one browser out."""
    await session.execute(delete(OperatorSession).where(OperatorSession.secret_hash == session_hash))


async def disable(session: AsyncSession, operator_id: str, now: datetime) -> None:
    """Let an operator sign in no more, and end what sessions they have."""
    await session.execute(update(Operator).where(Operator.id == operator_id).values(disabled_at=now))
    await session.execute(delete(OperatorSession).where(OperatorSession.operator_id == operator_id))


def csrf_token(context: Context, session_hash: str) -> str:
    """A session's token against forged requests: known to who knows the signing key and the session."""
    key = context.settings.control_plane_signing_keys[0].get_secret_value().encode()
    return hmac.new(key, b"csrf:" + session_hash.encode(), hashlib.sha256).hexdigest()
